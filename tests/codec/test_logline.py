"""Promises of `nexdiag.codec.logline`: the logs of daemons, as they write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec import logline
from nexdiag.codec.logline import parse
from nexdiag.core.turn import LogLine

NOW = datetime(2026, 5, 20, 14, 5, tzinfo=UTC).timestamp()
MOMENT = datetime(2026, 5, 20, 14, 3, 11, tzinfo=UTC).timestamp()
LOCAL = datetime(2026, 5, 20, 14, 3, 11).timestamp()  # noqa: DTZ001 - a time without a zone is local
LINE = "2026-05-20T14:03:11.482Z [INFO] hello\n"

ZONED = [
    ("2026-05-20T14:03:11.482Z [INFO] Daemon starting (PID 41207)", 0.482, "INFO", "Daemon starting (PID 41207)"),
    ("2026-05-20T14:03:11.482Z [ERROR] Coordinator-0: nex exited", 0.482, "ERROR", "Coordinator-0: nex exited"),
    ("2026-05-20T16:03:11+0200 host unit[12]: ERROR: failed", 0, "ERROR", "unit[12]: failed"),
    ('<34>1 2026-05-20T14:03:11.003Z host unit 12 ID47 [a@1 b="c"] words', 0.003, "FATAL", "unit[12]: words"),
    ('{"ts": 1779285791.4, "level": "warning", "msg": "slow"}', 0.4, "WARN", "slow"),
    (
        '{"time": "2026-05-20T14:03:11.4Z", "level": 50, "msg": "bad", "err": {"a": 1}}',
        0.4,
        "ERROR",
        'bad {"err":{"a":1}}',
    ),
    ('{"timestamp": 1779285791400, "severity": "INFO", "message": "m"}', 0.4, "INFO", "m"),
    ("2026-05-20T14:03:11.482123456Z plain words", 0.482123, None, "plain words"),
    ("2026-05-20T14:03:11.500Z 2026-05-20T14:03:11.400Z [WARN] inner", 0.4, "WARN", "inner"),
    ("2026-05-20T14:03:11.500Z INFO:     Uvicorn running on http://x", 0.5, "INFO", "Uvicorn running on http://x"),
    ("2026-05-20T14:03:11.482Z  WARN text_router: server.rs:1 slow", 0.482, "WARN", "text_router: server.rs:1 slow"),
    ("web-1  | 2026-05-20T14:03:11.482Z [INFO] hi", 0.482, "INFO", "web-1 | hi"),
]
UNZONED = [
    ("2026-05-20 14:03:11,482 - my.name - WARNING - watch out", 0.482, "WARN", "my.name: watch out"),
    ("2026-05-20 14:03:11,482 ERROR my.name: boom", 0.482, "ERROR", "my.name: boom"),
    ("INFO 05-20 14:03:11 [api_server.py:123] hello", 0, "INFO", "[api_server.py:123] hello"),
    ("(EngineCore pid=9) ERROR 05-20 14:03:11 [core.py:1] bad", 0, "ERROR", "(EngineCore pid=9) [core.py:1] bad"),
    ("[2026-05-20 14:03:11 TP0] Prefill batch", 0, None, "TP0 Prefill batch"),
    ("[2026-05-20 14:03:11] INFO:     Started", 0, "INFO", "Started"),
    ("May 20 14:03:11 host unit[12]: hello", 0, None, "unit[12]: hello"),
    ("<11>May 20 14:03:11 host su: failed", 0, "ERROR", "su: failed"),
    ("2026/05/20 14:03:11 [error] 12#0: boom", 0, "ERROR", "12#0: boom"),
    ("INFO 2026-05-20 14:03:11,222 module Message", 0.222, "INFO", "module Message"),
]


@pytest.mark.parametrize(("line", "part", "level", "text"), ZONED)
def test_a_line_with_a_zone_tells_its_time(line: str, part: float, level: str | None, text: str) -> None:
    spoken = parse(line, NOW)
    assert spoken.stamp is not None
    assert spoken.stamp.at == pytest.approx(MOMENT + part, abs=1e-5)
    assert (spoken.level, spoken.text, spoken.known) == (level, text, True)


@pytest.mark.parametrize(("line", "part", "level", "text"), UNZONED)
def test_a_line_without_a_zone_is_of_local_time(line: str, part: float, level: str | None, text: str) -> None:
    spoken = parse(line, NOW)
    assert spoken.stamp is not None
    assert spoken.stamp.at == pytest.approx(LOCAL + part, abs=1e-5)
    assert (spoken.level, spoken.text, spoken.stamp.zoned) == (level, text, False)


@pytest.mark.parametrize(
    ("line", "level", "text"),
    [
        ('INFO:     127.0.0.1:1 - "GET /x HTTP/1.1" 200 OK', "INFO", '127.0.0.1:1 - "GET /x HTTP/1.1" 200 OK'),
        ("\x1b[32mINFO\x1b[0m:     Started server process [1]", "INFO", "Started server process [1]"),
        ("WARNING:root:careful", "WARN", "root:careful"),
        ("[error] no such model", "ERROR", "no such model"),
    ],
)  # fmt: skip
def test_a_line_may_have_a_level_and_no_time(line: str, level: str, text: str) -> None:
    spoken = parse(line, NOW)
    assert (spoken.level, spoken.text, spoken.stamp) == (level, text, None)


def test_llama_cpp_counts_from_its_start() -> None:
    """`minutes.seconds.milliseconds.microseconds`, and a letter for the level."""
    spoken = parse("1.02.034.567 W srv  log_server_r: slow", NOW)
    assert spoken.stamp is not None
    assert (spoken.stamp.relative, spoken.stamp.at) == (True, pytest.approx(62.034567))
    assert (spoken.level, spoken.text) == ("WARN", "srv  log_server_r: slow")


@pytest.mark.parametrize(
    "line",
    ["Error handling in Go", "srv  log_server_r: request: POST / 200", '  File "a.py", line 3', "{", "{]}", "",
     "note: x", "2026-02-31T00:00:00Z no such day",
     "9999-99-99T00:00:00Z [INFO] x", '{"a": 1}', "<999>1", "INFORMATION is power"],
)  # fmt: skip
def test_any_other_text_stays_as_it_is(line: str) -> None:
    """No time, no level, and not a character less."""
    spoken = parse(line, NOW)
    assert (spoken.text, spoken.stamp, spoken.level, spoken.known) == (line, None, None, False)


@given(
    at=st.integers(0, 4_000_000_000_000),
    level=st.sampled_from(["INFO", "WARN", "ERROR", "FATAL"]),
    text=st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])),
)
def test_ours_comes_back(at: int, level: str, text: str) -> None:
    """What is written in the reference executor's format is read back."""
    line = LogLine(at=at / 1000, level=level, text=text)
    read = logline.reference(logline.encode(line))
    assert read is not None
    assert (read.level, read.text) == (level, text)
    assert read.at == pytest.approx(line.at, abs=2e-3)


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        (LINE, LogLine(at=MOMENT + 0.482, level="INFO", text="hello")),
        ("2026-05-20T14:03:11Z [FATAL] ", LogLine(at=MOMENT, level="FATAL", text="")),
        (
            "2026-05-20T14:03:11.482999888Z [ERROR] x [INFO] y",
            LogLine(at=MOMENT + 0.482999, level="ERROR", text="x [INFO] y"),
        ),
    ],
)
def test_the_reference_s_lines_are_read(line: str, parsed: LogLine) -> None:
    """Its own, and ours: one reader for both."""
    got = logline.reference(line)
    assert got is not None
    assert (got.level, got.text) == (parsed.level, parsed.text)
    assert got.at == pytest.approx(parsed.at, abs=1e-5)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Traceback (most recent call last):",
        "2026-05-20 [INFO] x",
        LINE.replace("INFO", "DEBUG"),
        " " + LINE,
        "2026-99-99T99:99:99Z [INFO] x",
    ],
)
def test_other_lines_are_none_of_ours(line: str) -> None:
    """Raw stderr, tracebacks and impossible dates are no log lines, and no crash."""
    assert logline.reference(line) is None


