"""Anthropic Messages streams: server-sent events ⇄ Reply."""

from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.codec import jsontext, sse
from nexdiag.codec.anthropic.message import assistant_message
from nexdiag.codec.anthropic.reply import COUNTED, decode_usage, finish_reason, head, reply_blocks, stop_reason
from nexdiag.codec.anthropic.reply import usage_value as usage_fields
from nexdiag.codec.chat import Delta, StreamError
from nexdiag.codec.lenient import arguments_object, count, fields, pieces, read, words
from nexdiag.core.message import Reply

_SHOWN = 200
"""Characters that are kept of data that is no event of this wire."""
_GROWS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("thinking", "signature"),
    "input_json_delta": ("tool_use", "partial_json"),
}
"""What each delta carries: the type of its block, and its field."""
_STATUS = {
    "invalid_request_error": "400",
    "authentication_error": "401",
    "permission_error": "403",
    "not_found_error": "404",
    "request_too_large": "413",
    "rate_limit_error": "429",
    "api_error": "500",
    "timeout_error": "504",
    "overloaded_error": "529",
}
"""The status that each type of error has outside a stream, as Anthropic documents it."""


class _Block:
    """One content block as it grows."""

    def __init__(self, value: dict[str, Any], place: int | None) -> None:
        """Begin with what its start said; `place` is that of a call among the calls."""
        self.value = value
        self.place = place
        self.ended = False
        self.grown: dict[str, list[str]] = {}
        self.citations: list[object] = []

    def whole(self) -> dict[str, Any]:
        """The block as far as it came."""
        value = dict(self.value)
        for name in ("text", "thinking", "signature"):
            if name in self.grown:
                value[name] = words(value.get(name)) + jsontext.mend("".join(self.grown[name]))
        if self.citations:
            value["citations"] = self.citations
        if "partial_json" in self.grown:
            value["input"] = arguments_object(self.arguments())
        return value

    def arguments(self) -> str:
        """The text of a call's arguments, as it came; nothing if none came."""
        return jsontext.mend("".join(self.grown.get("partial_json", ())))


class Accumulator:
    """Puts a streamed reply together. Never raises, whatever the events hold."""

    def __init__(self) -> None:
        """Start before the first event."""
        self.malformed: list[str] = []
        """The beginning of each event's data that was none of this wire."""
        self.error: StreamError | None = None
        self.done = False
        """Whether `message_stop` came."""
        self.conflict: str | None = None
        """How the events contradicted each other about a call; such a reply is never complete."""
        self._blocks: list[_Block] = []
        self._by_index: dict[int, _Block] = {}
        self._calls = 0
        self._finish_reason: str | None = None
        self._usage: dict[str, int] = {}
        self._head: dict[str, Any] = {}

    def feed(self, event: sse.Event) -> list[Delta]:
        """Take one event; give what it added. After `message_stop` nothing counts."""
        if self.done:
            return []
        if event.data.strip() == "[DONE]":  # no word of this wire, but gateways send it
            self.done = True
            return []
        try:
            value = read(event.data, halves=True)  # half an emoji may come in each of two deltas
        except ValueError:
            value = None
        kind = words(fields(value).get("type")) or (event.event if isinstance(value, dict) else "")
        if kind == "error" or event.event == "error" or fields(value).get("error"):
            self.error = self.error or _error(value, event.data)
        elif kind in ("", "message"):
            self.malformed.append(event.data[:_SHOWN])
        return self._take(kind, fields(value))

    def finish(self) -> Reply:
        """Give the reply as far as it came."""
        blocks = [block.whole() for block in self._blocks]
        told = {place: text for place, block in enumerate(self._blocks) if (text := block.arguments())}
        message = assistant_message(blocks, told)
        ended = self._finish_reason is not None or (self.done and bool(message.text or message.tool_calls))
        complete = ended and self.error is None and self.conflict is None
        if not complete:  # thinking that was cut before its signature must never go back
            message = msgspec.structs.replace(message, extra={})
        return Reply(
            message=message,
            finish_reason=self._finish_reason,
            usage=decode_usage(self._usage),
            response_id=words(self._head.get("id")) or None,
            model=words(self._head.get("model")) or None,
            complete=complete,
        )

    def _take(self, kind: str, value: dict[str, Any]) -> list[Delta]:
        """What this event adds. Events of other kinds (`ping`, and whatever is to come) add nothing."""
        if kind == "content_block_delta":
            return self._grow(value.get("index"), fields(value.get("delta")))
        if kind == "content_block_start":
            return self._open(value.get("index"), fields(value.get("content_block")))
        if kind == "message_start":
            self._head = self._head or fields(value.get("message"))
            self._count(self._head.get("usage"))
        elif kind == "message_delta":
            reason = finish_reason(fields(value.get("delta")).get("stop_reason"))
            self._finish_reason = reason or self._finish_reason
            self._count(value.get("usage"))
        elif kind == "content_block_stop":
            self._end(value.get("index"))
        elif kind == "message_stop":
            self.done = True
        return []

    def _count(self, usage: object) -> None:
        """Later counts stand for all before them, but some servers repeat a 0 that is none."""
        for name in COUNTED:
            self._usage[name] = max(self._usage.get(name, 0), count(usage, name))

    def _open(self, index: object, value: dict[str, Any]) -> list[Delta]:
        block = _Block(jsontext.mended(value), None)
        self._blocks.append(block)
        if type(index) is int:
            before = self._by_index.get(index)
            if before is not None and not before.ended and before.place is not None:
                self.conflict = self.conflict or f"the tool call at {index} was begun again before it ended"
            self._by_index[index] = block
        if value.get("type") == "tool_use":
            block.place, self._calls = self._calls, self._calls + 1
            return [Delta(kind="tool", text="", index=block.place, name=words(value.get("name")) or None)]
        text, thought = words(value.get("text")), words(value.get("thinking"))
        told = [Delta(kind="reasoning", text=thought)] if thought else []
        return [*told, Delta(kind="text", text=text)] if text else told

    def _end(self, index: object) -> None:
        block = self._by_index.get(index) if type(index) is int else None
        if block is not None:
            block.ended = True

    def _grow(self, index: object, delta: dict[str, Any]) -> list[Delta]:
        kind, name = _GROWS.get(words(delta.get("type")), ("", ""))
        block = self._by_index.get(index) if type(index) is int else None
        if block is None:
            if not kind:
                return []
            if not self._blocks or type(index) is int or self._blocks[-1].value.get("type") != kind:
                self._open(index, {"type": kind})  # nobody announced it
            block = self._blocks[-1]
        if delta.get("type") == "citations_delta" and delta.get("citation"):
            block.citations.append(jsontext.mended(delta["citation"]))
        text = delta.get(name)
        if not isinstance(text, str) or not text:
            return []
        block.grown.setdefault(name, []).append(text)
        text = jsontext.mend(text)
        if name == "partial_json":
            tool = words(block.value.get("name")) or None
            return [] if block.place is None else [Delta(kind="tool", text=text, index=block.place, name=tool)]
        return [] if name == "signature" else [Delta(kind="text" if name == "text" else "reasoning", text=text)]


