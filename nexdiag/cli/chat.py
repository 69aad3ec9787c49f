"""`nexdiag chat`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import deliver, progress, read_input
from nexdiag.cli.service import state_of
from nexdiag.core.errors import EndpointError, NothingToDo, UsageError

NAME = "chat"
EXAMPLE = "Example: nexdiag chat 'What day is it?'; or: nexdiag chat --interactive"


def command(  # noqa: C901 - one branch for each thing that can be wanted
    message: Annotated[str | None, typer.Argument(help="What to say; - reads it from stdin.")] = None,
    interactive: Annotated[bool, typer.Option("-i", "--interactive", help="Go on until end of input.")] = False,
    number: Annotated[int, typer.Option("--chat", help="Which chat.", min=0)] = 0,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a reply.", min=0.1)] = 120.0,
    history: Annotated[bool, typer.Option("--history", help="Print the last messages.")] = False,
    depth: Annotated[int, typer.Option("-n", help="With --history: how many messages.", min=1)] = 20,
    last: Annotated[bool, typer.Option("--last", help="Print the last reply, also one that came late.")] = False,
    reply: Annotated[str | None, typer.Option(help="Print the reply to the question with this request id.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the chats.")] = False,
    create: Annotated[str | None, typer.Option(help="Make a chat of this name; print its number.")] = None,
    model: Annotated[str | None, typer.Option("-m", "--model", help="With --create: its own model.")] = None,
    endpoint: Annotated[str | None, typer.Option("-e", help="With --create: its own endpoint.")] = None,
    executor: Annotated[str | None, typer.Option("-x", help="With --create: its own executor.")] = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Set the chat's old mail aside in its archive.")] = False,
    directory: Annotated[Path | None, typer.Option("--dir", help="The state directory.")] = None,
) -> int:
    """Say one message to the daemon's chat and print the reply."""
    from nexdiag.agent.daemon import ask, care

    wanted = [message is not None or interactive, history, last, reply is not None, listed, create is not None, rotate]
    if sum(wanted) != 1:
        what = "only one thing can be done at a time" if any(wanted) else "a message is wanted"
        raise UsageError(what, hint=EXAMPLE.removeprefix("Example: "))
    if create is None and (model or endpoint or executor):
        raise UsageError("-m, -e and -x are for a new chat", hint="nexdiag chat --create NAME -m MODEL")
    state = state_of(directory)
    if history:
        _history(state, number, depth)
    elif last or reply is not None:
        typer.echo(ask.late_reply(state, chat=number, request_id=reply))
    elif listed:
        _list(state)
    elif create is not None:
        typer.echo(care.create(state, create, model=model, endpoint=endpoint, executor=executor))
    elif rotate:
        archived = care.rotate(state, number)
        if not archived:
            raise NothingToDo(f"chat {number} has no old mail", hint="what waits and the latest mail stays")
        deliver("\n".join(str(path) for path in archived), None)
    else:
        message = read_input(whole=True) if message == "-" else message
        if message is not None:
            typer.echo(ask.reply_to(state, message, chat=number, timeout=timeout, tell=progress().print))
        if interactive:
            return _converse(state, number, timeout)
    return 0


def _converse(state: Path, number: int, timeout: float) -> int:
    from nexdiag.agent.daemon.repl import Repl
    from nexdiag.cli.live import Live
    from nexdiag.report.visible import visible

    repl = Repl(state, number, tell=Live(), say=lambda text: progress().print(visible(text)), timeout=timeout)
    repl.run(_lines(state))
    return EndpointError.exit_code if repl.failed and not sys.stdin.isatty() else 0


def _lines(state: Path) -> Iterator[str]:
    if sys.stdin.isatty():
        from nexdiag.cli.prompt import typed

        yield from typed(state)
        return
    while line := read_input(whole=False):
        yield line


def _history(state: Path, number: int, depth: int) -> None:
    from nexdiag.agent.daemon import care
    from nexdiag.agent.daemon.repl import line_of
    from nexdiag.report.visible import visible

    page = care.history(state, number, depth)
    if not page.total:
        raise NothingToDo(f"nothing was said in chat {number} yet", hint="say something: nexdiag chat 'hello'")
    if page.first:
        progress().print(f"({page.first} earlier messages; see them with: -n {page.total})")
    for message in page.messages:
        typer.echo(visible(line_of(message)) if sys.stdout.isatty() else line_of(message))


def _list(state: Path) -> None:
    from nexdiag.agent.daemon import care
    from nexdiag.report.visible import one_line

    chats = care.chats(state)
    if not chats:
        raise NothingToDo("there are no chats yet", hint="say something: nexdiag chat 'hello'")
    for chat in chats:
        stands = [f"{chat['turns']} turns", *([f"{chat['waiting']} waiting"] if chat["waiting"] else [])]
        stands += [word for word in ("running", "paused", "archived") if chat[word]]
        line = f"{chat['chat_id']:>3}  {chat['name']}  {chat['executor']} {chat['model']}  {', '.join(stands)}"
        typer.echo(one_line(line, 400))
