"""compaction-lost-messages: a compaction that stands for more than it sums up."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["compaction-lost-messages"]))


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


MESSAGES = [say(1, "user", text("u")), say(2, "assistant", text("a"))]


def compaction(through: int, summary: str = "They spoke.", **more: object) -> dict[str, object]:
    return {"seq": 9, "entry_type": "compaction", "compacted_through_seq": through, "summary": summary, **more}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (compaction(2, "microcompact: -5120 bytes (~1300 tokens)"), "a remark"),
        (compaction(2, fallback_reason="the model failed"), "the model failed"),
        (compaction(2, " "), "empty"),
        (compaction(40), "beyond its own number 9"),
    ],
)
def test_messages_without_a_summary_are_lost(entry: dict[str, object], words: str) -> None:
    """The reasons are told."""
    (finding,) = found(journal=[*MESSAGES, entry])
    assert (finding.location.pointer, finding.severity) == ("conversation.jsonl:3", Severity.WARNING)
    assert words in finding.summary
    assert "2 messages" in finding.summary


def test_the_tail_that_the_reference_kept_is_a_remark() -> None:
    """Its number covers the last two; ours, which names its turn, keeps none."""
    more = [say(3, "user", text("v")), say(4, "assistant", text("b"))]
    assert [one.severity for one in found(journal=[*MESSAGES, *more, compaction(4)])] == [Severity.INFO]
    assert found(journal=[*MESSAGES, *more, compaction(4, turn=2)]) == []


@pytest.mark.parametrize(
    "entry", [compaction(0, "microcompact: cleared"), compaction(2), compaction(0, "x", fallback_reason="cleared")]
)
def test_what_leaves_nothing_out_is_none(entry: dict[str, object]) -> None:
    """A remark that stands for no message; a summary."""
    assert places(journal=[*MESSAGES, entry]) == []
