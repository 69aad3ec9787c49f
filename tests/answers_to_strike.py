"""Answers of every wire, streamed and not, that faults are laid over."""

import json

from nexdiag.codec.body import Splitter
from nexdiag.core.exchange import Chunk, Exchange, Headers, Request, Response

ROUTES = {"chat": "/chat/completions", "responses": "/responses", "anthropic": "/messages"}
STREAM: Headers = (("server", "s"), ("content-type", "text/event-stream"), ("transfer-encoding", "chunked"))


def _event(value: object, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + b"data: " + json.dumps(value).encode() + b"\n\n"


def _named(*values: dict[str, object]) -> tuple[bytes, ...]:
    return tuple(_event(value, str(value["type"])) for value in values)


def _chat(text: str, **more: object) -> bytes:
    return _event({"id": "c", "choices": [{"index": 0, "delta": {"content": text}, **more}]})


_ANSWER = {"id": "r", "object": "response", "status": "completed", "model": "m"}
_TEXT = {"type": "message", "id": "i", "role": "assistant", "content": [{"type": "output_text", "text": "Hello you."}]}
STREAMS: dict[str, tuple[bytes, ...]] = {
    "chat": (_chat("Hello"), b": ping\n\n", _chat(" you"), _chat(".", finish_reason="stop"), b"data: [DONE]\n\n"),
    "responses": _named(
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0, "delta": "Hello"},
        {"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "content_index": 0, "delta": " you."},
        {"type": "response.completed", "response": {**_ANSWER, "output": [_TEXT]}},
    ),
    "anthropic": _named(
        {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": [], "usage": {}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello you."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
        {"type": "message_stop"},
    ),
}
"""A piece is an event, but for the ping in a chat, which is none."""
BODIES: dict[str, dict[str, object]] = {
    "chat": {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Hello you."}}]},
    "responses": {**_ANSWER, "output": [_TEXT]},
    "anthropic": {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hello you."}]},
}


def asked(number: int, wire: str = "chat", *, text: str = "") -> Request:
    """A request that no other number makes."""
    body = {"model": "m", "messages": [{"role": "user", "content": text or str(number)}]}
    url = "http://recorded/v1" + ROUTES.get(wire, "/models")
    return Request(method="POST", url=url, body=Splitter().split(json.dumps(body).encode()))


def answered(  # noqa: PLR0913 - all that may differ, named
    number: int = 0,
    wire: str = "chat",
    *,
    pieces: tuple[bytes, ...] | None = None,
    headers: Headers = STREAM,
    status: int = 200,
    turn: int | None = None,
    session: str = "",
    failure: str | None = None,
) -> Exchange:
    """An exchange with a streamed answer, in which a second passes before each piece."""
    pieces = STREAMS[wire] if pieces is None else pieces
    chunks = tuple(Chunk(at=float(place), bytes=piece) for place, piece in enumerate(pieces, start=2))
    response = Response(status=status, headers=headers, chunks=chunks, first_byte=1.0)
    return Exchange(
        id=number,
        started=0,
        request=asked(number, wire),
        response=response,
        turn=turn,
        session=session,
        failure=failure,
    )


def whole(number: int = 0, wire: str = "chat", *, turn: int | None = None) -> Exchange:
    """The same with a JSON body."""
    body = json.dumps(BODIES[wire]).encode()
    headers = (("content-type", "application/json"), ("content-length", str(len(body))))
    return answered(number, wire, pieces=(body,), headers=headers, turn=turn)
