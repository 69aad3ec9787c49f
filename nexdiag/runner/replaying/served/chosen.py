"""Which recording is meant where a command alone is named; names and patterns are `many.selection`'s."""

from collections.abc import Callable, Sequence
from pathlib import Path

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import SUFFIX, Header
from nexdiag.core.errors import CassetteError, UsageError

HOME = Path("cassettes")
"""Where recordings are kept when nobody says otherwise."""
_SHOWN = 4
_LONGEST = 64 * 1024**2
"""Bytes of a first line that may be a header: there may be a scenario in it."""


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


def _all(home: Path) -> list[Path]:
    return sorted(home.rglob(f"*{SUFFIX}"))


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
