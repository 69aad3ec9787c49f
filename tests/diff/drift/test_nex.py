"""What nex reads: found by taking each field away from answers, and giving them to nex's own readers."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from nexdiag.codec.sse import Event
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Wire
from nexdiag.core.message import Reply
from nexdiag.diff.drift.nex import READS

_USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 4,
    "total_tokens": 13,
    "prompt_tokens_details": {"cached_tokens": 2},
    "completion_tokens_details": {"reasoning_tokens": 1},
}
_CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{}"}}
_CHAT: dict[str, Any] = {
    "id": "x1",
    "object": "chat.completion",
    "created": 5,
    "model": "m",
    "system_fingerprint": "f",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "logprobs": None,
            "message": {"role": "assistant", "content": "Hi", "reasoning_content": "So", "tool_calls": [_CALL]},
        }
    ],
    "usage": _USAGE,
}


def _chunk(delta: dict[str, Any], reason: str | None = None, **more: object) -> dict[str, Any]:
    head = {"id": "x1", "object": "chat.completion.chunk", "created": 5, "model": "m"}
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


_CHUNKS = [
    _chunk({"role": "assistant", "content": "Hi", "reasoning_content": "So"}),
    _chunk({"tool_calls": [{"index": 0, **_CALL}]}),
    _chunk({"tool_calls": [{"index": 1, **_CALL, "id": "c2"}]}),
    _chunk({}, "tool_calls", usage=_USAGE),
]
_ITEMS = [
    {"type": "reasoning", "id": "r1", "summary": [{"type": "summary_text", "text": "So"}]},
    {
        "type": "message",
        "id": "m1",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
    },
    {"type": "function_call", "id": "f1", "call_id": "c1", "name": "add", "arguments": "{}", "status": "completed"},
]
_RESPONSE: dict[str, Any] = {
    "id": "x1",
    "object": "response",
    "created_at": 5,
    "status": "completed",
    "model": "m",
    "error": None,
    "output": _ITEMS,
    "usage": {
        "input_tokens": 9,
        "output_tokens": 4,
        "total_tokens": 13,
        "input_tokens_details": {"cached_tokens": 2},
        "output_tokens_details": {"reasoning_tokens": 1},
    },
}
_MESSAGE: dict[str, Any] = {
    "id": "x1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [
        {"type": "thinking", "thinking": "So", "signature": "s"},
        {"type": "text", "text": "Hi"},
        {"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 4, "cache_read_input_tokens": 2},
}
_EVENTS = [
    {"type": "message_start", "message": {**_MESSAGE, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "c1", "name": "add", "input": {}},
    },
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"a":1}'}},
    {"type": "content_block_stop", "index": 1},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 4},
    },
    {"type": "message_stop"},
]
_SAID = [
    {"type": "response.created", "response": {**_RESPONSE, "status": "in_progress", "output": [], "usage": None}},
    {"type": "response.output_item.added", "output_index": 0, "item": {**_ITEMS[1], "content": []}},
    {"type": "response.output_text.delta", "item_id": "m1", "output_index": 0, "content_index": 0, "delta": "Hi"},
    {"type": "response.output_item.done", "output_index": 0, "item": _ITEMS[1]},
    {"type": "response.output_item.added", "output_index": 1, "item": {**_ITEMS[2], "arguments": ""}},
    {"type": "response.function_call_arguments.delta", "item_id": "f1", "output_index": 1, "delta": "{}"},
    {"type": "response.output_item.done", "output_index": 1, "item": _ITEMS[2]},
    {"type": "response.completed", "response": {**_RESPONSE, "output": _ITEMS[1:]}},
]
WHOLE = {"chat": _CHAT, "responses": _RESPONSE, "anthropic": _MESSAGE}
STREAMS = {"chat": _CHUNKS, "responses": _SAID, "anthropic": _EVENTS}
_LABELLED = {
    "content": "type",
    "output": "type",
    "summary": "type",
    "content_block": "type",
    "delta": "type",
    "item": "type",
}


def places(value: object, pointer: str = "", name: str = "") -> Iterator[str]:
    """The template of every field of a value, as shapes have them."""
    if isinstance(value, dict):
        label = _LABELLED.get(name)
        if label in value:
            pointer += f"[{label}={value[label]}]"
        for key, entry in value.items():
            yield f"{pointer}/{key}"
            if key != "input":
                yield from places(entry, f"{pointer}/{key}", key)
    elif isinstance(value, list):
        for entry in value:
            yield from places(entry, f"{pointer}/*", name)


def without(value: object, gone: str, pointer: str = "", name: str = "") -> object:
    """The same without the fields at a template."""
    if isinstance(value, dict):
        label = _LABELLED.get(name)
        if label in value:
            pointer += f"[{label}={value[label]}]"
        return {
            key: without(entry, gone, f"{pointer}/{key}", key)
            for key, entry in value.items()
            if f"{pointer}/{key}" != gone
        }
    if isinstance(value, list):
        return [without(entry, gone, f"{pointer}/*", name) for entry in value]
    return copy.copy(value)


def read_stream(wire: Wire, events: list[dict[str, Any]]) -> tuple[Reply, bool]:
    made = DIALECTS[wire].accumulator()
    for event in events:
        made.feed(Event(data=json.dumps(event), event=event.get("type", "message")))
    return made.finish(), bool(made.conflict)


@pytest.mark.parametrize("wire", WHOLE)
def test_the_table_is_what_nex_reads_of_a_whole_answer(wire: Wire) -> None:
    """A field is in the table if, and only if, nex's reader gives another reply without it."""
    body = WHOLE[wire]
    read = DIALECTS[wire].decode_reply
    full = read(json.dumps(body).encode())
    found = {one for one in places(body) if read(json.dumps(without(body, one)).encode()) != full}
    assert found == READS[(wire, "json")]


@pytest.mark.parametrize("wire", STREAMS)
def test_the_table_is_what_nex_reads_of_a_stream(wire: Wire) -> None:
    """The same for events, each kind for itself."""
    events = STREAMS[wire]
    by = "object" if wire == "chat" else "type"
    full = read_stream(wire, events)
    found = set()
    for label in dict.fromkeys(event[by] for event in events):
        for one in dict.fromkeys(p for event in events if event[by] == label for p in places(event)):
            left = [without(event, one) if event[by] == label else event for event in events]
            if read_stream(wire, left) != full:
                found.add(f"[{by}={label}]{one}")
    assert found == READS[(wire, "stream")]
