"""Promises of nexdiag.codec.responses.growing: of an item that is told several times, the fullest telling counts."""

from typing import Any

import pytest

from nexdiag.codec.responses.growing import Growing

CALL: dict[str, Any] = {"type": "function_call", "call_id": "c", "name": "f", "arguments": ""}


def says(text: str, **more: object) -> dict[str, Any]:
    return {"type": "message", "id": "m", "content": [{"type": "output_text", "text": text}], **more}


def grown(value: dict[str, Any], *pieces: str) -> Growing:
    item = Growing(value, None)
    for piece in pieces:
        item.grow(piece)
    return item


def test_deltas_make_the_item() -> None:
    """Until it is told whole, it is what its deltas said."""
    assert not grown(says("")).spoke
    assert grown(says(""), "Hel", "lo").told() == says("Hello")
    assert grown(CALL, '{"a"', ":1}").told()["arguments"] == '{"a":1}'
    thought = grown({"type": "reasoning", "id": "r"}, "Hm.").told()
    assert thought["summary"] == [{"type": "summary_text", "text": "Hm."}]


@pytest.mark.parametrize("text", ["Hello", "Hello there", "Hello\n"])
def test_the_whole_item_counts(text: str) -> None:
    """It alone holds annotations, and what is sealed; that white space was stripped from it is no loss."""
    item = grown(says(""), "Hel", "lo\n")
    item.close(says(text, status="completed"))
    assert item.told() == says(text, status="completed")
    sealed = grown({"type": "reasoning", "id": "r"}, "Hm.")
    sealed.close({"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "S"})
    assert sealed.told()["encrypted_content"] == "S"


def test_a_whole_item_that_lost_its_text_does_not() -> None:
    """What the user saw in deltas stays said."""
    item = grown(says(""), "Hel", "lo")
    item.close(says("lo"))
    assert item.told() == says("Hello")
    call = grown(CALL, '{"a":1}')
    call.close(CALL)
    assert call.told()["arguments"] == '{"a":1}'


def test_the_last_event_fills_what_nothing_else_told_whole() -> None:
    """The last event of vLLM had the last token in place of the text: then, too, the deltas count."""
    assert grown(says(""), "Hel", "lo").last(says("Hello", status="completed")) == says("Hello", status="completed")
    assert grown(says(""), "Hel", "lo").last(says("lo")) == says("Hello")
    assert grown(says(""), "Hello").last(CALL) == says("Hello")
    item = grown(says(""), "Hello")
    item.close(says("Hello", status="completed"))
    assert item.last(says("Hello, you")) == says("Hello", status="completed")
