"""What `stats` counted, as lines and as JSON."""

import json

import pytest

from nexdiag.core.message import Usage
from nexdiag.report.cassette.measured import Measure, measure_json, measure_text, size_of

ONE = Measure(
    file="a\x1b", size=1000, bytes_by_kind={"link": 600, "exchange": 400}, sessions=1, turns=2, exchanges=3, attempts=1,
    outcomes={"answered": 2}, statuses={"200": 2, "none": 1}, models={"m": 3}, failures={"ReadTimeout": 1}, chunks=9,
    messages_sent=40, messages_stored=8, request_bytes=4000, response_bytes=1000, usage=Usage(input_tokens=1200),
    tear="line 3 is torn",
)  # fmt: skip


def test_the_saving_is_told() -> None:
    """Messages sent and stored, and how many times the wire's bytes are the file's."""
    shown = measure_text([ONE])
    assert "a⟨ESC⟩   1.0 kB" in shown
    assert "40 sent, 8 stored" in shown
    assert "4.0 kB sent, 1.0 kB received in 9 chunks, 5.0 times the file" in shown
    assert "ReadTimeout × 1" in shown
    assert "line 3 is torn" in shown


def test_several_files_have_a_sum() -> None:
    assert measure_text([ONE, ONE]).splitlines()[-1] == "2 files: 2.0 kB, 4 turns, 6 exchanges, 10 kB on the wire"


def test_the_same_as_json() -> None:
    (told,) = json.loads(measure_json([ONE]))["files"]
    assert (told["saving"], told["messages_sent"], told["usage"]["input_tokens"]) == (5.0, 40, 1200)
    assert Measure(file="empty").saving is None


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 B"), (999, "999 B"), (1200, "1.2 kB"), (34_000, "34 kB"), (5.1e9, "5.1 GB")]
)
def test_sizes_are_short(size: float, told: str) -> None:
    assert size_of(size) == told
