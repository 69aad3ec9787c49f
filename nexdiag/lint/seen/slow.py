"""Event streams of any kind → Told, event by event. What no client expects is noted, and reading goes on.

The kinds of oddity: `not-json` `not-object` `error` `no-choices` `no-delta` `calls` `arguments` `content` `no-index`
`collision` `id-changes` `late-tail`.
"""

import re
from typing import Any

from nexdiag.codec import jsontext, sse
from nexdiag.codec.chat.slots import Slots
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Wire
from nexdiag.lint.seen.body import read_delta, text_of
from nexdiag.lint.seen.told import CallTold, Told, UsageTold, finish_of, usage_of

_ERROR_LINE = re.compile(rb"^error: ?(\S.*)$", re.MULTILINE)
"""Older servers of llama.cpp tell an error in a field that no client knows."""


def read_odd(text: bytes) -> Told:
    """What a stream told."""
    parser = sse.Parser()
    events = parser.feed(text) + parser.close()
    reading = _Reading()
    for number, event in enumerate(events):
        if reading.told.done and reading.told.shape == "chat":
            break
        reading.take(number, event, torn=parser.torn and number == len(events) - 1)
    told = reading.end(events)
    line = _ERROR_LINE.search(text) if told.error is None and b"\nerror:" in text else None
    if line is not None:
        reading.fail(told.chunks, line[1].decode("utf-8", "replace"))
    told.comments = text[:1] == b":" or b"\n:" in text
    return told


