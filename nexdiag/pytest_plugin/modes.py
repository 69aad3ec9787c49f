"""Which record mode a test has. Pure.

    --record-mode  >  the marker's record_mode  >  nexdiag_record_mode of the ini file  >  none

On a machine of CI nothing is recorded unless the command line says so: a recording that is missing there is an error,
and no test goes live because of a file that somebody forgot to commit.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexdiag.runner.tape.modes import RecordMode


def mode(command_line: str | None, marker: object, ini: str | None, *, ci: bool) -> "RecordMode":
    """The mode of a test. Raises `UsageError` for a word that is none, also one that does not count here."""
    from nexdiag.runner.tape.modes import RecordMode, mode_of  # noqa: PLC0415 - a door: a suite that does not ask pays nothing

    for word in (marker, ini):
        if word is not None:
            mode_of(word)  # type: ignore[arg-type]  # whatever the marker holds: what is no text is told
    if command_line is not None:
        return mode_of(command_line)
    wanted = marker if marker is not None else ini
    return RecordMode.NONE if ci or wanted is None else mode_of(str(wanted))
