"""A recording's file → text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept import recording

from nexdiag.codec import cassette as codec
from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.report.cassette.text import View
from nexdiag.runner.cassettes import show

RAW = codec.encode(recording("hello", "which day"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.cassette.jsonl"
    path.write_bytes(RAW)
    return path


def test_git_sees_the_same_text_whatever_the_file_is_called(path: Path) -> None:
    """What git hands over is a copy with a name of its own making."""
    shown = show.textconv(path)
    other = path.with_name("Xa3f_blob")
    other.write_bytes(RAW)
    assert show.textconv(other) == shown
    assert b"| hello" in shown


def test_a_broken_file_is_shown_as_far_as_it_goes(path: Path) -> None:
    """With each line that could not be read, and why."""
    lines = RAW.split(b"\n")
    path.write_bytes(b"\n".join([*lines[:-3], b"{", *lines[-3:]]))
    shown = show.textconv(path).decode()
    assert f"! line {len(lines) - 2} is left out: Input data was truncated" in shown
    assert "| which day" in shown
    cassette, faults = show.opened(path)
    assert len(cassette.exchanges) == 3
    assert len(faults) == 1


def test_what_is_no_cassette_shows_its_bytes(tmp_path: Path) -> None:
    """So that a change to it is seen; a missing file is told."""
    path = tmp_path / "x"
    path.write_bytes(b"one\x1b\n")
    shown = show.textconv(path)
    assert shown.startswith(b"! ")
    assert "one⟨ESC⟩\n".encode() in shown
    assert show.textconv(tmp_path / "gone") == b"! no cassette at the file\n"


@given(st.binary(max_size=80) | st.binary(max_size=40).map(lambda tail: RAW[:300] + tail + b"\n" + RAW[300:]))
def test_no_file_makes_git_fail(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    """Whatever its bytes are, there is a text, in UTF-8, and no terminal obeys it."""
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(raw)
    assert not set("\x1b\x07\x9b\r") & set(show.textconv(path).decode())


def test_a_fault_of_ours_does_not_stop_the_diff(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise KeyError("ours")

    monkeypatch.setattr(show, "text", broken)
    assert show.textconv(path).startswith(b"! cannot be shown: KeyError('ours')\n")


def test_bodies_come_back_exactly(path: Path) -> None:
    cassette, _ = show.opened(path)
    exchange = show.chosen(cassette, 2)
    was = recording("hello", "which day").exchanges[2]
    assert was.response is not None
    assert show.raw_side(exchange, "request") == was.request.body.join()
    assert show.raw_side(exchange, "response") == was.response.body


def test_what_is_not_there_is_a_usage_error(path: Path) -> None:
    cassette, faults = show.opened(path)
    with pytest.raises(UsageError, match="no exchange 7"):
        show.chosen(cassette, 7)
    with pytest.raises(UsageError, match="no turn 9"):
        show.shown(cassette, View(turn=9), faults)
    with pytest.raises(UsageError, match="do not go together"):
        show.one_of(1, None, 2)
    with pytest.raises(CassetteError):
        show.opened(path.with_name("gone"))
