"""OpenAI Responses streams: server-sent events ⇄ Reply."""

from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.codec import jsontext, sse
from nexdiag.codec.chat import Delta, StreamError
from nexdiag.codec.lenient import fields, objects, pieces, read, words
from nexdiag.codec.responses.growing import Growing
from nexdiag.codec.responses.item import assistant_message, thought_of
from nexdiag.codec.responses.reply import reply_items, reply_of, response_value
from nexdiag.core.message import Reply

_SHOWN = 200
"""Characters that are kept of data that is no event of this wire."""
_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
_GROWS = {
    "response.output_text.delta": ("message", "text"),
    "response.refusal.delta": ("message", "text"),
    "response.function_call_arguments.delta": ("function_call", "tool"),
    "response.reasoning_text.delta": ("reasoning", "reasoning"),
    "response.reasoning_summary_text.delta": ("reasoning", "reasoning"),
}
"""What each delta carries: the type of its item, and the kind of our delta."""
_REPEATS = {
    "response.output_text.done": ("response.output_text.delta", "text"),
    "response.function_call_arguments.done": ("response.function_call_arguments.delta", "arguments"),
}
"""Events that tell again what deltas told, and their field: some gateways send them in place of the deltas."""


class Accumulator:
    """Puts a streamed reply together. Never raises, whatever the events hold."""

    def __init__(self) -> None:
        """Start before the first event."""
        self.malformed: list[str] = []
        """The beginning of each event's data that was none of this wire."""
        self.error: StreamError | None = None
        self.done = False
        """Whether the event came that tells the response whole, or failed."""
        self.conflict: str | None = None
        """How the events contradicted each other about a call; such a reply is never complete."""
        self._items: list[Growing] = []
        self._by_name: dict[int | str, Growing] = {}
        self._calls = 0
        self._spoke = False
        self._response: dict[str, Any] = {}
        self._number: int | None = None
        self._counts = False
        """Whether the server numbers its events: some write the same number, or none, on all of them."""
        self._last = ""

    def feed(self, event: sse.Event) -> list[Delta]:
        """Take one event; give what it added. After the last event of the response nothing counts."""
        if self.done:
            return []
        if event.data.strip() == "[DONE]":  # no word of this wire, but gateways send it
            self.done = True
            return []
        try:
            value = read(event.data, halves=True)  # half an emoji may come in each of two deltas
        except ValueError:
            value = None
        if self._came_before(fields(value).get("sequence_number"), event.data):
            return []
        # What cannot be read means nothing, whatever the event is called: a torn `response.completed` is no end.
        kind = words(fields(value).get("type")) or (event.event if isinstance(value, dict) else "")
        if kind == "error" or event.event == "error" or fields(value).get("error"):
            self._fail(fields(value).get("error") or value, event.data)
        elif not kind.startswith("response."):
            self.malformed.append(event.data[:_SHOWN])
        deltas = self._take(kind, fields(value))
        self._spoke = self._spoke or any(delta.kind == "text" for delta in deltas)
        return deltas

    def _came_before(self, number: object, data: str) -> bool:
        """Whether the event is the last one once more: the same to the letter, and its number too."""
        if type(number) is not int:
            return False
        if self._counts and number == self._number and data == self._last:
            return True
        self._counts = self._counts or (self._number is not None and number == self._number + 1)
        self._number, self._last = number, data
        return False

    def finish(self) -> Reply:
        """Give the reply as far as it came."""
        output = objects(self._response.get("output")) if self.done else []
        if len(output) < len(self._items):  # it tells less than was told; some leave it empty
            output = [item.told() for item in self._items]
        elif len(output) == len(self._items):
            output = [item.last(other) for item, other in zip(self._items, output, strict=True)]
        message = assistant_message(output)
        reply = reply_of(self._response if self.done else {**self._response, "status": "in_progress"}, message)
        if reply.complete and self.error is None and self.conflict is None:
            return reply
        # What was cut short never goes back as it came: an item may lack its end.
        return msgspec.structs.replace(reply, message=msgspec.structs.replace(message, extra={}), complete=False)

    def _take(self, kind: str, value: dict[str, Any]) -> list[Delta]:
        """What this event adds. Those that repeat what was told, and those to come, add nothing."""
        if kind in _GROWS or kind in _REPEATS:
            return self._grow(kind, value) if kind in _GROWS else self._repeat(kind, value)
        if kind == "response.output_item.added":
            return self._open(value, fields(value.get("item")))
        if kind == "response.output_item.done":
            return self._close(value, fields(value.get("item")))
        if kind == "response.reasoning_summary_part.added" and value.get("summary_index"):
            return self._grow("response.reasoning_summary_text.delta", {**value, "delta": "\n\n"})
        if kind in _ENDS:
            return self._end(kind, fields(value.get("response")))
        if kind == "response.created":
            response = fields(value.get("response"))
            head = {name: words(response.get(name)) for name in ("id", "model") if response.get(name)}
            self._response = {**head, **self._response}
        return []

    def _end(self, kind: str, response: dict[str, Any]) -> list[Delta]:
        """Take the last event; give the text of a response that nothing told before."""
        self.done = True
        self._response = {**self._response, **jsontext.mended(response)}
        self._response.setdefault("status", kind.removeprefix("response."))
        if response.get("error") or kind == "response.failed":
            self._fail(response.get("error"), "the response failed")
        text = "" if self._spoke else assistant_message(response.get("output")).text
        return [Delta(kind="text", text=text)] if text else []

    def _fail(self, error: object, otherwise: str) -> None:
        if self.error is None:
            code, told = fields(error).get("code"), words(fields(error).get("type"))
            self.error = StreamError(
                message=words(fields(error).get("message")) or words(error) or otherwise,
                code=str(code) if isinstance(code, str | int) and code else None,
                type=told if told != "error" and told else None,
            )

    def _open(self, value: dict[str, Any], item: dict[str, Any]) -> list[Delta]:
        opened = Growing(jsontext.mended(item), None)
        self._items.append(opened)
        for name in (value.get("output_index"), item.get("id")):
            if isinstance(name, str) or type(name) is int:
                self._by_name[name] = opened
        if item.get("type") != "function_call":
            return []
        opened.place, self._calls = self._calls, self._calls + 1
        return [Delta(kind="tool", text="", index=opened.place, name=words(item.get("name")) or None)]

    def _find(self, value: dict[str, Any], item_id: object) -> Growing | None:
        """The item of an event: by its place, which llama.cpp does not tell, or its id, which some gateways change."""
        for name in (value.get("output_index"), item_id):
            if (isinstance(name, str) or type(name) is int) and name in self._by_name:
                return self._by_name[name]
        return None

    def _grow(self, kind: str, value: dict[str, Any]) -> list[Delta]:
        owner, ours = _GROWS[kind]
        item = self._find(value, value.get("item_id"))
        text = value.get("delta")
        if not isinstance(text, str) or not text:
            return []
        if item is None:  # nobody announced it
            self._open(value, {"type": owner, "id": value.get("item_id")})
            item = self._items[-1]
        item.grow(text)
        text = jsontext.mend(text)
        if ours != "tool":
            return [Delta(kind=ours, text=text)]
        return [] if item.place is None else [Delta(kind="tool", text=text, index=item.place, name=item.name or None)]

    def _repeat(self, kind: str, value: dict[str, Any]) -> list[Delta]:
        item, (same, name) = self._find(value, value.get("item_id")), _REPEATS[kind]
        if item is not None and not item.spoke:
            return self._grow(same, {**value, "delta": value.get(name)})
        if item is not None:
            item.repeat(words(value.get(name)))
        return []

    def _close(self, value: dict[str, Any], item: dict[str, Any]) -> list[Delta]:
        """Take an item that is told whole; give what of it no delta told."""
        opened = self._find(value, item.get("id"))
        deltas: list[Delta] = []
        if opened is None:
            deltas = self._open(value, item)
            opened = self._items[-1]
        told, before, after = opened.spoke, opened.name, words(item.get("name"))
        if before and after and before != after:
            self.conflict = self.conflict or f"a tool call changed its name from {before!r} to {after!r}"
        if item:
            opened.close(jsontext.mended(item))
        if told:
            return deltas
        message = assistant_message([opened.value])
        deltas += [Delta(kind="reasoning", text=text) for text in [thought_of(opened.value)] if text]
        if message.tool_calls and message.tool_calls[0].arguments:
            call = message.tool_calls[0]
            deltas.append(Delta(kind="tool", text=call.arguments, index=opened.place, name=call.name or None))
        return [*deltas, Delta(kind="text", text=message.text)] if message.text else deltas


