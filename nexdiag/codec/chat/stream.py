"""Chat-completions streams: server-sent events ⇄ Reply. Tool calls are put together in slots."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from typing import Any

import msgspec

from nexdiag.codec import jsontext, sse
from nexdiag.codec.chat.error import words_of
from nexdiag.codec.chat.message import DETAILS, OURS, REASONING_FIELDS, as_text, call_value, reasoning_of
from nexdiag.codec.chat.reply import (
    FAILED,
    decode_usage,
    finish_reason_of,
    finished,
    first_choice,
    usage_of,
    usage_value,
)
from nexdiag.codec.chat.slots import Slots
from nexdiag.core.message import Message, Reply, Usage

_DONE = "[DONE]"
_SHOWN = 200
_GROWING = ("text", "summary", "data")
"""Characters that are kept of data that is no chunk."""
_OURS = OURS | {*REASONING_FIELDS, "function_call"}


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """What one event added to the reply."""

    kind: str
    """`text`, `reasoning` or `tool` (then `text` is a piece of its arguments)."""
    text: str
    index: int | None = None
    """The place of the tool call in the reply, from 0."""
    name: str | None = None
    """The tool's name, as soon as it is known."""


class StreamError(msgspec.Struct, frozen=True, kw_only=True):
    """An error that the server told inside its stream, under a status of 200."""

    message: str
    code: str | None = None
    type: str | None = None


class Accumulator:
    """Puts a streamed reply together. Never raises, whatever the events hold."""

    def __init__(self) -> None:
        """Start before the first event."""
        self.malformed: list[str] = []
        """The beginning of each event's data that was no chunk."""
        self.error: StreamError | None = None
        self.done = False
        """Whether `[DONE]` came."""
        self.late = False
        """Whether text or calls came after the finish reason: such a server cannot be taken at its word."""
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._slots = Slots()
        self._role = ""
        self._extra: dict[str, list[object]] = {}
        self._finish_reason: str | None = None
        self._usage = Usage()
        self._id: str | None = None
        self._model: str | None = None

    @property
    def conflict(self) -> str | None:
        """How the deltas of the tool calls contradicted each other: then the reply is not complete, and none is run."""
        return self._slots.conflict

    def feed(self, event: sse.Event) -> list[Delta]:
        """Take one event; give what it added. After `[DONE]` nothing counts."""
        if self.done:
            return []
        if event.data.strip() == _DONE:
            self.done = True
            return []
        try:
            chunk = jsontext.read(event.data, halves=True)  # some servers cut an emoji in two, half a pair a chunk
        except ValueError:
            chunk = None
        error = _error_of(chunk, event)
        if error is not None:
            self.error = self.error or error
        elif not isinstance(chunk, dict) or not isinstance(chunk.get("choices"), list):
            self.malformed.append(event.data[:_SHOWN])
        return self._chunk(chunk) if isinstance(chunk, dict) else []

    def finish(self) -> Reply:
        """Give the reply as far as it came."""
        calls = self._slots.calls()
        text = jsontext.mend("".join(self._text))
        ended = self._finish_reason is not None or (self.done and bool(text or calls))
        message = Message(
            role=self._role,
            content=text,
            tool_calls=calls,
            reasoning=jsontext.mend("".join(self._reasoning)) or None,
            extra=jsontext.mended({key: _merged(key, pieces) for key, pieces in self._extra.items()}),
        )
        return Reply(
            message=finished(message),
            finish_reason=self._finish_reason,
            usage=self._usage,
            response_id=self._id,
            model=self._model,
            complete=ended and self.error is None and self.conflict is None and self._finish_reason != FAILED,
        )

    def _chunk(self, chunk: dict[str, Any]) -> list[Delta]:
        self._id = self._id or as_text(chunk.get("id")) or None
        self._model = self._model or as_text(chunk.get("model")) or None
        choice = first_choice(chunk) or {}
        if usage_of(chunk, choice) is not None:
            self._usage = decode_usage(chunk, choice)
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            delta = choice.get("message")  # gateways that stream nothing send the whole message in one chunk
        deltas = self._delta(delta) if isinstance(delta, dict) else []
        self.late = self.late or (self._finish_reason is not None and any(one.kind != "reasoning" for one in deltas))
        self._finish_reason = finish_reason_of(choice) or self._finish_reason
        return deltas

    def _delta(self, delta: dict[str, Any]) -> list[Delta]:
        self._role = self._role or as_text(delta.get("role"))
        deltas: list[Delta] = []
        text, thought = _texts(delta.get("content"))
        thought = (reasoning_of(delta) or "") + thought
        if thought:
            self._reasoning.append(thought)
            deltas.append(Delta(kind="reasoning", text=jsontext.mend(thought)))
        if text:
            self._text.append(text)
            deltas.append(Delta(kind="text", text=jsontext.mend(text)))
        refusal = delta.get("refusal")
        if isinstance(refusal, str) and refusal and not self._text:
            deltas.append(Delta(kind="text", text=jsontext.mend(refusal)))
        calls = delta.get("tool_calls")
        if not calls and isinstance(delta.get("function_call"), dict):  # the form before tool_calls: one call
            calls = {"index": 0, "function": delta["function_call"]}
        for piece in self._slots.feed(calls):
            deltas.append(Delta(kind="tool", text=piece.text, index=piece.place, name=piece.name or None))  # noqa: PERF401 - like its neighbours
        for key, value in delta.items():
            if key not in _OURS and value:
                self._extra.setdefault(key, []).append(value)
        return deltas