def _error(value: object, data: str) -> StreamError:
    error = fields(value).get("error") or value or data
    kind = words(fields(error).get("type"))
    code = fields(error).get("code")
    return StreamError(
        message=words(fields(error).get("message")) or words(error) or data,
        code=str(code) if isinstance(code, str | int) and code else _STATUS.get(kind),
        type=kind or None,
    )


def encode_stream(reply: Reply) -> Iterator[bytes]:
    """Write the events of a streamed reply, one piece of bytes each.

    An incomplete reply is given no end, so that it reads as incomplete again.
    """
    usage = usage_fields(reply.usage)
    yield _event("message_start", message=head(reply) | {"usage": usage | {"output_tokens": 0}})
    yield _event("ping")
    for index, block in enumerate(reply_blocks(reply.message)):
        yield from _block_events(index, block, reply)
    if not reply.complete:
        return
    if reply.finish_reason is not None:
        ended = {"stop_reason": stop_reason(reply.finish_reason), "stop_sequence": None}
        yield _event("message_delta", delta=ended, usage={"output_tokens": reply.usage.output_tokens})
    yield _event("message_stop")


def _block_events(index: int, block: dict[str, Any], reply: Reply) -> Iterator[bytes]:
    """The start of a block, its growth, its end. What does not grow stands whole in the start."""
    opening, deltas = dict(block), []
    for kind, (owner, field) in _GROWS.items():
        if block.get("type") == owner and isinstance(block.get(field), str):
            opening[field] = ""
            deltas += [{"type": kind, field: piece} for piece in pieces(block[field])]
    if block.get("type") == "tool_use":
        calls = {call.id: call.arguments for call in reply.message.tool_calls}
        text = calls.get(words(block.get("id")), "")
        if arguments_object(text) != block.get("input"):
            text = jsontext.write(block.get("input") or {}).decode()
        opening["input"] = {}
        deltas += [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(text)]
    yield _event("content_block_start", index=index, content_block=opening)
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _event(kind: str, **value: object) -> bytes:
    data = jsontext.write({"type": kind, **value}).decode()
    return sse.encode(sse.Event(event=kind, data=data))
