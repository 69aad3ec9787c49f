"""A command, studied."""

import os
import sys
from pathlib import Path

import pytest

from nexdiag.core.errors import NexdiagError, NothingToDo, UsageError
from nexdiag.runner.replaying.determinism.commands import of_words
from nexdiag.runner.replaying.how import How
from tests.runner.replaying.determinism.test_child import RECORDING

AGENT = """
import json, os, sys, urllib.request, uuid
from pathlib import Path
Path(sys.argv[1]).read_text()
said = []
for text in ("Hello.", "Go on."):
    said += [{"role": "user", "content": text}]
    body = {"model": "tiny", "run": str(uuid.uuid4()), "stop": list({"a", "b", "c", "d"}), "messages": said}
    request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode())
    with urllib.request.urlopen(request) as response:
        said += [{"role": "assistant", "content": str(len(response.read()) > 0)}]
print("what it prints is nobody's")
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program and its file, in the current directory."""
    (tmp_path / "agent.py").write_text(AGENT)
    (tmp_path / "notes.txt").write_text("x")
    monkeypatch.chdir(tmp_path)


def test_a_real_program_is_studied_over_http(capfd: pytest.CaptureFixture[str]) -> None:
    """Every request is answered although it varies; what it prints is not shown."""
    words = (sys.executable, "agent.py", "notes.txt")
    found = of_words(words, [RECORDING], How(), environ=os.environ)
    assert (found.requests, found.code) == (2, 1)
    assert {(one.pointer, one.kind, one.by) for one in found.varying} == {
        ("/run", "id", ("nothing",)),
        ("/stop", "order", ("hash seed",)),
    }
    assert found.rules == ("/run",)
    assert [text.partition(":")[0] for text in found.unchecked] == ["clock"]
    assert capfd.readouterr().out == ""


def test_a_program_that_asks_for_nothing_is_told() -> None:
    """It did not find our server, or needs none."""
    with pytest.raises(NothingToDo):
        of_words((sys.executable, "-c", ""), [RECORDING], How(), environ=os.environ)


def test_a_program_that_does_not_end_is_ended() -> None:
    """After its time, and told."""
    words = (sys.executable, "-c", "import time; time.sleep(600)")
    with pytest.raises(NexdiagError, match="did not end"):
        of_words(words, [RECORDING], How(), environ=os.environ, patience=0.2)


def test_a_program_that_there_is_not_is_told() -> None:
    """Before anything is run."""
    with pytest.raises(UsageError):
        of_words(("no-such-program-of-ours",), [RECORDING], How(), environ=os.environ)


def test_a_recording_without_an_exchange_answers_nothing(tmp_path: Path) -> None:
    """It is told."""
    (tmp_path / "c.cassette.jsonl").write_text('{"cassette":2}\n')
    with pytest.raises(NothingToDo, match="no exchange"):
        of_words((sys.executable, "-c", ""), [tmp_path / "c.cassette.jsonl"], How(), environ=os.environ)
