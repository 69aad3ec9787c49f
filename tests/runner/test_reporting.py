"""Recordings, read and judged for a report."""

from pathlib import Path

import msgspec
import pytest

from nexdiag.codec import cassette as codec
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, NothingToDo
from nexdiag.core.exchange import Exchange, Request
from nexdiag.runner.reporting import report_on

EXCHANGE = Exchange(id=0, started=1.0, request=Request(method="POST", url="http://h/v1/chat/completions"))


def recorded(path: Path, *exchanges: Exchange) -> Path:
    path.write_bytes(codec.encode(Cassette(header=Header(model="m"), exchanges=exchanges)))
    return path


def test_a_report_is_named_for_its_one_recording_or_counts_them(tmp_path: Path) -> None:
    """Its time is the clock's; the profile that is named wins."""
    one = recorded(tmp_path / "a.cassette.jsonl", EXCHANGE)
    report = report_on([one], "vllm", clock=lambda: 7.0)
    assert (report.title, report.created) == ("a", 7.0)
    assert [run.profile for run in report.runs] == ["vllm"]
    recorded(tmp_path / "b.cassette.jsonl", EXCHANGE)
    assert report_on([tmp_path]).title == "2 recordings"


@pytest.mark.parametrize(("tool", "shown"), [("", False), ("somebody 1.0", False), ("nexdiag 0.1.0", True)])
def test_a_recording_that_nexdiag_did_not_write_is_redacted(tmp_path: Path, tool: str, shown: bool) -> None:
    """One that says that it is ours was redacted when it was written."""
    key = "sk-proj-9f8e7d6c5b4a39281706fedcba9876543210"
    exchange = msgspec.structs.replace(
        EXCHANGE, request=Request(method="POST", url="http://h", body=Body.of(key.encode()))
    )
    path = tmp_path / "a.cassette.jsonl"
    path.write_bytes(codec.encode(Cassette(header=Header(tool=tool), exchanges=(exchange,))))
    (run,) = report_on([path]).runs
    assert (key.encode() in run.cassette.exchanges[0].request.body.join()) is shown


def test_what_could_not_be_checked_is_told_with_its_file(tmp_path: Path) -> None:
    """A recording without turns, or without exchanges beside one that has some, never counts as passed."""
    full, empty = recorded(tmp_path / "a.cassette.jsonl", EXCHANGE), recorded(tmp_path / "b.cassette.jsonl")
    assert report_on([full, empty]).unchecked == (
        f"{full}: turns: the recording has none",
        f"{empty}: exchanges: the recording has none",
        f"{empty}: turns: the recording has none",
    )


def test_nothing_recorded_is_nothing_to_do(tmp_path: Path) -> None:
    """No exchange in any recording, or no recording at all."""
    with pytest.raises(NothingToDo, match="holds no exchange"):
        report_on([recorded(tmp_path / "a.cassette.jsonl")])
    (tmp_path / "none").mkdir()
    with pytest.raises(NothingToDo):
        report_on([tmp_path / "none"])


def test_a_file_that_is_no_cassette_is_an_error(tmp_path: Path) -> None:
    """It is not left out silently."""
    with pytest.raises(CassetteError):
        report_on([recorded(tmp_path / "a.cassette.jsonl", EXCHANGE), tmp_path / "nowhere"])
