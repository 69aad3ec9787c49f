"""Promises of `nexdiag.capture.grouping.answers`."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.capture.grouping.answers import heard
from nexdiag.capture.grouping.entries import answer_entry, call_entry
from nexdiag.core.exchange import Chunk, Exchange, Request, Response

STREAM = (("content-type", "text/event-stream"),)


def exchange(body: bytes, *, status: int = 200, route: str = "/v1/chat/completions", **more: Any) -> Exchange:  # noqa: ANN401 - fields
    headers, failure = more.get("headers", ()), more.get("failure")
    response = Response(status=status, headers=headers, chunks=(Chunk(at=0.0, bytes=body),))
    request = Request(method="POST", url="http://x" + route)
    return Exchange(id=0, started=0.0, request=request, response=response, failure=failure)


def events(*values: object) -> bytes:
    return b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)


def delta(content: str | None = None, reason: str | None = None) -> dict[str, Any]:
    return {"id": "c1", "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": reason}]}


WHOLE = events(
    delta("Fri"),
    delta("day."),
    delta(None, "stop"),
    {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}},
)


def test_a_stream_is_read() -> None:
    """Text, tokens, the answer's id, and the entry by which a history goes on."""
    answer = heard(exchange(WHOLE + b"data: [DONE]\n\n", headers=STREAM))
    assert (answer.status, answer.failed, answer.refusal, answer.text) == (200, False, "", "Friday.")
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.response_id) == (7, 2, "c1")
    assert answer.first == answer_entry("Friday.")


def test_a_compressed_body_is_read() -> None:
    answer = heard(exchange(gzip.compress(WHOLE), headers=(*STREAM, ("content-encoding", "gzip"))))
    assert answer.text == "Friday."


def test_calls_are_named_on_each_wire() -> None:
    call = {"id": "call_00001", "type": "function", "function": {"name": "date", "arguments": "{}"}}
    chat = {"choices": [{"message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    item = {"type": "function_call", "call_id": "call_00001", "name": "date", "arguments": "{}"}
    responses = {"id": "r1", "status": "completed", "output": [item]}
    use = {"type": "tool_use", "id": "call_00001", "name": "date", "input": {}}
    messages = {"id": "m1", "content": [use], "stop_reason": "tool_use"}
    for route, body in (("/chat/completions", chat), ("/responses", responses), ("/messages", messages)):
        answer = heard(exchange(json.dumps(body).encode(), route=route))
        assert answer.calls == ("date",)
        assert answer.first == call_entry("call_00001", "date")


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (exchange(b'{"error":{"message":"roles must alternate"}}', status=400), "roles must alternate"),
        (exchange(events({"error": {"message": "no room"}}), headers=STREAM), "no room"),
        (exchange(b'{"error":{"message":"in a 200"}}'), "in a 200"),
        (exchange(events(delta("Fri")), headers=STREAM), "the answer broke off before its end"),
        (exchange(events(delta("Fri")), headers=STREAM, failure="ReadError: gone"), "ReadError: gone"),
        (exchange(events(delta("Fri")), headers=STREAM, failure="ClientClosed: x"), "ClientClosed: x"),
        (Exchange(id=0, started=0.0, request=Request(method="POST", url="x"), failure="ConnectError"), "ConnectError"),
        (Exchange(id=0, started=0.0, request=Request(method="POST", url="x")), "no response came"),
    ],
)
def test_a_failure_is_told_in_its_own_words(said: Exchange, refusal: str) -> None:
    answer = heard(said)
    assert (answer.failed, answer.refusal) == (True, refusal)


def test_other_routes_are_answered_by_their_status() -> None:
    assert not heard(exchange(b'{"data":[]}', route="/v1/models")).failed
    assert heard(exchange(b"", route="/v1/models", status=404)).failed


@given(st.binary(max_size=200), st.sampled_from(["/chat/completions", "/responses", "/messages", "/x"]), st.booleans())
def test_whatever_comes_is_heard(body: bytes, route: str, streamed: bool) -> None:
    heard(exchange(body, route=route, headers=STREAM if streamed else ()))
    heard(exchange(b"data: " + body + b"\n\n", route=route, headers=STREAM))
