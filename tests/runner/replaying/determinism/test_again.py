"""Our executor in another process."""

import os
from pathlib import Path

import pytest

from nexdiag.core.errors import NexdiagError
from nexdiag.runner.load import load
from nexdiag.runner.replaying.determinism.again import requests_in
from nexdiag.runner.replaying.determinism.child import requests_of
from nexdiag.runner.replaying.determinism.variations import Variation
from tests.runner.replaying.determinism.test_child import RECORDING, bodies

PLAIN = Variation(kind="nothing")


def test_it_asks_there_what_it_asks_here(tmp_path: Path) -> None:
    """Also from another directory: the recording is found."""
    there = requests_in(RECORDING, PLAIN, os.environ, tmp_path)
    assert bodies(there) == bodies(requests_of(load(RECORDING), PLAIN))
    assert [one.path for one in there] == ["/v1/chat/completions"] * 5


def test_a_process_that_fails_is_told(tmp_path: Path) -> None:
    """With the last line of what it said, and not as an executor that asks for nothing."""
    with pytest.raises(NexdiagError, match="no cassette at"):
        requests_in(tmp_path / "none.cassette.jsonl", PLAIN, os.environ, tmp_path)


def test_a_process_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    """A directory that is gone."""
    with pytest.raises(NexdiagError, match="could not be played in another process"):
        requests_in(RECORDING, PLAIN, os.environ, tmp_path / "gone")
