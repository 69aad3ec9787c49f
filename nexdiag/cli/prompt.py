"""Lines typed at a terminal, with the editing and the history that readline gives.

Ctrl-C at the prompt loses the line, not the session; Ctrl-D ends it.
"""

import contextlib
import os
import readline
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from nexdiag.core.errors import UsageError

HISTORY = "nex-history"
_LONGEST = 1000
"""Lines of history that are kept."""


def typed(state: Path | None, *, prompt: str = "\nyou> ", ask: Callable[[str], str] = input) -> Iterator[str]:
    """Each line that is typed, until the end of input. With a state directory, its history is kept there (0600)."""
    readline.parse_and_bind("set enable-bracketed-paste on")  # what is pasted is one line to edit, whatever it holds
    path = state / HISTORY if state is not None and state.is_dir() else None
    if path is not None:
        with contextlib.suppress(OSError):
            readline.read_history_file(path)
    try:
        yield from _lines(prompt, ask)
    finally:
        if path is not None:
            _keep(path)


def _lines(prompt: str, ask: Callable[[str], str]) -> Iterator[str]:
    while True:
        try:
            line = ask(prompt)
        except EOFError:
            return
        except KeyboardInterrupt:
            sys.stderr.write("\n(Ctrl-D or /quit ends the session)\n")
            continue
        except UnicodeDecodeError as error:
            what = f"what was typed is not {error.encoding} text (byte {error.start})"
            raise UsageError(what, hint="is the terminal set to UTF-8?") from error
        yield line + "\n"


def _keep(path: Path) -> None:
    readline.set_history_length(_LONGEST)
    with contextlib.suppress(OSError):  # a history that cannot be kept is no reason to fail
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        readline.write_history_file(path)
        path.chmod(0o600)