def encode_stream(reply: Reply, *, created: int) -> Iterator[bytes]:
    """Write the events of a streamed reply, one piece of bytes each.

    An incomplete reply is given no end, so that it reads as incomplete again.
    """
    output = reply_items(reply)
    begun = response_value(reply, created=created, output=[], status="in_progress")
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    for index, item in enumerate(output):
        events += _item_events(index, item, ended=reply.complete)
    if reply.complete:
        response = response_value(reply, created=created, output=output)
        events.append({"type": f"response.{response['status']}", "response": response})
    for number, value in enumerate(events):
        kind, rest = value["type"], {key: entry for key, entry in value.items() if key != "type"}
        data = jsontext.write({"type": kind, "sequence_number": number, **rest}).decode()
        yield sse.encode(sse.Event(event=kind, data=data))


def _item_events(index: int, item: dict[str, Any], *, ended: bool) -> Iterator[dict[str, Any]]:
    """The announcement of an item, its growth, and the item whole."""
    place = {"output_index": index, "item_id": item.get("id")}
    added = {**item, "status": "in_progress"}
    grown: list[tuple[str, str]] = []
    if item.get("type") == "message":
        added["content"] = []
        grown = [("response.output_text.delta", piece) for piece in pieces(assistant_message([item]).text)]
    elif item.get("type") == "function_call":
        added["arguments"] = ""
        grown = [("response.function_call_arguments.delta", piece) for piece in pieces(words(item.get("arguments")))]
    elif item.get("type") == "reasoning":
        added = {**item, "summary": [], "content": []}
        grown = [("response.reasoning_summary_text.delta", piece) for piece in pieces(thought_of(item))]
    yield {"type": "response.output_item.added", "output_index": index, "item": added}
    for kind, piece in grown:
        yield {"type": kind, **place, "content_index": 0, "delta": piece}
    if ended:
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
