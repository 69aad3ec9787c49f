"""The shape of two streams: kinds of events in their order, how many, the fields in them, how they ended. Pure."""

from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.encodings import response_text
from nexdiag.codec.sse import Event, Parser
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange, Response
from nexdiag.diff.aside import is_volatile
from nexdiag.diff.compare import compare
from nexdiag.diff.reading import Reading, fact, made

_MOST_EVENTS = 20
"""Events of which it is told what differs in them."""
_DEEPEST = 8
"""Levels of an event whose fields are looked at."""
_SAYING = ("content", "reasoning_content", "reasoning", "tool_calls", "refusal", "function_call")


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream looks like, whatever it says."""

    kinds: tuple[str, ...]
    """Kinds of events in their order, equal neighbours as one."""
    values: tuple[Any, ...]
    """What each event says, as JSON; text where it is none."""
    fields: frozenset[str]
    torn: bool
    mangled: bool


def shape_of(response: Response) -> Shape:
    """The shape of a streamed response."""
    parser = Parser()
    events = parser.feed(response_text(response)) + parser.close()
    values = tuple(_value(one) for one in events)
    kinds = tuple(kind for kind, _ in groupby(map(_kind, events, values)))
    fields = frozenset(path for value in values for path in _paths(value, ""))
    return Shape(kinds=kinds, values=values, fields=fields, torn=parser.torn, mangled=parser.mangled)


def compare_streams(left: Exchange, right: Exchange, reading: Reading) -> Iterator[Difference]:
    """All differences of two streams; nothing where one of them is none."""
    yield from (one for one in _all(left, right, reading) if not reading.asides.takes(one))


def _all(left: Exchange, right: Exchange, reading: Reading) -> Iterator[Difference]:
    here, there = left.response, right.response
    if here is None or there is None or not here.streamed or not there.streamed:
        return
    live, counts = reading.live, (len(here.chunks), len(there.chunks))
    if here.body != there.body:
        one, other = shape_of(here), shape_of(there)
        yield from _shapes(one, other, reading)
        if len(one.values) != len(other.values):
            yield fact("stream", "(events)", len(one.values), len(other.values), quiet=live)
            return
        if one.kinds == other.kinds:
            yield from _events(one, other, reading)
    if counts[0] != counts[1]:
        yield fact("stream", "(chunks)", *counts, quiet=live)


def _shapes(one: Shape, other: Shape, reading: Reading) -> Iterator[Difference]:
    """Kinds, else fields; and whether the stream broke off within an event."""
    if one.kinds != other.kinds:
        yield fact("stream", "(kinds)", list(one.kinds), list(other.kinds))
    else:
        for path in sorted(one.fields ^ other.fields):
            gone = path in one.fields
            yield fact("stream", f"(fields){path}", path if gone else None, None if gone else path, quiet=reading.live)
    for name, mine, yours in (("torn", one.torn, other.torn), ("mangled", one.mangled, other.mangled)):
        if mine != yours:
            yield fact("stream", f"({name})", mine, yours)


def _events(left: Shape, right: Shape, reading: Reading) -> Iterator[Difference]:
    """What single events differ in, but for what they say: that is told of the answer as a whole."""
    told = 0
    for place, (mine, yours) in enumerate(zip(left.values, right.values, strict=True)):
        if mine == yours or told >= _MOST_EVENTS:
            continue
        new = False
        for one in islice(compare(mine, yours, f"(events)/{place}"), _MOST_EVENTS):
            if is_volatile(one.pointer):
                reading.asides.add("response", one.pointer, one.left, one.right)
            elif not reading.live and not _is_said(one.pointer):
                new = True
                yield made("stream", one)
        told += new


_SAID = frozenset(
    {"content", "text", "delta", "arguments", "usage", "model", "output", "response", "part", "item", "partial_json"}
) | frozenset(_SAYING)


def _is_said(pointer: str) -> bool:
    """Whether the place holds what the reply is made of."""
    return not _SAID.isdisjoint(pointer.split("/")) or pointer.endswith(("/finish_reason", "/stop_reason", "/status"))


def _value(event: Event) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return jsontext.read(event.data)
    except (ValueError, RecursionError):
        return event.data


def _kind(event: Event, value: object) -> str:
    """What an event is: its name, `[DONE]`, or what it adds to the answer."""
    if event.event != "message":
        return event.event
    if not isinstance(value, dict):
        return event.data.strip() if len(event.data) <= len("[DONE]") + 2 else "text"
    named = value.get("type")
    if isinstance(named, str):
        return named
    if value.get("error"):
        return "error"
    choices = value.get("choices")
    first = _object(choices[0]) if isinstance(choices, list) and choices else {}
    delta = _object(first.get("delta"))
    said = [name for name in _SAYING if delta.get(name)]
    if first.get("finish_reason"):
        said.append("finish")
    if value.get("usage"):
        said.append("usage")
    if first.get("index"):
        said.append(f"index {first['index']}")
    return "+".join(said) or ("role" if delta.get("role") else "empty")


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _paths(value: object, path: str, depth: int = 0) -> Iterator[str]:
    """The fields of an event, by their places; `*` for any entry. What is inside of what is said has none."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, one in value.items():
            where = f"{path}/{key}"
            if not is_volatile(where):
                yield where
                yield from _paths(one, where, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _paths(one, f"{path}/*", depth + 1)
