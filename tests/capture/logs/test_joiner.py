"""Promises of `nexdiag.capture.logs.joiner`: what failed once is one entry, and what did not is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.capture.logs.joiner import MOST_CHARACTERS, MOST_LINES, Joiner

PYTHON = """Traceback (most recent call last):
  File "a.py", line 1, in <module>
    main()
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 3, in <module>
    raise ValueError("two") from error
ValueError: two"""
GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 1, in <module>
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: one
    +------------------------------------"""
JAVA = """Exception in thread "main" java.lang.IllegalStateException: no
\tat com.example.Main.main(Main.java:5)
Caused by: java.io.IOException: disk
\tat com.example.Disk.read(Disk.java:9)
\t... 12 more"""
RUST = """thread 'main' panicked at src/main.rs:10:5:
called `Option::unwrap()` on a `None` value
stack backtrace:
   0: rust_begin_unwind
             at /rustc/library/std/src/panicking.rs:1
note: run with `RUST_BACKTRACE=full` environment variable"""
GO = """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.main()
\t/app/main.go:8 +0x1d
exit status 2"""
PRINTED = """{
  "error": {
    "message": "a } in a string"
  },
"tail": [
1
]
}"""
KEY = """-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASC
2026-05-20T14:03:11.482Z [INFO] not a line of its own
-----END PRIVATE KEY-----"""


def joined(*lines: str) -> list[tuple[str, str | None]]:
    """The entries that these lines come to."""
    joiner = Joiner()
    found = [entry for number, line in enumerate(lines) for entry in joiner.take(line, float(number))] + joiner.rest()
    return [(entry.spoken.text, entry.spoken.level) for entry in found]


@pytest.mark.parametrize(
    ("text", "level"),
    [(PYTHON, "ERROR"), (GROUP, "ERROR"), (JAVA, "ERROR"), (RUST, "FATAL"), (GO, "FATAL"), (PRINTED, None)],
)
def test_what_failed_once_is_one_entry(text: str, level: str | None) -> None:
    """With its level; lines before and after it are entries of their own."""
    assert joined("before", *text.split("\n"), "after") == [("before", None), (text, level), ("after", None)]


def test_a_key_in_lines_is_one_entry() -> None:
    """So that the redaction sees it whole, whatever its lines look like; what follows it is its own."""
    entries = joined(*KEY.split("\n"), "after")
    assert len(entries) == 2
    assert entries[0][0].startswith("-----BEGIN")
    assert entries[0][0].endswith("-----END PRIVATE KEY-----")


def test_a_traceback_belongs_to_the_error_before_it() -> None:
    """As uvicorn writes it; the next line with a time is the next entry."""
    line = "2026-05-20T14:03:11.482Z [ERROR] Exception in application"
    entries = joined(line, *PYTHON.split("\n"), "2026-05-20T14:03:12.000Z [INFO] next")
    assert entries == [(f"Exception in application\n{PYTHON}", "ERROR"), ("next", "INFO")]


def test_a_traceback_does_not_belong_to_a_line_that_tells_no_error() -> None:
    """It is an error of its own."""
    assert joined("2026-05-20T14:03:11.482Z [INFO] fine", *PYTHON.split("\n")) == [("fine", "INFO"), (PYTHON, "ERROR")]


def test_a_traceback_with_a_prefix_on_each_line_is_one_entry() -> None:
    """The way of vLLM."""
    prefix = "ERROR 05-20 14:03:11 [core.py:12] "
    texts = ["Engine failed", "Traceback (most recent call last):", '  File "a.py", line 1', "ValueError: one"]
    entries = joined(*(prefix + text for text in texts), prefix + "Another")
    assert [text.count("\n") for text, _ in entries] == [0, 2, 0]
    assert entries[1][0].endswith("ValueError: one")


def test_plain_lines_are_entries_of_their_own() -> None:
    """And empty ones are none."""
    assert joined("one", "", "two", "three") == [("one", None), ("two", None), ("three", None)]


def test_an_indented_line_goes_on_with_the_one_before() -> None:
    assert joined("config:", "  a: 1", "  b: 2", "done") == [("config:\n  a: 1\n  b: 2", None), ("done", None)]


def test_an_entry_has_a_bound() -> None:
    """Brackets that never close, and lines that never end, do not grow without end; and not one is lost."""
    lines = ["{", *("x" for _ in range(3 * MOST_LINES))]
    assert sum(text.count("\n") + 1 for text, _ in joined(*lines)) == len(lines)
    assert all(len(text) <= MOST_CHARACTERS for text, _ in joined("{", *(("y" * 60_000) for _ in range(20))))


def test_an_entry_came_when_its_first_line_did() -> None:
    joiner = Joiner()
    joiner.take("one", 1.0)
    joiner.take("  more", 2.0)
    assert joiner.waiting
    assert [entry.came for entry in joiner.rest()] == [1.0]
    assert not joiner.waiting


@pytest.mark.parametrize("piece", ["thread '", " ", "(", "a.", "[a.py:1] ", "(a)", '"\\', "+ ", "{"])
@pytest.mark.parametrize(
    "before", ["panic: x", "thread 'main' panicked at a:1", "Traceback (most recent call last):", "x"]
)
def test_a_long_line_is_judged_in_time_of_its_length(before: str, piece: str) -> None:
    """64 KiB of what failures are made of (it would never come to its end)."""
    assert joined(before, piece * (65536 // len(piece)), "x")


LINES = st.lists(st.sampled_from([*PYTHON.split("\n"), *RUST.split("\n"), *PRINTED.split("\n"), *KEY.split("\n"), "x"]))


@given(LINES)
def test_no_line_is_lost(lines: list[str]) -> None:
    """However they are mixed: each that says something stands in an entry, in order."""
    said = [line.split("[INFO] ")[-1].rstrip() for line in lines if line.strip()]
    kept = [line.rstrip() for text, _ in joined(*lines) for line in text.split("\n") if line.strip()]
    assert kept == said
