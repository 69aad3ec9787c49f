"""Promises of `nexdiag.runner.diffing.again`."""

import socket
from pathlib import Path

import pytest

from nexdiag.core.errors import EndpointError, NexdiagError, UsageError
from nexdiag.runner.diffing import again
from nexdiag.runner.diffing.again import compare_replay
from nexdiag.runner.diffing.compare import How
from nexdiag.runner.linting.choice import Choice
from nexdiag.runner.load import load

CASSETTES = Path(__file__).parents[3] / "cassettes/llama.cpp"


@pytest.mark.parametrize("name", ["five-back-to-back", "five-over-messages", "five-over-responses"])
def test_a_recording_and_its_replay_are_equal_on_every_wire(name: str) -> None:
    """Byte for byte, but for the pace."""
    found = compare_replay(CASSETTES / f"{name}.cassette.jsonl", How(), Choice()).found
    assert (found.differences(), found.mode, found.findings.new) == ((), "replay", ())
    assert len(found.rows) == 10
    assert found.right.name.endswith("(replay)")


def test_what_our_executor_no_longer_sends_is_the_first_divergence() -> None:
    """The incident is mended: the message is gone; that nothing was recorded for it is no answer of a server."""
    found = compare_replay(CASSETTES / "incident-pushed-warning.cassette.jsonl", How(), Choice()).found
    assert found.first is not None
    told = {one.pointer: one.kind for one in found.rows[found.first].differences}
    assert told["/messages/4"] == "removed"
    assert told["(failure)"] == "added"
    assert [one.rule for one in found.findings.gone] == ["role-alternation"]


def test_what_cannot_be_replayed_is_named(tmp_path: Path) -> None:
    """A recording of another program, a directory, stdin."""
    with pytest.raises(NexdiagError, match=r"openai-sdk-responses"):
        compare_replay(CASSETTES / "openai-sdk-responses.cassette.jsonl", How(), Choice())
    for path in (tmp_path, Path("-")):
        with pytest.raises(UsageError):
            compare_replay(path, How(), Choice())


def test_a_replay_lacks_no_log_and_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it never has is not compared; whoever tries to leave is named, before anything has left."""
    path = CASSETTES / "five-back-to-back.cassette.jsonl"
    assert load(path).log
    assert "logs: left and right have none" in compare_replay(path, How(), Choice()).found.unchecked

    async def leaving(*_: object) -> None:
        socket.create_connection(("127.0.0.1", 9), timeout=1)

    monkeypatch.setattr(again, "play_turns", leaving)
    with pytest.raises(EndpointError):
        compare_replay(path, How(), Choice())
