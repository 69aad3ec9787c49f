"""Answers that are one JSON value."""

import pytest
from answers import body, called

from nexdiag.lint.seen.body import end_response, read_block, read_body, read_delta, read_output, text_of
from nexdiag.lint.seen.told import Told

CHAT = body("Hi.", called(arguments='{"a":1}'), finish="tool_calls", usage={"prompt_tokens": 1, "completion_tokens": 2})
RESPONSE = {
    "object": "response",
    "status": "completed",
    "usage": {"input_tokens": 1, "output_tokens": 2},
    "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "Hi."}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a":1}'},
    ],
}
MESSAGE = {
    "type": "message",
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 1, "output_tokens": 2},
    "content": [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "Hi."},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}},
    ],
}


@pytest.mark.parametrize(("value", "shape"), [(CHAT, "chat"), (RESPONSE, "responses"), (MESSAGE, "anthropic")])
def test_the_wires_tell_the_same(value: object, shape: str) -> None:
    """Whose answer it is, its fields say."""
    told = read_body(value)
    (call,) = told.calls
    assert (told.shape, told.text, told.finish, told.odd, told.error) == (shape, "Hi.", "tool_calls", {}, None)
    assert (call.id, call.name, call.arguments, call.index) == ("c", "f", '{"a":1}', 0)
    assert told.usage is not None
    assert (told.usage.input, told.usage.output) == (1, 2)
    assert told.reasoning == ("" if shape == "chat" else "hm")


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"error": {"message": "no"}}, {"message": "no"}),
        ({"choices": None, "error": "no"}, "no"),
        ({"object": "error", "message": "no"}, {"object": "error", "message": "no"}),
        ({"detail": "Not Found"}, {"detail": "Not Found"}),
        ({"object": "response", "status": "failed", "error": {"code": "x"}}, {"code": "x"}),
        ({"object": "response", "status": "failed"}, {"message": "the response failed"}),
        ({"choices": [{"error": "gone", "message": {}}]}, "gone"),
        (body(detail="x", error=None), None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_errors_inside_a_body(value: object, error: object) -> None:
    """In each form that servers give them."""
    assert read_body(value).error == error


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ({"choices": []}, ["choices"]),
        ({"choices": [{}]}, ["message"]),
        (body(5), ["content"]),
        (body(["x"]), ["content"]),
        (body("", None), ["calls"]),
        (body("", {"id": "c"}), ["calls"]),
        (body("", called(name="")), ["name"]),
        (body("", called(call_id="")), ["id"]),
        (body("", called(arguments={})), ["arguments"]),
        ({"type": "message", "content": [{"type": "tool_use", "id": "c", "name": "f"}]}, ["input"]),
    ],
)
def test_what_is_odd_is_noted(value: object, kinds: list[str]) -> None:
    """And reading goes on."""
    assert list(read_body(value).odd) == kinds


def test_the_form_before_tool_calls() -> None:
    """A lone function call has no id, and needs none."""
    told = read_body({"choices": [{"message": {"function_call": {"name": "f", "arguments": "{}"}}}]})
    assert ([call.name for call in told.calls], told.odd) == (["f"], {})


def test_a_response_that_was_cut() -> None:
    """Its end is told by its details; without them it is taken for the limit."""
    told = Told()
    end_response({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, told)
    assert told.finish == "content_filter"
    end_response({"status": "incomplete"}, told)
    assert told.finish == "length"


def test_the_parts_that_streams_read_too() -> None:
    """A piece of a message, items, a block, arguments."""
    told = Told()
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi."}]
    assert read_delta({"content": parts, "reasoning": "so"}, told) == ("Hi.", "hmso")
    read_output("none", told)
    assert (told.text, told.calls, read_block({"input": {}}, 3, told).index) == ("", (), 3)
    assert [text_of(value) for value in ("a", None, {"a": 1})] == ["a", "", '{"a":1}']