class _Reading:
    """One stream, as far as it was read."""

    def __init__(self) -> None:
        self.told = Told(streamed=True)
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._slots = Slots()
        self._live: dict[int, str] = {}
        self._said: dict[int, list[str]] = {}
        """By index, the arguments so far."""
        """By its index, the id of a call that grows."""
        self._pieces = 0

    def take(self, number: int, event: sse.Event, *, torn: bool) -> None:
        """The next event."""
        told, data = self.told, event.data
        if data.strip() == "[DONE]":
            told.done = True
            told.shape = told.shape or "chat"
            return
        try:
            value = jsontext.read(data)
        except ValueError:
            if event.event == "error":
                self.fail(number, data)
            elif torn:
                told.torn = True
            else:
                told.strange("not-json", number, data)
            return
        if not isinstance(value, dict):
            told.strange("not-object", number, data)
            return
        told.chunks += 1
        named = value.get("type")
        kind = named if isinstance(named, str) else event.event
        error = value.get("error") or (value if "error" in (value.get("object"), kind) else None)
        if error:
            self.fail(number, error)
        if "choices" in value or not _is_typed(kind):
            self._chunk(number, value, failed=bool(error))
        elif told.shape != "chat":
            told.shape = "responses" if kind.startswith("response.") else "anthropic"
            self._typed(kind, value, number)

    def end(self, events: list[sse.Event]) -> Told:
        """The stream is over."""
        told = self.told
        if told.shape in ("responses", "anthropic"):
            _accumulated(told, "responses" if told.shape == "responses" else "anthropic", events)
            return told
        told.text, told.reasoning = "".join(self._texts), "".join(self._thoughts)
        calls = self._slots.calls()
        most = max(1, self._pieces - len(calls) + 1)  # of each it is not known: at most so many
        told.calls = tuple(
            CallTold(index=place, id=call.id, name=call.name, arguments=call.arguments, pieces=most)
            for place, call in enumerate(calls)
        )
        if told.finish == "error" and told.error is None:
            self.fail(0, {"message": "finish_reason is error"})
        return told

    def fail(self, number: int, error: object) -> None:
        """An error was told; the first counts."""
        self.told.error = self.told.error or error
        self.told.strange("error", number, error)

    def _typed(self, kind: str, value: dict[str, Any], number: int) -> None:
        if kind == "response.failed":
            response = value.get("response")
            told = response.get("error") if isinstance(response, dict) else None
            self.fail(number, told or {"message": "the response failed"})
        if kind == "content_block_delta" and type(value.get("index")) is not int:
            piece = value.get("delta")
            if isinstance(piece, dict) and piece.get("type") == "input_json_delta":
                self.told.strange("no-index", number, value)
        if kind == "message_stop" or kind.startswith(("response.completed", "response.incomplete", "response.failed")):
            self.told.done = True

    def _chunk(self, number: int, value: dict[str, Any], *, failed: bool) -> None:
        told, choices = self.told, value.get("choices")
        groq = value.get("x_groq")
        usage = usage_of(value.get("usage")) or usage_of(groq.get("usage") if isinstance(groq, dict) else None)
        told.usage = usage or told.usage
        if not isinstance(choices, list):
            if not failed:
                told.strange("no-choices", number, value)
            return
        told.shape = "chat"
        if not number and not choices and "prompt_filter_results" in value:
            told.filtered = True
        for choice in choices:
            if not isinstance(choice, dict):
                told.strange("no-delta", number, choice)
            elif not choice.get("index"):
                self._choice(number, choice)

    def _choice(self, number: int, choice: dict[str, Any]) -> None:
        told = self.told
        told.finish = finish_of(choice.get("finish_reason")) or told.finish
        told.usage = usage_of(choice.get("usage")) or told.usage
        if choice.get("error"):
            self.fail(number, choice["error"])
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            told.strange("no-delta", number, choice)
            delta = choice.get("message")
        if not isinstance(delta, dict):
            return
        text, thought = read_delta(delta, told, number)
        self._texts.append(text)
        self._thoughts.append(thought)
        calls = delta.get("tool_calls")
        if not calls and isinstance(delta.get("function_call"), dict):
            self._pieces += len(list(self._slots.feed({"index": 0, "function": delta["function_call"]})))
            return
        if isinstance(calls, dict):
            told.strange("calls", number, calls)
            calls = [calls]
        for entry in calls if isinstance(calls, list) else ():
            if isinstance(entry, dict):
                self._call(number, entry)
            else:
                told.strange("calls", number, entry)

    def _call(self, number: int, entry: dict[str, Any]) -> None:
        told, index, call_id = self.told, entry.get("index"), text_of(entry.get("id"))
        function = entry.get("function")
        function = function if isinstance(function, dict) else {}
        name = text_of(function.get("name"))
        if not isinstance(function.get("arguments"), str | None):
            told.strange("arguments", number, function.get("arguments"), name)
        if type(index) is not int:
            told.strange("no-index", number, entry, name)
        else:
            self._numbered(number, index, call_id, name, entry)
            self._said.setdefault(index, []).append(text_of(function.get("arguments")))
        self._pieces += len(list(self._slots.feed(entry)))

    def _numbered(self, number: int, index: int, call_id: str, name: str, entry: dict[str, Any]) -> None:
        known = self._live.get(index)
        if known is None:
            if not call_id and not name and self._live:
                self.told.strange("late-tail", number, entry)
            self._live[index] = call_id
        elif call_id and known and call_id != known:
            self.told.strange("collision" if name else "id-changes", number, entry, f"{known} {call_id}")
            self._live[index] = call_id
        elif name and known is not None and self._whole(index, entry):
            self.told.strange("collision", number, entry, name)
            self._said[index] = []
        else:
            self._live[index] = known or call_id

    def _whole(self, index: int, entry: dict[str, Any]) -> bool:
        """Whether the call of an index has all its arguments, and an entry begins others."""
        function = entry.get("function")
        more = function.get("arguments") if isinstance(function, dict) else None
        return isinstance(more, str) and more.lstrip()[:1] == "{" and _is_object("".join(self._said.get(index, ())))


def _is_object(text: str) -> bool:
    try:
        return isinstance(jsontext.read(text), dict)
    except ValueError:
        return False


def _is_typed(kind: str) -> bool:
    return kind.startswith(("response.", "message_", "content_block_")) or kind in ("ping", "error")


def _accumulated(told: Told, wire: Wire, events: list[sse.Event]) -> None:
    """What the codec of the wire makes of the events."""
    accumulator = DIALECTS[wire].accumulator()
    for event in events:
        accumulator.feed(event)
    reply = accumulator.finish()
    told.text, told.reasoning = reply.message.text, reply.message.reasoning or ""
    told.calls = tuple(
        CallTold(index=place, id=call.id, name=call.name, arguments=call.arguments)
        for place, call in enumerate(reply.message.tool_calls)
    )
    if told.done or reply.finish_reason not in (None, "stop", "tool_calls") or wire == "anthropic":
        told.finish = reply.finish_reason
    used = reply.usage
    if used.input_tokens or used.output_tokens:
        told.usage = UsageTold(input=used.input_tokens, output=used.output_tokens, cached=used.cached_tokens)
