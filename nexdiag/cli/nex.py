"""`nexdiag nex`: the executor in this terminal."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nexdiag.cli.console import progress, read_input
from nexdiag.core.errors import EndpointError

if TYPE_CHECKING:
    from nexdiag.agent.progress import Progress

NAME = "nex"
EXAMPLE = "Example: nexdiag nex 'What is in README.md?' -m qwen3-coder -e http://127.0.0.1:8080"
_SHOWN = 120
_INTERRUPTED = 130


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
    from nexdiag.runner.talk import Asked, prepare, talk

    asked = Asked(
        model=model,
        endpoint=endpoint,
        directory=directory,
        system=system_prompt,
        max_turns=max_turns,
        read_only=read_only,
        chat=chat,
        autonomous=autonomous,
        evaluated=eval_mode,
    )
    crew, wishes = prepare(asked, os.environ, Path.cwd())
    done = talk(crew, _lines(message), wishes, tell=_Teller(quiet=eval_mode), say=progress().print)
    if eval_mode:
        typer.echo(done.line)
    if done.failure is not None and wishes.autonomous:
        raise EndpointError(done.failure, hint="record what was sent with: nexdiag capture")
    if done.exit_reason == "cancelled":
        return _INTERRUPTED
    failed = done.failure is not None and not sys.stdin.isatty()  # it has been told as it came
    return EndpointError.exit_code if failed or not done.well else 0


def _lines(message: str | None) -> Iterator[str]:
    if message is not None:
        yield message
    while True:
        if sys.stdin.isatty():
            progress().print("\nyou> ", end="")
        line = read_input(whole=False)
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
