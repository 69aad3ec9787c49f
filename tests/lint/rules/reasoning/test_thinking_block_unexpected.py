"""thinking-block-unexpected: the last message holds thinking, and the request does not turn it on."""

from typing import Any

import pytest
from linting import USER, found, judged, refusing

from nexdiag.core.finding import Severity

NAME = "thinking-block-unexpected"
STRICT = refusing(NAME)
URL = "http://h/v1/messages"
THOUGHT = {"type": "thinking", "thinking": "t", "signature": "s"}
TEXT = {"type": "text", "text": "a"}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "r"}]}
USE = {"role": "assistant", "content": [THOUGHT, {"type": "tool_use", "id": "a", "name": "f", "input": {}}]}
WORDS = "messages.1.content.0: When thinking is disabled, an `assistant` message in the final position cannot contain "
WORDS += "`thinking`. To use thinking blocks, enable `thinking` in your request."


def said(*parts: object) -> dict[str, Any]:
    return {"role": "assistant", "content": list(parts)}


@pytest.mark.parametrize(
    ("parts", "block", "url"),
    [
        ([THOUGHT, TEXT], 0, None),
        ([TEXT, {"type": "redacted_thinking", "data": "x"}], 1, None),
        ([{"type": "thinking", "thinking": "t"}, TEXT], 0, URL),
    ],
)
def test_a_last_message_that_thinks(parts: list[object], block: int, url: str | None) -> None:
    """Anthropic's blocks are known by their signature, or by the address."""
    (finding,) = found(NAME, {"model": "m", "messages": [USER, said(*parts)]}, STRICT, url=url)
    assert (finding.severity, finding.location.message_index) == (Severity.ERROR, 1)
    assert finding.location.pointer == f"/messages/1/content/{block}"


@pytest.mark.parametrize(
    ("messages", "thinking"),
    [
        ([USER, said(THOUGHT, TEXT)], {"type": "enabled", "budget_tokens": 1024}),
        ([USER, said(THOUGHT, TEXT)], {"type": "adaptive"}),
        ([USER, said(THOUGHT, TEXT), USER], None),
        ([USER, USE, RESULT], None),
        ([USER, said(TEXT)], None),
        ([USER, said({"type": "thinking", "thinking": [TEXT]}, TEXT)], None),
        ([USER, {"role": "assistant", "content": "a"}], None),
        ([USER, said(None, 7, {"type": 7})], {"type": "disabled"}),
    ],
)
def test_look_alikes_are_let_pass(messages: list[object], thinking: object) -> None:
    """Thinking that is on, earlier messages, and Mistral's parts of the same type."""
    assert found(NAME, {"model": "m", "messages": messages, "thinking": thinking}, STRICT) == []


@pytest.mark.parametrize("messages", [[USER, said(THOUGHT, TEXT)], [USER, USE, RESULT]])
def test_the_recorded_refusal_confirms(messages: list[object]) -> None:
    """The words name the message, also in a tool loop."""
    body = {"model": "m", "messages": messages, "thinking": {"type": "disabled"}}
    first = judged(body, status=400, response={"type": "error", "error": {"message": WORDS}})[0]
    assert (first.rule, first.location.message_index, first.refused) == (NAME, 1, True)


def test_the_words_tell_alone() -> None:
    """Where the request is not known."""
    first = judged(status=400, response=WORDS)[0]
    assert (first.rule, first.location.message_index) == (NAME, 1)


def test_a_reasoning_item_that_stands_alone() -> None:
    """On the Responses wire, where the server's words name it."""
    said = {"error": {"message": "Item 'rs_1' of type 'reasoning' was provided without its required following item."}}
    items = [USER, {"type": "reasoning", "id": "rs_1", "summary": []}, USER]
    (finding,) = found(NAME, {"input": items}, status=400, response=said)
    assert (finding.location.pointer, finding.refused) == ("/input/1", True)
    assert judged(status=400, response=said)[0].rule == NAME
    assert found(NAME, {"input": items}) == found(NAME, {"input": [USER]}, status=400, response=said) == []


def test_thinking_at_the_end_of_a_message() -> None:
    """Anthropic's words, alone."""
    said = "messages.1: The final block in an assistant message cannot be `thinking`."
    assert judged(status=400, response=said)[0].location.message_index == 1
