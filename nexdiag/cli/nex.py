"""`nexdiag nex`: the executor in this terminal."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import progress, read_input
from nexdiag.core.errors import EndpointError, UsageError

NAME = "nex"
EXAMPLE = "Example: nexdiag nex 'What is in README.md?' -m qwen3-coder -e http://127.0.0.1:8080"
_INTERRUPTED = 130
_RESUME = "--resume"
_LISTED = 30


def command(
    message: Annotated[str | None, typer.Argument(help="The first message; further ones come from stdin.")] = None,
    model: Annotated[str | None, typer.Option("-m", "--model", help="The model.", envvar="NEXDIAG_MODEL")] = None,
    endpoint: Annotated[str | None, typer.Option("-e", "--endpoint", help="A URL, or an endpoint's name.")] = None,
    system_prompt: Annotated[str | None, typer.Option(help="Instead of the default system prompt.")] = None,
    role: Annotated[str | None, typer.Option(help="Add the text of roles/NAME.md to the system prompt.")] = None,
    max_turns: Annotated[int, typer.Option(help="Turns in this session, and model calls in one turn.", min=1)] = 200,
    chatty: Annotated[bool, typer.Option("-c", "--chatty", help="Echo what tools print.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Chatty, and tokens after each answer.")] = False,
    read_only: Annotated[bool, typer.Option("-r", "--read-only", help="Only tools that change nothing.")] = False,
    bundle: Annotated[
        str | None, typer.Option(help="The tools of a bundle: bare, shell, light, full, or yours.")
    ] = None,
    minimal_tools: Annotated[bool, typer.Option("--minimal-tools", help="The smallest set of tools; no MCP.")] = False,
    no_mcp: Annotated[bool, typer.Option("--no-mcp", help="Do not start MCP servers.")] = False,
    chat: Annotated[str | None, typer.Option("--chat", help="Go on with this session: key, alias or prefix.")] = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with the newest session that fits; without a value, choose one.")
    ] = None,
    autonomous: Annotated[bool, typer.Option("--autonomous", help="End after the first answer.")] = False,
    eval_mode: Annotated[bool, typer.Option("--eval-mode", help="Autonomous; stdout is one line of JSON.")] = False,
    idle_timeout_secs: Annotated[
        float | None, typer.Option(help="Give a stream up after so many seconds of silence; 0 never.", min=0)
    ] = None,
    directory: Annotated[Path | None, typer.Option("--dir", help="The state directory.")] = None,
) -> int:
    """Talk to a model in this terminal, with tools in this directory. Answers on stdout, all else on stderr."""
    from nexdiag.cli.live import Live
    from nexdiag.runner.asked import Asked, prepare
    from nexdiag.runner.talk import Wishes, talk
    from nexdiag.runner.talker import Talker

    if minimal_tools and bundle is not None:
        raise UsageError("--minimal-tools and --bundle both name tools", hint="give one of them")
    if idle_timeout_secs is not None:
        os.environ["NEXDIAG_STREAM_IDLE_TIMEOUT"] = f"{idle_timeout_secs:g}"
    asked = Asked(
        model=model,
        endpoint=endpoint,
        directory=directory,
        system=system_prompt,
        role=role,
        bundle="minimal" if minimal_tools else bundle,
        max_turns=max_turns,
        read_only=read_only,
        mcp=not (no_mcp or minimal_tools),
        chat=chat,
        resume=_chosen(directory) if resume == "" else resume,
        evaluated=eval_mode,
    )
    place = prepare(asked, os.environ, Path.cwd())
    typing = sys.stdin.isatty()
    wishes = Wishes(autonomous=autonomous or eval_mode, max_turns=max_turns, interactive=typing)
    say = progress().print
    tell = Live(quiet=eval_mode, chatty=chatty, verbose=verbose)
    talker = Talker(place.crew, state=place.state, tell=tell, say=(lambda text: None) if eval_mode else say)
    try:
        talker.open(place.session)
        done = talk(talker, _lines(message, place.state), wishes, say=say)
    finally:
        talker.close()
    if eval_mode:
        typer.echo(done.line)
    if done.exit_reason == "cancelled":
        return _INTERRUPTED
    if done.failure is not None and wishes.autonomous:
        raise EndpointError(done.failure, hint="record what was sent with: nexdiag capture")
    failed = done.failure is not None and not typing  # it has been told as it came
    return EndpointError.exit_code if failed or not done.well else 0


def with_values(arguments: Sequence[str]) -> list[str]:
    """The command line with `--resume` given an empty value where it stands alone."""
    given = list(arguments)
    for place, word in enumerate(given):
        alone = place + 1 == len(given) or given[place + 1].startswith("-")
        if word == _RESUME and alone:
            given[place] = f"{_RESUME}="
    return given


def _chosen(directory: Path | None) -> str:
    """The session that the user chooses from a list; the newest, without a terminal to ask at."""
    from nexdiag.cli.service import state_of
    from nexdiag.runner.asked import sessions

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ""
    found = sessions(state_of(directory))[:_LISTED]
    if not found:
        raise UsageError("no session is there to resume", hint="begin one without --resume")
    for number, session in enumerate(found, start=1):
        progress().print(f"{number:>3}  {session.created[:19]}  {', '.join(session.aliases) or session.id}")
    progress().print("which? [1] ", end="")
    answer = read_input(whole=False).strip() or "1"
    if not (answer.isdecimal() and 1 <= int(answer) <= len(found)):
        raise UsageError(f"a number from 1 to {len(found)} is wanted, found {answer!r}", hint="try again")
    return found[int(answer) - 1].id


def _lines(message: str | None, state: Path | None) -> Iterator[str]:
    """The first message, then what is typed or piped in."""
    if message is not None:
        yield message
    if sys.stdin.isatty():
        from nexdiag.cli.prompt import typed

        yield from typed(state)
        return
    while line := read_input(whole=False):
        yield line
