"""journal-sequence-gap: numbers that do not follow each other."""

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint.seen.state import of_json
from nexdiag.lint.state import judge_state


def found(**state: object) -> list[Finding]:
    return list(judge_state(of_json(state), select=["journal-sequence-gap"]))


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
    ("numbers", "wanted"),
    [([1, 2, 5], ["conversation.jsonl:3"]), ([2], ["conversation.jsonl:1"]), ([1, 1], ["conversation.jsonl:2"])],
)
def test_the_entry_behind_the_gap_is_named(numbers: list[int], wanted: list[str]) -> None:
    """Missing, or given twice."""
    assert places(journal=[say(one, "user", text("x")) for one in numbers]) == wanted


def test_a_line_that_is_no_entry_is_told_beside_it() -> None:
    """It is likely the one that is missing."""
    (finding,) = found(journal=[say(1, "user"), "nonsense", say(3, "user")])
    assert finding.evidence[-1] == "conversation.jsonl:2 is no entry"


@pytest.mark.parametrize(
    "state",
    [
        {"journal": [say(1, "user"), {"seq": 2, "entry_type": "end"}]},
        {"journal": [say(7, "user"), say(8, "user")], "partial": ["conversation.jsonl"]},
        {"journal": []},
    ],
)
def test_numbers_in_order_are_none(state: dict[str, object]) -> None:
    """Of whatever entries; where only the end was read, they may begin anywhere."""
    assert places(**state) == []
