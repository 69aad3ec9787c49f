"""Promises of `nexdiag.codec.answered`."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.answered import reply_of
from nexdiag.codec.encodings import encoded
from nexdiag.core.endpoint import Wire
from nexdiag.core.exchange import Chunk, Response

STREAM = (("content-type", "text/event-stream"),)
WHOLE = {"choices": [{"message": {"role": "assistant", "content": "Friday."}, "finish_reason": "stop"}]}
PIECE = {"choices": [{"delta": {"content": "Friday."}, "finish_reason": "stop"}]}
ITEM = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Friday."}]}


def response(body: object, *, streamed: bool = False, encoding: str = "") -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    raw = b"data: " + raw + b"\n\n" if streamed else raw
    coded = encoded(raw, encoding)
    assert coded is not None
    headers = (*(STREAM if streamed else ()), *((("content-encoding", encoding),) if encoding else ()))
    return Response(status=200, headers=headers, chunks=(Chunk(at=0.0, bytes=coded),))


@pytest.mark.parametrize("encoding", ["", "gzip", "br", "zstd"])
@pytest.mark.parametrize("streamed", [True, False])
def test_a_reply_is_read(encoding: str, streamed: bool) -> None:
    """Streamed or whole, compressed or not."""
    reply, words = reply_of(response(PIECE if streamed else WHOLE, streamed=streamed, encoding=encoding), "chat")
    assert (reply.message.text, reply.finish_reason, reply.complete, words) == ("Friday.", "stop", True, "")


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        ("responses", {"id": "r", "status": "completed", "error": None, "output": [ITEM]}),
        ("anthropic", {"content": [{"type": "text", "text": "Friday."}], "stop_reason": "end_turn"}),
    ],
)
def test_each_wire_is_read(wire: Wire, body: object) -> None:
    reply, words = reply_of(response(body), wire)
    assert (reply.message.text, words) == ("Friday.", "")


@pytest.mark.parametrize(
    ("body", "streamed", "expected"),
    [
        ({"error": {"message": "no slot"}}, False, "no slot"),
        ([{"error": {"message": "no slot"}}], False, "no slot"),
        ({"error": {"message": "no slot"}}, True, "no slot"),
        (b"internal error: no slot", False, "internal error: no slot"),
        (WHOLE | {"error": {"message": "no slot"}}, False, "no slot"),
        (WHOLE | {"error": None}, False, ""),
        ({"data": [{"id": "the error model"}]}, False, ""),
        (b"an answer in words", False, ""),
    ],
)
def test_an_error_under_status_200_is_told(body: object, streamed: bool, expected: str) -> None:
    """By where it stands: a model may be named for an error, or speak of one."""
    assert reply_of(response(body, streamed=streamed), "chat")[1] == expected


@given(st.binary(max_size=200), st.sampled_from(["chat", "responses", "anthropic"]), st.booleans())
def test_whatever_comes_is_read(body: bytes, wire: Wire, streamed: bool) -> None:
    reply_of(response(body, streamed=streamed), wire)
    reply_of(response(b"[" * 100_000 + b"error"), wire)