@given(st.text())
def test_no_line_is_too_odd(line: str) -> None:
    """Whatever stands in the file, the reader gives a line or none."""
    assert logline.reference(line) is None or line.rstrip("\n")[:4].isdecimal()


PIECES = st.sampled_from(
    [
        "2026-05-20T14:03:11.482Z ",
        "[",
        "]",
        "INFO",
        ": ",
        "<34>1 ",
        '{"ts":',
        "1e999",
        "}",
        "|",
        "- ",
        "x",
        " ",
        "a-1 | ",
    ]
)


@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=40).map("".join)))
def test_whatever_a_log_holds_is_read(line: str) -> None:
    """Nothing raises; and a line of mere words keeps them."""
    spoken = parse(line, NOW)
    assert spoken.known or spoken.text == logline._COLOURS.sub("", line).rstrip("\r\n")


@pytest.mark.parametrize(
    "piece", ["2026-05-20T14:03:11.482Z ", "[]", "<34>1 - a b c d [", "a-1 | ", '{"msg":', "[a.py:1] ", "1." * 3]
)
def test_a_long_line_is_read_in_time_of_its_length(piece: str) -> None:
    """64 KiB of what formats begin with: no format goes over it again and again (it would never come to its end)."""
    parse(piece * (65536 // len(piece)), NOW)
