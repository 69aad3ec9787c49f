"""What each request adds to what was sent before it: new messages, and parameters that are other than before.

Law: one walk over the new links of a request, so that a chat of n turns costs n.
"""

from collections.abc import Iterable, Iterator

import msgspec

from nexdiag.core.body import Body, Link
from nexdiag.core.exchange import Exchange
from nexdiag.report.cassette.entry import block, compact, flat
from nexdiag.report.messages import last_message, parsed, text_of

_CONVERSATION = ("messages", "input")
_Value = bytes | Link
_Place = tuple[str, str, bool]
"""What a request is compared with: its session, its path, and whether it belongs to no turn, as side requests do."""


class Adding(msgspec.Struct, frozen=True, kw_only=True):
    """One request against those before it."""

    exchange: Exchange
    messages: int = 0
    """How many messages it sends."""
    kept: int = 0
    """How many of them, from the first on, an earlier request of the recording had sent in this order."""
    before: int = 0
    """How many messages the request before it sent: the one in its session, on its path."""
    added: tuple[Link, ...] = ()
    """The messages that are new."""
    parameters: tuple[str, ...] = ()
    """Lines: the fields of the body that are new or other than before in its session and on its path."""


def addings(exchanges: Iterable[Exchange]) -> dict[int, Adding]:
    """For each exchange, by its number, what it adds. They come in the order in which they were sent."""
    seen: set[bytes] = set()
    lengths: dict[_Place, int] = {}
    fields: dict[_Place, dict[str, _Value]] = {}
    told: dict[int, Adding] = {}
    for exchange in exchanges:
        body = exchange.request.body
        last = last_message(body)
        new = _new(last, seen)
        now = parameters(body, conversation=last)
        place = exchange.session, exchange.request.path, exchange.turn is None
        told[exchange.id] = Adding(
            exchange=exchange,
            messages=last.depth if last else 0,
            kept=(last.depth if last else 0) - len(new),
            before=lengths.get(place, 0),
            added=tuple(new),
            parameters=tuple(_changes(fields.get(place, {}), now)),
        )
        fields[place] = now
        if last is not None:
            lengths[place] = last.depth
    return told


def _new(last: Link | None, seen: set[bytes]) -> list[Link]:
    """The links that no request had before, first one first; they are seen from now on."""
    new: list[Link] = []
    link = last
    while link is not None and link.digest not in seen:
        new.append(link)
        seen.add(link.digest)
        link = link.before
    new.reverse()
    return new


def parameters(body: Body, *, conversation: Link | None) -> dict[str, _Value]:
    """The fields of a body but its conversation; none for a body that is no JSON object."""
    if body.raw is None:
        fields: dict[str, _Value] = {_name(field.key): field.value for field in body.fields}
    else:
        try:
            raws = msgspec.json.decode(body.raw, type=dict[str, msgspec.Raw])
        except (ValueError, RecursionError):
            return {}
        fields = {key: bytes(value) for key, value in raws.items()}
    spoken = next((key for key in _CONVERSATION if key in fields), None) if conversation is not None else None
    return {key: value for key, value in fields.items() if key != spoken}


def parameter_lines(key: str, value: _Value) -> list[str]:
    """A field of a body: lists of objects an entry a line, long texts as text."""
    name = flat(key)
    if isinstance(value, Link):
        return [f"{name} = {value.depth} entries", *(f"  {_entry(link.raw)}" for link in value.chain())]
    read = parsed(value)
    if isinstance(read, str) and "\n" in read:
        return [f"{name} =", *block(read)]
    return [f"{name} = {_entry(value)}"]


def _changes(before: dict[str, _Value], now: dict[str, _Value]) -> Iterator[str]:
    for key, value in now.items():
        old = before.get(key)
        if old is None:
            yield from parameter_lines(key, value)
        elif isinstance(old, Link) and isinstance(value, Link):
            yield from _entries(key, old, value)
        elif isinstance(old, Link) or isinstance(value, Link) or old != value:
            yield from parameter_lines(key, value)
    for key in before:
        if key not in now:
            yield f"{flat(key)} is gone"


def _entries(key: str, old: Link, new: Link) -> Iterator[str]:
    """A list of objects that changed: the entries that came and went."""
    if old.digest == new.digest:
        return
    had, has = {link.raw for link in old.chain()}, {link.raw for link in new.chain()}
    yield f"{flat(key)} = {new.depth} entries"
    yield from (f"  gone {_entry(link.raw)}" for link in old.chain() if link.raw not in has)
    yield from (f"  new {_entry(link.raw)}" for link in new.chain() if link.raw not in had)


def _entry(raw: bytes) -> str:
    """A JSON text as it stood on the wire, on one line, whole."""
    return flat(text_of(raw))


def _name(key: bytes) -> str:
    name = parsed(key)
    return name if isinstance(name, str) else compact(text_of(key))
