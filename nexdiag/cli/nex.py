"""`nexdiag nex`: the executor in this terminal."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import progress
from nexdiag.core.errors import EndpointError

if TYPE_CHECKING:
    from nexdiag.agent.progress import Progress

NAME = "nex"
EXAMPLE = "Example: nexdiag nex 'What is in README.md?' -m qwen3-coder -e http://127.0.0.1:8080"
_SHOWN = 120


def command(
    message: Annotated[str | None, typer.Argument(help="The first message; further ones come from stdin.")] = None,
    model: Annotated[str | None, typer.Option("-m", "--model", help="The model.", envvar="NEXDIAG_MODEL")] = None,
    endpoint: Annotated[str | None, typer.Option("-e", "--endpoint", help="A URL, or an endpoint's name.")] = None,
    system_prompt: Annotated[str | None, typer.Option(help="Instead of the default system prompt.")] = None,
    max_turns: Annotated[int, typer.Option(help="Turns in this session, and model calls in one turn.", min=1)] = 200,
    read_only: Annotated[bool, typer.Option("-r", "--read-only", help="Only tools that change nothing.")] = False,
    chat: Annotated[str | None, typer.Option("--chat", help="Go on with this session: key, alias or prefix.")] = None,
    autonomous: Annotated[bool, typer.Option("--autonomous", help="End after the first answer.")] = False,
    eval_mode: Annotated[bool, typer.Option("--eval-mode", help="Autonomous; stdout is one line of JSON.")] = False,
    directory: Annotated[Path | None, typer.Option("--dir", help="The state directory.")] = None,
) -> int:
    """Talk to a model in this terminal, with tools in this directory. Answers on stdout, all else on stderr."""
    import msgspec

    from nexdiag.agent import config as configuration
    from nexdiag.runner.host import Crew, endpoint_of
    from nexdiag.runner.talk import Wishes, talk

    state: Path | None = configuration.find_state(directory, os.environ, Path.cwd())
    if endpoint and "://" in endpoint and directory is None:  # a bare URL needs no state directory, and writes none
        config, state = configuration.Config(), None
    else:
        config = configuration.read(state) if state is not None else configuration.Config()
    agent = msgspec.structs.replace(config.agent, system=system_prompt or config.agent.system, max_turns=max_turns)
    config = msgspec.structs.replace(config, agent=agent)
    crew = Crew(
        config=config,
        endpoint=endpoint_of(config, model=model, url=endpoint),
        workspace=Path.cwd(),
        read_only=read_only,
    )
    wishes = Wishes(
        state=None if eval_mode else state, resume=chat, autonomous=autonomous or eval_mode, max_turns=max_turns
    )
    console = progress()
    teller = _Teller(quiet=eval_mode)
    done = talk(crew, _lines(message), wishes, tell=teller, say=console.print)
    if eval_mode:
        line = {"status": "ok" if done.well else "abnormal", "turns": len(done.turns)}
        line |= {"input_tokens": done.usage.input_tokens, "output_tokens": done.usage.output_tokens}
        typer.echo(json.dumps(line | {"exit_reason": done.exit_reason}))
    last = done.turns[-1] if done.turns else None
    alone = wishes.autonomous or not sys.stdin.isatty()
    if last is not None and last.outcome != "answered" and alone:
        raise EndpointError(last.error or last.outcome, hint="record what was sent with: nexdiag capture")
    return 0 if done.well else EndpointError.exit_code


def _lines(message: str | None) -> Iterator[str]:
    if message is not None:
        yield message
    while True:
        if sys.stdin.isatty():
            progress().print("\nyou> ", end="")
        line = sys.stdin.readline()
        if not line:
            return
        yield line


class _Teller:
    """Prints the answer as it comes, and what happens beside it."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._console = progress()

    def __call__(self, told: "Progress") -> None:
        from nexdiag.agent import progress as kinds

        if self._quiet:
            return
        if isinstance(told, kinds.TextDelta):
            sys.stdout.write(told.text)
            sys.stdout.flush()
        elif isinstance(told, kinds.TurnEnded):
            sys.stdout.write("\n" if told.turn.reply else "")
            sys.stdout.flush()
        elif isinstance(told, kinds.TextTakenBack):
            self._console.print("(again, from the beginning)")
        elif isinstance(told, kinds.Retrying):
            self._console.print(f"{told.reason}: again in {told.delay:.1f} s")
        elif isinstance(told, kinds.ToolRan):
            run = told.run
            mark = "×" if run.is_error else "·"
            self._console.print(f"{mark} {run.name} {run.arguments[:_SHOWN]}")
