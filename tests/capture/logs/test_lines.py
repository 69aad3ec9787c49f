"""Promises of `nexdiag.capture.logs.lines`: bytes become lines, on the recording's clock."""

from collections.abc import Callable, Iterable

import pytest

from nexdiag.capture.logs.lines import LONGEST, Lines
from nexdiag.codec.logtime import Stamp
from nexdiag.core.turn import LogLine

NOW = 1779285791.25
"""2026-05-20T14:03:11.250Z."""


class Log:
    """A log that is read with a clock that is moved by hand."""

    def __init__(self, offset: Callable[[LogLine], float | None] = lambda line: None) -> None:
        self.kept: list[LogLine] = []
        self.now = NOW
        self.lines = Lines(
            "serve.log", self.kept.append, offset=offset, clock=lambda: self.now, ticks=lambda: self.now, quiet=0.3
        )

    def read(self, *pieces: bytes) -> list[LogLine]:
        for piece in pieces:
            self.lines.feed(piece)
        self.lines.close()
        return self.kept


def ours(at: float, text: str = "x") -> bytes:
    return f"{Stamp(at=at).text()} [INFO] {text}\n".encode()


def texts(lines: Iterable[LogLine]) -> list[str]:
    return [line.text for line in lines]


def test_lines_are_cut_where_they_end_and_not_where_pieces_do() -> None:
    """Also within a character; the last needs no end; a carriage return is none."""
    raw = "2026-05-20T14:03:11.000Z [INFO] größer\r\nzwei 👋\ndrei".encode()
    for size in (1, 3, len(raw)):
        pieces = (raw[start : start + size] for start in range(0, len(raw), size))
        assert texts(Log().read(*pieces)) == ["größer", "zwei 👋", "drei"]


def test_bytes_that_are_no_text_are_kept_as_far_as_they_are() -> None:
    assert texts(Log().read(b"a\xff\xfeb\x00c\n")) == ["a��b\x00c"]


def test_a_line_tells_its_source_level_and_time() -> None:
    line = Log().read(ours(NOW - 3))[0]
    assert (line.source, line.level, line.text) == ("serve.log", "INFO", "x")
    assert line.at == pytest.approx(NOW - 3, abs=1e-3)


def test_a_line_without_a_time_has_that_of_its_arrival() -> None:
    assert Log().read(b"INFO:     started\n")[0].at == NOW


def test_a_file_tells_when_it_was_written() -> None:
    """Sooner than anybody looked, to a tick of the kernel; a time that cannot be is not believed."""
    log = Log()
    for written in (NOW - 0.02, NOW - 0.001, NOW + 5, NOW - 4000, None):
        log.lines.feed(b"a line\n", written)
    assert [line.at for line in log.read()] == pytest.approx([NOW - 0.02 + 0.004, NOW, NOW, NOW, NOW], abs=1e-6)


def test_a_line_that_tells_the_second_alone_came_within_it() -> None:
    """Else it would stand before the request that it is about."""
    assert Log().read(b"2026-05-20T14:03:11Z [INFO] x\n")[0].at == NOW


@pytest.mark.parametrize("away", [-86400 * 3, 86400 * 3])
def test_a_time_of_another_day_is_not_taken(away: float) -> None:
    assert Log().read(ours(NOW + away))[0].at == NOW


@pytest.mark.parametrize("hours", [-7, -2, 0.5, 5.75])
def test_a_clock_of_another_zone_is_put_right(hours: float) -> None:
    """Told by the first line, which has just come; later lines, late or not, go by it."""
    log = Log()
    log.lines.feed(ours(NOW + hours * 3600))
    log.now += 10
    log.lines.feed(ours(NOW + hours * 3600 + 4))
    first, second = log.read()
    assert [first.at, second.at] == pytest.approx([NOW, NOW + 4], abs=1e-3)


def test_a_line_that_is_late_is_not_taken_for_a_clock_that_is_off() -> None:
    """A minute in a buffer."""
    assert Log().read(ours(NOW - 60))[0].at == pytest.approx(NOW - 60, abs=1e-3)


def test_a_line_that_names_a_request_puts_the_clock_right() -> None:
    """From then on; the lines before it keep what was known then."""
    log = Log(offset=lambda line: 100.0 if "req-12345678" in line.text else None)
    lines = log.read(ours(NOW - 100, "one"), ours(NOW - 100, "got req-12345678"), ours(NOW - 99.5, "three"))
    assert [line.at for line in lines] == pytest.approx([NOW - 100, NOW, NOW + 0.5], abs=1e-3)


def test_times_since_a_start_are_counted_from_the_line_that_came_soonest() -> None:
    """llama.cpp's: the first line is late by 2 s, the second is not."""
    log = Log()
    log.lines.feed(b"0.10.000.000 I a\n")
    log.lines.feed(b"0.12.000.000 I b\n")
    log.lines.feed(b"0.11.000.000 I c\n")
    assert [line.at for line in log.read()] == pytest.approx([NOW, NOW, NOW - 1], abs=1e-3)


def test_an_entry_is_whole_after_a_while() -> None:
    """Before that, more lines may belong to it."""
    log = Log()
    log.lines.feed(b"config:\n")
    log.now += 0.2
    log.lines.quiet()
    assert log.kept == []
    log.lines.feed(b"  a: 1\n")
    log.now += 0.4
    log.lines.quiet()
    assert texts(log.kept) == ["config:\n  a: 1"]


def test_a_line_has_a_bound_and_no_secret_is_cut_in_two() -> None:
    """The cut goes back to a space; what was cut is counted; the next line is whole."""
    secret = b"sk-" + b"a" * 60
    filler = b"x" * (LONGEST - 20 - 1)
    line = Log().read(filler + b" " + secret + b"y" * 5_000_000 + b"\nnext\n")
    assert texts(line)[1] == "next"
    assert "sk-" not in line[0].text
    assert line[0].text.endswith(f" [{5_000_000 + 63 + 1} bytes cut]")
    unbroken = Log().read(b"x" * LONGEST + b"yy\n")[0].text
    assert len(unbroken) < LONGEST - 4000


def test_what_is_open_ends_with_its_file() -> None:
    """A line that was cut by a rotation does not go on in the next file."""
    log = Log()
    log.lines.feed(b"half a")
    log.lines.broken()
    assert texts(log.read(b" line\n")) == ["half a", " line"]


def test_what_is_told_of_a_log_is_no_line_of_it() -> None:
    log = Log()
    log.lines.tell("it ended", "WARN")
    assert (log.kept[0].source, log.kept[0].level, log.kept[0].at) == ("nexdiag", "WARN", NOW)
