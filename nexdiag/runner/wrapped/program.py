"""Before a command is run: whether there is such a program, and what is told while it runs goes on its own way."""

import contextlib
import difflib
import os
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nexdiag.core.errors import UsageError

Told = Callable[[str], None]
_NEAR = 0.8


def unbroken(told: Told) -> Told:
    """Whoever listens may go away (`2>&1 | head`): the command and its exit code have nothing to do with that."""

    def tell(line: str) -> None:
        with contextlib.suppress(OSError):
            told(line)

    return tell


def demand(command: Sequence[str], environment: Mapping[str, str], *, doing: str) -> None:
    """Say it before a server is started and a file is made. `doing` is our command. Raises `UsageError`."""
    name = command[0] if command else ""
    if not name:
        raise UsageError(
            f"a command to {doing} is wanted after --", hint=f'for example: nexdiag {doing} -- ./my-agent "hi"'
        )
    search = environment.get("PATH", os.defpath)
    if shutil.which(name, path=search) is not None:
        return
    first = name.split()[0] if name.split() else name
    if os.path.lexists(name) and "/" in name:
        what, hint = f"{name} cannot be run: it is no program", f"chmod +x {shlex.quote(name)}, if it should be one"
    elif first != name and shutil.which(first, path=search) is not None:
        what, hint = f"no program is called {name!r}", f"without the quotes: nexdiag {doing} -- {name}"
    else:
        near = difflib.get_close_matches(name, _programs(search), n=1, cutoff=_NEAR)
        what = f"{name}: no such program"
        hint = (
            f"did you mean {near[0]}?" if near else f"an alias or a builtin needs its shell: sh -c {shlex.quote(name)}"
        )
    raise UsageError(what, hint=hint)


def _programs(search: str) -> list[str]:
    found: set[str] = set()
    for folder in search.split(os.pathsep):
        with contextlib.suppress(OSError):
            found.update(path.name for path in Path(folder or os.curdir).iterdir())
    return sorted(found)
