"""Could a client have seen that an answer is not the one that was sent? Pure: it judges bytes, by the wire's own rules.

It could if the stream is not well formed, lacks its end, or holds what the wire gives to check it by: numbers of its
events, texts that are said again whole, blocks that are opened and closed. Chat completions give nothing of the kind.
The codecs of our executor have no part in it: what they overlook is not for that reason unseen.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_DONE = b"[DONE]"


def could_be_seen(body: bytes, *, streamed: bool) -> bool:
    """Whether a body shows by itself that something is wrong with it."""
    if not streamed:
        return _json(body) is None
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    events = list(_events(body))
    told = [event for event in events if isinstance(event, Mapping)]
    if len(told) + events.count(_DONE) != len(events):
        return True
    kinds = [str(event.get("type", "")) for event in told]
    if any(kind.startswith("response.") for kind in kinds):
        return not _response(told, kinds)
    if "message_start" in kinds or "message_stop" in kinds:
        return not _blocks(told, kinds)
    return not _chat(told, done=_DONE in events[-1:])


def _events(body: bytes) -> Iterator[object]:
    """The data of each event, decoded; None where it is no JSON."""
    text = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for block in text.split(b"\n\n"):
        lines = [line for line in block.split(b"\n") if line and not line.startswith(b":")]
        data = [line.removeprefix(b"data:").removeprefix(b" ") for line in lines if line.startswith(b"data:")]
        if any(line.partition(b":")[0] not in (b"data", b"event", b"id", b"retry") for line in lines):
            yield None
        elif data:
            joined = b"\n".join(data)
            yield _DONE if joined == _DONE else _json(joined)


def _json(raw: bytes) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None


def _response(told: list[Mapping[str, Any]], kinds: list[str]) -> bool:
    """Whether a Responses stream ends, and its numbers follow each other; else its texts, as some do not number."""
    if "response.completed" not in kinds:
        return False
    numbers = [event["sequence_number"] for event in told if isinstance(event.get("sequence_number"), int)]
    if numbers:
        return numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    deltas: dict[object, str] = {}
    for event in told:
        place = (event.get("item_id"), event.get("output_index"), event.get("content_index"))
        kind = event.get("type")
        if kind == "response.output_text.delta":
            deltas[place] = deltas.get(place, "") + str(event.get("delta"))
        elif kind == "response.output_text.done" and deltas.get(place, "") != event.get("text"):
            return False
    return True


def _blocks(told: list[Mapping[str, Any]], kinds: list[str]) -> bool:
    """Whether a Messages stream begins and ends once, and its blocks are opened, filled and closed in order."""
    if kinds.count("message_start") != 1 or kinds.count("message_stop") != 1 or kinds[-1] != "message_stop":
        return False
    if "message_delta" not in kinds:
        return False
    opened: set[object] = set()
    seen: set[object] = set()
    for event, kind in zip(told, kinds, strict=True):
        index = event.get("index")
        if kind == "content_block_start":
            if index in seen:
                return False
            opened.add(index)
            seen.add(index)
        elif kind == "content_block_delta" and index not in opened:
            return False
        elif kind == "content_block_stop":
            if index not in opened:
                return False
            opened.remove(index)
    return not opened and seen == set(range(len(seen)))


def _chat(told: list[Mapping[str, Any]], *, done: bool) -> bool:
    """Whether a stream of chat completions says how it ends, once and behind everything, and its calls can be read."""
    finished = False
    arguments: dict[object, str] = {}
    for choice in (choice for event in told for choice in event.get("choices") or ()):
        if not isinstance(choice, Mapping):
            return False
        delta = choice.get("delta")
        said = delta if isinstance(delta, Mapping) else {}
        if finished and (said.get("content") or said.get("tool_calls")):
            return False
        for call in said.get("tool_calls") or ():
            function = call.get("function") or {}
            text = arguments.get(call.get("index"), "") + str(function.get("arguments") or "")
            arguments[call.get("index")] = text
        finished = finished or choice.get("finish_reason") is not None
    failed = any(event.get("error") is not None for event in told)
    readable = all(_json(text.encode()) is not None for text in arguments.values() if text)
    return done and finished and not failed and readable
