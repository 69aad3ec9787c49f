"""Where two requests part: what they share from the beginning of the conversation, and then each difference. Pure.

Only what stands behind the shared beginning is read, so that the thousandth request of a chat costs no more than the
first. What counts for nothing in matching (white space, the order of keys and of tools) is no difference here either.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.body import Body, Link
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Request
from nexdiag.diff.compare import compare
from nexdiag.replay.matching.canonical import CONVERSATIONS, UNORDERED

_BEFORE_IT = ("system", "instructions")
"""Fields that a model reads before it."""
MOST = 1000
"""Differences of two requests that are looked for; what differs more has nothing to do with each other."""

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_entries = msgspec.json.Decoder(list[msgspec.Raw])
_Value = bytes | Link


def differences(recorded: Request, asked: Request, *, shared: int, turn: int | None = None) -> tuple[Difference, ...]:
    """All differences, what a model reads first at the front: address, system prompt, conversation, other fields.

    The first `shared` messages are known to be equal, or to differ in nothing that counts.
    """
    found = itertools.islice(_all(recorded, asked, shared), MOST)
    return tuple(msgspec.structs.replace(one, turn=turn) for one in found)


def counting(found: tuple[Difference, ...], views: tuple[object, object]) -> tuple[Difference, ...]:
    """Those that count: a place that differs in the views too, from which rules have set aside what is volatile.

    All, if none does: what was not found must differ in something.
    """
    return that_count(found, views) or found


def that_count(found: tuple[Difference, ...], views: tuple[object, object]) -> tuple[Difference, ...]:
    """Those that count, which may be none."""
    places = {one.pointer for one in itertools.islice(compare(*views), MOST)}
    return tuple(one for one in found if one.pointer.startswith("(") or _near(one.pointer, places))


def _near(pointer: str, places: set[str]) -> bool:
    """Whether one of the places is this one, is in it, or holds it."""
    return any(f"{one}/".startswith(f"{pointer}/") or f"{pointer}/".startswith(f"{one}/") for one in places)


def shared_messages(one: Request, other: Request) -> int:
    """How many messages from the beginning mean the same."""
    left, right = _conversation(one), _conversation(other)
    common = _common(left, right) if isinstance(left, Link) and isinstance(right, Link) else 0
    rest = zip(_after(left, common), _after(right, common), strict=False)
    equal = itertools.takewhile(lambda pair: pair[0] == pair[1] or _read(pair[0]) == _read(pair[1]), rest)
    return common + sum(1 for _ in equal)


def messages(request: Request) -> int:
    """How many messages it carries."""
    found = _conversation(request)
    return found.depth if isinstance(found, Link) else len(_after(found, 0))


def message(request: Request, place: int) -> Any:  # noqa: ANN401 - any JSON value
    """One of its messages; None where it has none."""
    entry = next(iter(_after(_conversation(request), place)), None) if place >= 0 else None
    return None if entry is None else _read(entry)


def added(request: Request, shared: int) -> list[bytes]:
    """The texts of its messages behind the first `shared`."""
    return _after(_conversation(request), shared)


def differing_fields(recorded: Request, asked: Request) -> frozenset[str]:
    """Names of fields beside the conversation that differ."""
    left, right = (_fields(one.body) or {} for one in (recorded, asked))
    names = [name for name in {**left, **right} if name not in CONVERSATIONS and left.get(name) != right.get(name)]
    return frozenset(name for name in names if any(_field(name, left, right)))


def _all(recorded: Request, asked: Request, shared: int) -> Iterator[Difference]:
    for what in ("method", "path"):
        left, right = str(getattr(recorded, what)), str(getattr(asked, what))
        if left.upper() != right.upper() or (what == "path" and left != right):
            yield Difference(pointer=f"({what})", left=left, right=right)
    before, after = _fields(recorded.body), _fields(asked.body)
    if before is None or after is None:
        yield from compare(_read(recorded.body.join()), _read(asked.body.join()))
        return
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    for name in sorted(names, key=_rank):  # a stable sort: fields stay as they stood
        if name in CONVERSATIONS:
            yield from _entries_of(name, before.get(name), after.get(name), shared)
        else:
            yield from _field(name, before, after)


def _rank(name: str) -> int:
    return 0 if name in _BEFORE_IT else 1 if name in CONVERSATIONS else 2


def _field(name: str, before: dict[str, _Value], after: dict[str, _Value]) -> Iterator[Difference]:
    left, right = ({name: _whole(side[name])} if name in side else {} for side in (before, after))
    if name in UNORDERED and isinstance(left.get(name), list) and isinstance(right.get(name), list):
        right = {name: _in_order_of(left[name], right[name])}
    yield from compare(left, right)


def _in_order_of(left: list[Any], right: list[Any]) -> list[Any]:
    """The right tools in the order of the left ones of the same name: their own order means nothing."""
    places = {_named(tool): place for place, tool in reversed(list(enumerate(left)))}
    return sorted(right, key=lambda tool: places.get(_named(tool), len(left)))


def _named(tool: object) -> str:
    inner = tool.get("function", tool) if isinstance(tool, dict) else tool
    return str(inner.get("name")) if isinstance(inner, dict) else repr(inner)


def _entries_of(name: str, left: _Value | None, right: _Value | None, shared: int) -> Iterator[Difference]:
    """The entries behind the shared ones; pointers count from the beginning."""
    lists = [one is None or isinstance(one, Link) or _list(one) is not None for one in (left, right)]
    if left is None or right is None or not all(lists):
        before, after = ({name: _whole(one)} if one is not None else {} for one in (left, right))
        yield from compare(before, after)
        return
    for one in compare([_read(raw) for raw in _after(left, shared)], [_read(raw) for raw in _after(right, shared)]):
        other = None if one.right_pointer is None else _moved(name, one.right_pointer, shared)
        yield msgspec.structs.replace(one, pointer=_moved(name, one.pointer, shared), right_pointer=other)


def _moved(name: str, pointer: str, shared: int) -> str:
    place, slash, rest = pointer[1:].partition("/")
    return f"/{name}/{int(place) + shared}{slash}{rest}"


def _fields(body: Body) -> dict[str, _Value] | None:
    """The fields by name; None where it is no JSON object that can be read."""
    try:
        if body.raw is None:
            return {msgspec.json.decode(field.key, type=str): field.value for field in body.fields}
        return {key: bytes(value) for key, value in _object.decode(body.raw).items()}
    except (ValueError, RecursionError):
        return None


def _conversation(request: Request) -> _Value | None:
    fields = _fields(request.body) or {}
    return next((fields[name] for name in CONVERSATIONS if name in fields), None)


def _common(left: Link, right: Link) -> int:
    """How many links from the beginning are the same: each stands for all before it."""
    at, other = left.at(right.depth), right.at(left.depth)
    while at is not None and other is not None and at.digest != other.digest:
        at, other = at.before, other.before
    return 0 if at is None or other is None else at.depth


def _after(value: _Value | None, shared: int) -> list[bytes]:
    """The texts of the entries behind the first `shared`."""
    if not isinstance(value, Link):
        return (_list(value) or [])[shared:] if value is not None else []
    texts: list[bytes] = []
    link: Link | None = value
    while link is not None and link.depth > shared:
        texts.append(link.raw)
        link = link.before
    texts.reverse()
    return texts


def _list(value: bytes) -> list[bytes] | None:
    try:
        return [bytes(entry) for entry in _entries.decode(value)]
    except (ValueError, RecursionError):
        return None


def _whole(value: _Value) -> Any:  # noqa: ANN401 - any JSON value
    return [_read(raw) for raw in _after(value, 0)] if isinstance(value, Link) else _read(value)


def _read(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The value; the text itself where it is no JSON."""
    try:
        return jsontext.read(text)
    except ValueError:
        return text.decode(errors="replace")
