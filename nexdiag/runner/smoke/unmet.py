"""What did not hold in a live run, told to its recording: else a report on it would be green.

Each expectation that did not hold becomes a line of the log, with the turn that it was expected of.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from nexdiag.capture.writer import Writer
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError
from nexdiag.core.scenario import Spoken
from nexdiag.core.turn import LogLine
from nexdiag.report.logged import EXPECTED
from nexdiag.runner.smoke.spoken_turns import of_each

_SOURCE = "nexdiag"


def unmet_lines(spoken: Sequence[Spoken], recorded: Cassette) -> Iterator[LogLine]:
    """A line for each expectation that did not hold; `spoken` is what was said, without its secrets."""
    for one, turns in zip(spoken, of_each(spoken, recorded.turns), strict=True):
        last = turns[-1] if turns else None
        for text in one.unmet:
            yield LogLine(
                at=last.started + last.duration if last is not None else recorded.header.created,
                text=EXPECTED + text,
                level="ERROR",
                source=_SOURCE,
                turn=last.number if last is not None else None,
                session=last.session if last is not None else "",
            )


def tell_unmet(path: Path, spoken: Sequence[Spoken], recorded: Cassette) -> tuple[LogLine, ...]:
    """Append these lines to the recording, which nobody writes any more; give them back, none if that failed.

    Whoever says live what did not hold has said it then: the disk's trouble must not take the verdict away.
    """
    lines = tuple(unmet_lines(spoken, recorded))
    if not lines:
        return ()
    try:
        writer = Writer.reopen(path)
    except CassetteError:
        return ()
    for line in lines:
        writer.log_line(line)
    writer.close()
    return lines if writer.trouble is None else ()
