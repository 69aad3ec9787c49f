"""`nexdiag tui`."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from nexdiag.cli.service import state_of
from nexdiag.core.errors import UsageError

NAME = "tui"
EXAMPLE = "Example: nexdiag tui; or: nexdiag tui --chat 2"


def command(
    number: Annotated[int | None, typer.Option("--chat", help="Which chat to show first.", min=0)] = None,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="The state directory (default: the nearest .nexdiag).")
    ] = None,
) -> None:
    """Chat with the daemon's executors in this terminal; starts the daemon if none runs. F1 shows the keys."""
    if find_spec("textual") is None:
        raise UsageError(
            "the terminal UI needs the package textual", hint="install it with: pip install 'nexdiag[tui]'"
        )
    state = state_of(directory)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        hint = "without one, use: nexdiag chat MESSAGE"
        raise UsageError("the terminal UI needs a terminal on stdin and stdout", hint=hint)
    from nexdiag.tui import launch

    launch.run(state, number)
