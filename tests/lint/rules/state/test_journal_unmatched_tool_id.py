"""journal-unmatched-tool-id: a call or a result alone."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["journal-unmatched-tool-id"]))


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


@pytest.mark.parametrize(
    ("journal", "wanted", "words"),
    [
        ([say(1, "assistant", call()), say(2, "user", text("u"))], "conversation.jsonl:1", "nothing answers"),
        ([say(1, "assistant", call("a"), call("b")), say(2, "user", result("b"))], "conversation.jsonl:1", "call a"),
        ([say(1, "user", result())], "conversation.jsonl:1", "nobody made"),
    ],
)
def test_the_lonely_one_is_named(journal: list[object], wanted: str, words: str) -> None:
    """With its id."""
    (finding,) = found(journal=journal)
    assert finding.location.pointer == wanted
    assert words in finding.summary


@pytest.mark.parametrize(
    "state",
    [
        {"journal": [say(1, "assistant", call()), say(2, "user", result())]},
        {"journal": [say(1, "assistant", call())], "lock": {"held": True}},
        {"journal": [say(1, "user", result())], "partial": ["conversation.jsonl"]},
    ],
)
def test_pairs_and_what_is_under_way_are_none(state: dict[str, object]) -> None:
    """A call of the last turn runs; where only the end was read, the call may stand before it."""
    assert places(**state) == []
