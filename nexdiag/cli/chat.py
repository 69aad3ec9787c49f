"""`nexdiag chat`."""

import secrets
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.console import progress
from nexdiag.cli.service import state_of
from nexdiag.core.errors import DaemonError, EndpointError, NexdiagError, UsageError

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
    state = state_of(directory)
    if message == "-":
        message = sys.stdin.read()
    if message is None and not interactive:
        raise UsageError("a message is wanted", hint=EXAMPLE.removeprefix("Example: "))
    if message is not None:
        typer.echo(_say(state, message, number, timeout))
    while interactive:
        if sys.stdin.isatty():
            progress().print("you> ", end="")
        line = sys.stdin.readline()
        if not line:
            break
        if line.strip():
            try:
                typer.echo(_say(state, line.strip(), number, timeout))
            except NexdiagError as error:  # the session goes on
                typer.echo(f"error: {error.what}", err=True)


def _say(state: Path, message: str, number: int, timeout: float) -> str:
    from nexdiag.agent.daemon import ipc

    request_id = f"chat-{time.time_ns() // 1_000_000}-{secrets.randbelow(10**10):010d}"
    ipc.ask(state, "user_chat", message=message, request_id=request_id, chat_id=number)
    answer = ipc.ask(state, "wait_reply", request_id=request_id, chat_id=number, timeout=timeout)
    if not answer["settled"]:
        hint = f"it goes on in the background; see: nexdiag service logs (request {request_id})"
        raise DaemonError(f"no reply within {timeout:g} s", hint=hint)
    if answer["role"] != "coordinator":
        raise EndpointError(answer["content"], hint="see: nexdiag service logs; nexdiag capture records what was sent")
    return str(answer["content"])
