"""Bytes of a log → LogLines: cuts lines, joins those that are one, and puts them on the recording's clock.

The clock: a time that a line tells counts, if it is within a day of now and no later than now; else the time at which
it came. A clock that is off by whole quarters of an hour has another zone in mind; one that is off by anything is put
right by a line that names a request which passed here. Times since a program's start are counted from its first line.

Law: no line is lost; what is longer than a line may be is cut, where no secret is cut in two.
"""

import math
from collections.abc import Callable

from nexdiag.capture.logs.joiner import Joined, Joiner
from nexdiag.codec.logtime import Stamp
from nexdiag.core.turn import LogLine

LONGEST = 64 * 1024
"""Bytes of one line that are kept."""
_WORD = 4096
"""Bytes of a word that may be a secret: within them a cut goes back to a space."""
_DAY = 86400.0
_QUARTER = 900.0
_NEAR = 5.0
"""Seconds by which a line may be late that tells of another zone."""
_TICK = 0.004
"""Seconds by which a file's time may be too early: the kernel takes it from a clock that goes in ticks."""
_LATE = 1.0
"""Seconds after which a time of writing is not believed: another machine's clock has set it."""
_AHEAD = 1.0
"""Seconds by which two good clocks may differ."""


class Lines:
    """Takes the bytes of one source."""

    def __init__(  # noqa: PLR0913 - what a source needs of the world outside, each by its name
        self,
        source: str,
        keep: Callable[[LogLine], None],
        *,
        offset: Callable[[LogLine], float | None],
        clock: Callable[[], float],
        ticks: Callable[[], float],
        quiet: float,
    ) -> None:
        """`quiet`: seconds without another line after which an entry is whole."""
        self._source = source
        self._keep = keep
        self._asked = offset
        self._clock = clock
        self._ticks = ticks
        self._quiet = quiet
        self._rest = b""
        self._over = 0
        """Bytes of the line under way that were not kept."""
        self._last = ticks()
        self._came = 0.0
        """When the bytes came that are looked at now."""
        self._joiner = Joiner()
        self._offset: float | None = None
        """What is added to the times of this log; None before one could tell."""
        self._sure = False
        """Whether a request told it."""
        self._start: float | None = None

    def feed(self, piece: bytes, written: float | None = None) -> None:
        """The next bytes; `written` tells in Unix time when the last of them were, where that is known."""
        if not piece:
            return
        self._last, now = self._ticks(), self._clock()
        self._came = min(written + _TICK, now) if written is not None and 0 <= now - written <= _LATE else now
        *whole, last = piece.split(b"\n")
        for line in whole:
            self._add(line)
            self._line()
        self._add(last)

    def quiet(self) -> None:
        """Nothing came: what has waited long enough is whole."""
        if self._joiner.waiting and self._ticks() - self._last >= self._quiet:
            self._give(self._joiner.rest())

    def broken(self) -> None:
        """Another file begins: what was open has ended."""
        if self._rest or self._over:
            self._line()
        self._give(self._joiner.rest())

    def close(self) -> None:
        """Nothing more comes; a line without its end counts."""
        self.broken()

    def tell(self, text: str, level: str) -> None:
        """Something of our own, about this log."""
        self._keep(LogLine(at=self._clock(), text=text, level=level, source="nexdiag"))

    def _add(self, piece: bytes) -> None:
        room = LONGEST - len(self._rest)
        self._rest += piece[:room]
        self._over += max(0, len(piece) - room)

    def _line(self) -> None:
        raw, over = self._rest, self._over
        self._rest, self._over = b"", 0
        if over:
            space = max(raw.rfind(b" ", -_WORD), raw.rfind(b"\t", -_WORD))
            kept = raw[: space if space > 0 else -_WORD]
            raw = kept + b" [%d bytes cut]" % (over + len(raw) - len(kept))
        self._give(self._joiner.take(raw.decode(errors="replace").rstrip("\r"), self._came or self._clock()))

    def _give(self, entries: list[Joined]) -> None:
        for entry in entries:
            text, level = entry.spoken.text, entry.spoken.level
            self._keep(LogLine(at=self._time(entry), text=text, level=level, source=self._source))

    def _time(self, entry: Joined) -> float:
        stamp = entry.spoken.stamp
        if stamp is None:
            return entry.came
        if stamp.relative:
            self._start = entry.came - stamp.at if self._start is None else min(self._start, entry.came - stamp.at)
            return self._start + stamp.at
        self._learn(entry, stamp)
        at = stamp.at + (self._offset or 0.0)
        if at <= entry.came <= at + stamp.grain:  # it says the second alone, and came within it
            return entry.came
        return at if -_DAY <= at - entry.came <= _AHEAD else entry.came

    def _learn(self, entry: Joined, stamp: Stamp) -> None:
        """How far the clock is off: a request's name is sure, another zone is guessed from the first line alone."""
        if not self._sure:
            line = LogLine(at=stamp.at, text=entry.spoken.text, source=self._source)
            told = self._asked(line)
            if told is not None:
                self._offset, self._sure = told, True
        if self._offset is None:
            late = entry.came - stamp.at
            quarters = math.floor((late + _AHEAD) / _QUARTER) * _QUARTER
            zoned = abs(late) > _QUARTER / 2 and late - quarters <= _NEAR + stamp.grain and abs(late) <= _DAY
            self._offset = quarters if zoned else 0.0
