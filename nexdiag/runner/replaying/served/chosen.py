"""Which recording is meant: one that is named without its path, or that of a command."""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import SUFFIX, Header
from nexdiag.core.errors import CassetteError, UsageError

HOME = Path("cassettes")
"""Where recordings are kept when nobody says otherwise."""
_NEAR = 0.5
_SHOWN = 4
_LONGEST = 64 * 1024**2
"""Bytes of a first line that may be a header: there may be a scenario in it."""
_RECORD = "record one with: nexdiag capture"


def find_named(text: str, *, home: Path = HOME) -> Path:
    """The recording or the directory that is meant: a path that is there, else the one recording of that name.

    Raises `UsageError` where none has this name, or several have.
    """
    path = Path(text)
    if _there(path) or not text:
        return path
    known = _all(home)
    meant = [one for one in known if _called(one, text, home)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        what = f"{text} may be any of {len(meant)} recordings: {_listed(meant)}"
        raise UsageError(what, hint=f"name one by its path: {meant[0]}")
    if not known:
        raise UsageError(f"no recording at {text}, and none below {home}/", hint=_RECORD)
    names = [_name(one) for one in known]
    near = difflib.get_close_matches(_name(path), names, n=3, cutoff=_NEAR)
    near += [name for name in names if _name(path) in name and name not in near][:3]
    hint = f"did you mean {' or '.join(dict.fromkeys(near))}?" if near else f"there are: {_listed(known)}"
    raise UsageError(f"no recording at {text}, and none of that name below {home}/", hint=hint)


def of_command(line: Callable[[Sequence[str]], str], title: str, *, home: Path = HOME) -> Path:
    """The newest recording of a command, else the newest that is named after it.

    `line` gives its words as a recording that has these redactions in its header has them; `title` what it is named.
    Raises `UsageError`, which lists what there is.
    """
    known = [(one, header) for one in _all(home) if (header := _header(one)) is not None]
    meant = [
        (header.created, one) for one, header in known if header.command and header.command == line(header.redactions)
    ]
    meant = meant or [(header.created, one) for one, header in known if _titled(_name(one), title)]
    if meant:
        return max(meant)[1]
    if not known:
        raise UsageError(
            f"no recording to replay: there is none below {home}/", hint="record one with: nexdiag capture -- COMMAND"
        )
    newest = [one for _, one in sorted(((header.created, one) for one, header in known), reverse=True)]
    what = f"no recording of this command, and none named {title}, below {home}/"
    raise UsageError(what, hint=f"name one: nexdiag replay CASSETTE -- COMMAND; the newest are: {_listed(newest)}")


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _all(home: Path) -> list[Path]:
    return sorted(home.rglob(f"*{SUFFIX}"))


def _called(one: Path, text: str, home: Path) -> bool:
    """Whether a text is the end of a recording's path, with or without its suffix."""
    inside = one.relative_to(home).as_posix()
    return any(f"/{whole}".endswith(f"/{text.removeprefix('./')}") for whole in (inside, inside.removesuffix(SUFFIX)))


def _titled(name: str, title: str) -> bool:
    """Whether a name is the title, or that with the number of a later recording."""
    rest = name.removeprefix(title)
    return name == title or (rest != name and rest[:1] == "-" and rest[1:].isdecimal())


def _name(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)


def _listed(paths: Sequence[Path]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(map(str, paths[:_SHOWN])) + more


def _header(path: Path) -> Header | None:
    """None for what cannot be read: it cannot be replayed either, and is not the one that is looked for."""
    try:
        with path.open("rb") as file:
            return codec.decode(file.readline(_LONGEST), name=str(path)).header
    except (OSError, ValueError, CassetteError):
        return None