def _texts(content: object) -> tuple[str, str]:
    """Text and thinking of a delta's content: a string, or Mistral's list of parts."""
    if isinstance(content, str):
        return content, ""
    text, thought = "", ""
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict):
            text += part["text"] if isinstance(part.get("text"), str) else ""
            thinking = part.get("thinking")
            thought += thinking if isinstance(thinking, str) else _texts(thinking)[0]
    return text, thought


def _merged(key: str, pieces: list[Any]) -> object:
    """Join a field that came in pieces: texts, lists and objects grow, anything else is replaced."""
    kinds = {type(piece) for piece in pieces}
    if kinds == {str}:
        return "".join(pieces)
    if kinds == {list}:
        entries = list(chain.from_iterable(pieces))
        return _details(entries) if key == DETAILS else entries
    if kinds == {dict}:
        return dict(chain.from_iterable(piece.items() for piece in pieces))
    return pieces[-1]


def _details(entries: list[Any]) -> list[Any]:
    """Details of one type and index that follow each other are pieces of one: their texts grow (OpenRouter)."""
    groups = groupby(enumerate(entries), key=lambda numbered: _part(*numbered))
    return [_whole([entry for _, entry in group]) for _, group in groups]


def _part(number: int, entry: object) -> tuple[object, ...]:
    """Of which detail this is a piece; of its own, if it does not say."""
    return (entry.get("type"), entry["index"]) if isinstance(entry, dict) and "index" in entry else (number,)


def _whole(pieces: list[Any]) -> object:
    if len(pieces) == 1:
        return pieces[0]
    whole = {key: value for piece in pieces for key, value in piece.items() if value is not None}
    for key in _GROWING:
        if isinstance(whole.get(key), str):
            whole[key] = "".join(text for piece in pieces if isinstance(text := piece.get(key), str))
    return whole


def _error_of(chunk: object, event: sse.Event) -> StreamError | None:
    """Find the error in a chunk: under `error`, or the whole object (`object: "error"`, or an event of that type)."""
    error = chunk.get("error") if isinstance(chunk, dict) else None
    if not error and isinstance(chunk, dict) and chunk.get("object") == "error":
        error = chunk
    if not error and event.event == "error":
        error = chunk or event.data
    if not error:
        return None
    if not isinstance(error, dict):
        return StreamError(message=as_text(error))
    return StreamError(
        message=as_text(words_of(error) or error),
        code=as_text(error.get("code")) or None,
        type=as_text(error.get("type")) or None,
    )


def encode_stream(  # noqa: PLR0913 - the habits of a server, each named
    reply: Reply,
    *,
    created: int,
    usage: bool,
    done: bool = True,
    tool_index: bool = True,
    reasoning_field: str = "reasoning_content",
    null_start: bool = False,
    usage_with_finish: bool = False,
) -> Iterator[bytes]:
    """Write the events of a streamed reply, one piece of bytes each.

    An incomplete reply is given no `[DONE]`, so that it reads as incomplete again. With `null_start` the first delta
    has no content; with `usage_with_finish` the usage stands beside the finish reason, if there is one.
    """
    head = {
        "id": reply.response_id or "",
        "object": "chat.completion.chunk",
        "created": created,
        "model": reply.model or "",
    }

    def chunk(delta: dict[str, Any], finish_reason: str | None = None, **more: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        return _event(jsontext.write({**head, "choices": [choice], **more}))

    message, counted = reply.message, {"usage": usage_value(reply.usage)} if usage else {}
    yield chunk({"role": message.role, "content": None if message.tool_calls or null_start else "", **message.extra})
    for piece in _pieces(_words(message.reasoning or "")):
        yield chunk({reasoning_field: piece})
    for piece in _pieces(_words(message.text)):
        yield chunk({"content": piece})
    for delta in _call_deltas(message, tool_index=tool_index):
        yield chunk({"tool_calls": [delta]})
    together = usage_with_finish and reply.finish_reason is not None
    if reply.finish_reason is not None:
        yield chunk({}, reply.finish_reason, **(counted if together else {}))
    if counted and not together:
        yield _event(jsontext.write({**head, "choices": [], **counted}))
    if done and reply.complete:
        yield _event(_DONE.encode())


def _call_deltas(message: Message, *, tool_index: bool) -> Iterator[dict[str, Any]]:
    for index, call in enumerate(message.tool_calls):
        place = {"index": index} if tool_index else {}
        opening = call_value(call)
        opening["function"]["arguments"] = ""
        yield place | opening
        for piece in _pieces(call.arguments):
            yield place | {"function": {"arguments": piece}}


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+\Z", text)


def _pieces(parts: Sequence[str], most: int = 8) -> Iterator[str]:
    """Join the parts (words, or characters) to at most so many pieces."""
    size = -(-len(parts) // most)
    for start in range(0, len(parts), size or 1):
        yield "".join(parts[start : start + size])


def _event(text: bytes) -> bytes:
    return b"data: " + text + b"\n\n"
