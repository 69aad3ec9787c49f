"""One task, headless."""

import json
from pathlib import Path

import pytest
from talking import crew

from nexdiag.core.errors import UsageError
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner import native
from nexdiag.runner.outcome import Talk


def executed(tmp_path: Path, *, resume: bool = True, script: tuple[str, ...] = ("Done.", "Still done.")) -> Talk:
    state = tmp_path / "s"
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=script)) as url:
        task = native.Task(id="t-1", prompt="Mend it.", resume=resume)
        made = crew(url, tmp_path, state=state)
        return native.execute(made, task, state=state, tell=lambda told: None, say=lambda text: None)


def test_the_task_is_said_and_its_journal_kept(tmp_path: Path) -> None:
    """Under output/TASK, where the reference executor keeps it, with an alias that leads there."""
    done = executed(tmp_path)
    assert (done.exit_reason, done.turns[0].reply) == ("end_turn", "Done.")
    assert "t-1" in done.turns[0].said
    journal = tmp_path / "s" / "output" / "t-1" / "conversation.jsonl"
    assert json.loads(journal.read_text().splitlines()[-1])["entry_type"] == "end"
    sessions = json.loads((tmp_path / "s" / "chat" / "sessions.json").read_text())["sessions"]
    assert (sessions["t-1"]["kind"], sessions["t-1"]["aliases"]) == ("task-agent", ["task-t-1"])
    assert (tmp_path / "s" / "chat" / "task-t-1").resolve() == (tmp_path / "s" / "output" / "t-1").resolve()


def test_a_task_is_taken_up_where_it_was_left(tmp_path: Path) -> None:
    """Unless it shall begin anew."""
    executed(tmp_path)
    again = executed(tmp_path)
    assert again.turns[0].reply == "Still done."
    assert executed(tmp_path, resume=False).turns[0].reply == "Done."


def test_an_end_that_is_not_good_says_so(tmp_path: Path) -> None:
    """An endpoint that is down is the exit reason, not a success (reference faults 38, L25)."""
    made = crew("http://127.0.0.1:9", tmp_path, state=tmp_path / "s")
    task = native.Task(id="t-1", prompt="Mend it.")
    done = native.execute(made, task, state=tmp_path / "s", tell=lambda told: None, say=lambda text: None)
    assert not done.well
    assert "127.0.0.1:9" in done.exit_reason


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff"])
def test_a_prompt_file_that_is_none_is_a_usage_error(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, or no text."""
    if content is not None:
        (tmp_path / "p").write_bytes(content)
    with pytest.raises(UsageError, match="prompt file"):
        native.read_prompt(tmp_path / "p")
