"""journal-without-end: a journal that breaks off within a turn."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["journal-without-end"]))


def places(**state: object) -> list[str | None]:
    return [finding.location.pointer for finding in found(**state)]


def text(said: str) -> dict[str, object]:
    return {"type": "text", "text": said}


def call(name: str = "c") -> dict[str, object]:
    return {"type": "tool_use", "id": name, "name": "ls", "input": {}}


def result(name: str = "c") -> dict[str, object]:
    return {"type": "tool_result", "tool_use_id": name, "content": "r"}


def say(seq: int, role: str, *blocks: dict[str, object], **more: object) -> dict[str, object]:
    return {"seq": seq, "entry_type": "message", "role": role, "content": list(blocks), **more}


INIT, END = {"seq": 1, "entry_type": "init"}, {"seq": 9, "entry_type": "end", "reason": "complete"}
ASK, ANSWER = say(2, "user", text("u"), request_id="a"), say(3, "assistant", text("a"))


@pytest.mark.parametrize("last", [ASK, say(3, "assistant", call()), say(4, "user", result())])
def test_an_open_turn_without_an_end_is_told(last: dict[str, object]) -> None:
    """A question, a call, a result: something had to follow."""
    (finding,) = found(journal=[INIT, ANSWER, last])
    assert (finding.location.pointer, finding.severity) == ("conversation.jsonl:3", Severity.WARNING)


def test_one_that_a_later_life_went_on_from_is_a_remark() -> None:
    """The session is well again."""
    assert [one.severity for one in found(journal=[INIT, ASK, INIT, ASK, ANSWER])] == [Severity.INFO]


def test_a_task_always_has_an_end() -> None:
    """A chat has none as long as it may go on."""
    assert [one.severity for one in found(journal=[INIT, ASK, ANSWER], kind="task-agent")] == [Severity.INFO]


@pytest.mark.parametrize(
    "state",
    [
        {"journal": [INIT, ASK, ANSWER]},
        {"journal": [INIT, ASK, END]},
        {"journal": [INIT, ASK], "lock": {"held": True}},
        {"journal": [INIT, ASK], "outbox": [{"role": "system-error", "request_id": "a"}]},
        {"journal": [INIT]},
        {"journal": []},
    ],
)
def test_what_was_closed_or_goes_on_is_none(state: dict[str, object]) -> None:
    """Answered, ended, under way, failed with a word, not begun."""
    assert places(**state) == []
