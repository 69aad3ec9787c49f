"""Promises of `nexdiag.runner.smoke.recording_daemon`."""

import contextlib
import sys
from pathlib import Path

import pytest

from nexdiag.agent.daemon import lifecycle
from nexdiag.agent.setup import Wanted, set_up
from nexdiag.core.errors import DaemonError
from nexdiag.runner.load import load
from nexdiag.runner.smoke.recording_daemon import RecordingDaemon


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with a scenario."""
    set_up(tmp_path / "s", Wanted(url="http://127.0.0.1:9", model="m"))
    (tmp_path / "s" / "scenario.toml").write_text("name = 'x'\n[[say]]\ntext = 'hi'")
    return tmp_path / "s"


def test_it_runs_while_the_block_lasts(state: Path, tmp_path: Path) -> None:
    """It records, with the scenario in the header; afterwards it is gone. Killed, it comes back and records on."""
    cassette = tmp_path / "c.cassette.jsonl"
    with RecordingDaemon(state, cassette, state / "scenario.toml") as daemon:
        first = lifecycle.status(state)
        daemon.kill()
        second = lifecycle.status(state)
    assert first is not None
    assert second is not None
    assert first.recording == str(cassette)
    assert first.pid != second.pid
    assert second.recording == str(cassette)
    assert lifecycle.status(state) is None
    recorded = load(cassette)
    assert recorded.header.scenario is not None
    assert recorded.header.scenario.name == "x"
    assert [f"PID {pid}" in "".join(line.text for line in recorded.log) for pid in (first.pid, second.pid)] == [
        True
    ] * 2


def test_a_fault_in_the_block_ends_it_too(state: Path, tmp_path: Path) -> None:
    """Nobody else would."""
    daemon = RecordingDaemon(state, tmp_path / "c.cassette.jsonl", state / "scenario.toml")
    with contextlib.suppress(KeyboardInterrupt), daemon:
        assert lifecycle.status(state) is not None
        raise KeyboardInterrupt
    assert lifecycle.status(state) is None


def test_it_may_be_another_program(state: Path, tmp_path: Path) -> None:
    """What it is started with is told by one that refuses to run and says why; a new life goes on with the file."""
    program = (sys.executable, "-c", "import sys; sys.exit(' '.join(word for word in sys.argv[1:] if '/' not in word))")
    cassette = tmp_path / "c.cassette.jsonl"
    daemon = RecordingDaemon(state, cassette, state / "scenario.toml", redact=["a b"], program=program)
    wanted = "service run --dir --cassette --scenario --redact-file"  # without the paths: a long line is cut
    with pytest.raises(DaemonError, match=f"{wanted}$"):
        daemon.__enter__()
    with pytest.raises(DaemonError, match=f"{wanted} --append$"):
        daemon.kill()
