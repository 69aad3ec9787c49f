"""`nexdiag chat`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import complain, progress, read_input
from nexdiag.cli.service import state_of
from nexdiag.core.errors import NexdiagError, UsageError

NAME = "chat"
EXAMPLE = "Example: nexdiag chat 'What day is it?'; or: nexdiag chat --interactive"


def command(
    message: Annotated[str | None, typer.Argument(help="What to say; - reads it from stdin.")] = None,
    interactive: Annotated[bool, typer.Option("-i", "--interactive", help="Go on until end of input.")] = False,
    number: Annotated[int, typer.Option("--chat", help="Which chat.", min=0)] = 0,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a reply.", min=0.1)] = 120.0,
    directory: Annotated[Path | None, typer.Option("--dir", help="The state directory.")] = None,
) -> None:
    """Say one message to the daemon's chat and print the reply."""
    from nexdiag.agent.daemon.ask import reply_to

    state = state_of(directory)
    if message == "-":
        message = read_input(whole=True)
    if message is None and not interactive:
        raise UsageError("a message is wanted", hint=EXAMPLE.removeprefix("Example: "))
    if message is not None:
        typer.echo(reply_to(state, message, chat=number, timeout=timeout))
    while interactive:
        if sys.stdin.isatty():
            progress().print("you> ", end="")
        line = read_input(whole=False)
        if not line:
            break
        if line.strip():
            try:
                typer.echo(reply_to(state, line.strip(), chat=number, timeout=timeout))
            except NexdiagError as error:  # the session goes on
                complain(error.what, "", error)
