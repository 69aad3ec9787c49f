"""Workflow commands of GitHub Actions: annotations beside files.

Law: GitHub shows ten annotations of a kind in a step and drops the others in silence; here what is left out is told. A
line that could be read as another command never leaves this module.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nexdiag.report.limits import MESSAGE, SHOWN, TITLE
from nexdiag.report.visible import one_line, visible


class Annotation(NamedTuple):
    """One line of the log that GitHub shows beside a file."""

    level: str
    """`error`, `warning` or `notice`."""
    file: str
    """From the top of the repository."""
    title: str
    message: str
    line: int | None = None


def commands(told: Sequence[Annotation], command: str) -> Iterator[str]:
    """The lines, the worst first; `command` is who speaks: `nexdiag replay`."""
    for level in ("error", "warning", "notice"):
        yield from _level(level, [one for one in told if one.level == level], command)


def no_command(text: str) -> str:
    """A line that no runner heeds: they read `##[` anywhere in a line, and `::` at its beginning."""
    return text.replace("##[", "# #[").lstrip(": ")


def _level(level: str, told: Sequence[Annotation], command: str) -> Iterator[str]:
    fits = told if len(told) <= SHOWN else told[: SHOWN - 1]
    yield from (_line(one, f"{command}: {one.title}") for one in fits)
    if len(told) > len(fits):
        left = f"{len(told) - len(fits):,} more {level}s are not shown here: GitHub shows {SHOWN} in a step"
        more = Annotation(level, "", "", f"{left}; see the step's summary, or --format json")
        yield _line(more, f"{command}: {command}")


def _line(one: Annotation, title: str) -> str:
    file = f"file={_property(one_line(one.file, 1000))}," if one.file else ""
    headed = _property(one_line(title, TITLE))
    line = f"line={one.line}," if one.file and one.line is not None else ""
    return f"::{one.level} {file}{line}title={headed}::{_escaped(visible(one.message[:MESSAGE]))}"


def _escaped(text: str) -> str:
    """A message: GitHub reads `%25`, `%0D` and `%0A` back."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property: a colon or a comma would end it."""
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
