"""Running the UI on a state directory, with the real daemon."""

import asyncio
import sys
from pathlib import Path

from nexdiag.agent.daemon import lifecycle
from nexdiag.agent.daemon.ask import new_request_id
from nexdiag.agent.daemon.client import DaemonClient
from nexdiag.core.errors import NexdiagError
from nexdiag.tui.app import ChatApp

_HINT = "start it again: nexdiag tui"


def application(state: Path, chat: int | None = None) -> ChatApp:
    """The UI for the daemon of a state directory."""

    async def start() -> str:
        command = [sys.executable, "-m", "nexdiag", "service", "run", "--dir", str(state)]
        running = await asyncio.to_thread(lifecycle.start, state, command)
        how = "started the daemon" if running.fresh else "the daemon runs"
        return f"{how} (PID {running.pid}); it goes on when you leave"

    return ChatApp(DaemonClient(state), state, start=start, new_request_id=new_request_id, chat=chat)


def run(state: Path, chat: int | None = None) -> None:
    """Run until the user leaves; what was typed is kept, however it ends. Raises the error that ended it."""
    app = application(state, chat)
    try:
        error = app.run()
    finally:
        app.remember()
    if error is not None:
        raise error
    if app.return_code:
        raise NexdiagError("the terminal UI stopped with an internal error; what you typed is kept", hint=_HINT)
