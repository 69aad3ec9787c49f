"""thinking-block-modified: the thinking of the latest answer goes back changed."""

from typing import Any

import pytest
from linting import USER, found, judged, recording, refusing, told

from nexdiag.core.finding import Severity

NAME = "thinking-block-modified"
STRICT = refusing(NAME)
ROUTE = "http://h/v1/messages"
ONE = {"type": "thinking", "thinking": "I list them.", "signature": "s1"}
TWO = {"type": "redacted_thinking", "data": "xyz", "signature": "s2"}
CALL = {"type": "tool_use", "id": "a", "name": "ls", "input": {}}
TEXT = {"type": "text", "text": "I look."}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "r"}]}
WORDS = (
    "messages.{}.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be "
    "modified. These blocks must remain as they were in the original response."
)


def asked(*messages: object) -> dict[str, Any]:
    return {"model": "claude", "max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}} | {
        "messages": [USER, *messages]
    }


def answer(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": list(blocks), "stop_reason": "tool_use", "usage": {}}


def said(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def sent_back(*blocks: dict[str, Any], status: int = 200) -> list[Any]:
    first = (asked(), 200, answer(ONE, TWO, TEXT, CALL))
    return told(NAME, recording(first, (asked(said(*blocks), RESULT), status, answer(TEXT)), url=ROUTE), STRICT)


@pytest.mark.parametrize(
    ("blocks", "why"),
    [
        ([ONE | {"thinking": "I list"}, TWO, TEXT, CALL], "other words"),
        ([ONE | {"signature": "s3"}, TWO, TEXT, CALL], "other words"),
        ([ONE, TEXT, CALL], "had 2 thinking blocks, the message has 1"),
        ([ONE, ONE, TWO, TEXT, CALL], "had 2 thinking blocks, the message has 3"),
        ([TWO, ONE, TEXT, CALL], "another order"),
    ],
)
def test_what_was_signed_is_changed(blocks: list[dict[str, Any]], why: str) -> None:
    """The recording holds the answer: what differs is said, at the message that brings it back."""
    (finding,) = sent_back(*blocks, status=400)
    assert (finding.severity, finding.location.message_index) == (Severity.ERROR, 1)
    assert any(why in line for line in finding.evidence)


@pytest.mark.parametrize("blocks", [[ONE, TWO, TEXT, CALL], [ONE, TWO, CALL], [CALL]])
def test_look_alikes_are_let_pass(blocks: list[dict[str, Any]]) -> None:
    """Thinking as it came, whatever else is left out; and none at all, which is another fault."""
    assert sent_back(*blocks) == []


def test_an_unknown_answer_is_no_fault() -> None:
    """Where the recording does not hold it, nothing is said without the server's words."""
    assert found(NAME, asked(said(ONE, CALL), RESULT), STRICT) == []


def test_the_words_name_the_message() -> None:
    """By its index; and where the request is not known, they tell alone."""
    first = judged(asked(said(ONE, CALL), RESULT), status=400, response=WORDS.format(1))[0]
    assert (first.rule, first.location.message_index, first.refused) == (NAME, 1, True)
    alone = judged(status=400, response={"error": {"message": WORDS.format(5)}})[0]
    assert (alone.rule, alone.location.message_index) == (NAME, 5)
