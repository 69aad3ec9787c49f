"""Promises of `nexdiag.runner.smoke.unmet`."""

from pathlib import Path

from nexdiag.capture.writer import Writer
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.scenario import Spoken
from nexdiag.core.turn import Turn
from nexdiag.runner.load import load
from nexdiag.runner.smoke.unmet import tell_unmet, unmet_lines

SPOKEN = (
    Spoken(number=1, said="a", turn=1, outcome="answered", reply="x"),
    Spoken(number=2, said="b", turn=1, outcome="answered", reply="y", unmet=("one", "two"), chat=1),
    Spoken(number=3, said="/help", unmet=("three",)),
)


def recorded(path: Path) -> Cassette:
    """Two chats of a turn each."""
    writer = Writer(path, Header(created=5.0))
    for session in ("", "2"):
        turn = Turn(number=1, session=session, said="x", reply="y", started=10.0, duration=2.0)
        writer.turn_started(turn)
        writer.turn_ended(turn)
    writer.close()
    return load(path)


def test_what_did_not_hold_is_told_in_its_turn(tmp_path: Path) -> None:
    """The line stands in the turn and the chat that it was expected of; a message without a turn has none."""
    lines = tuple(unmet_lines(SPOKEN, recorded(tmp_path / "c.cassette.jsonl")))
    told = [(line.turn, line.session, line.text, line.level, line.source) for line in lines]
    assert told == [
        (1, "2", "expected: one", "ERROR", "nexdiag"),
        (1, "2", "expected: two", "ERROR", "nexdiag"),
        (None, "", "expected: three", "ERROR", "nexdiag"),
    ]
    assert [line.at for line in lines] == [12.0, 12.0, 5.0]


def test_the_recording_holds_what_was_told(tmp_path: Path) -> None:
    """Read again it has the same lines; where all held, nothing is written."""
    path = tmp_path / "c.cassette.jsonl"
    cassette = recorded(path)
    before = path.read_bytes()
    assert tell_unmet(path, SPOKEN[:1], cassette) == ()
    assert path.read_bytes() == before
    lines = tell_unmet(path, SPOKEN, cassette)
    assert set(load(path).log) == set(lines)
    assert len(lines) == 3
    assert load(path).tear is None


def test_a_recording_that_another_writes_is_left_alone(tmp_path: Path) -> None:
    """The verdict is told without it: nothing is raised."""
    path = tmp_path / "c.cassette.jsonl"
    cassette = recorded(path)
    writer = Writer.reopen(path)
    assert tell_unmet(path, SPOKEN, cassette) == ()
    writer.close()
