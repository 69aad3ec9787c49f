"""Two runs of the same program → in which fields their requests differ. Pure.

Requests are put side by side by what they mean, then by their address and the length of their conversation, then by
their order: calls that were made at the same time may come in any.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from nexdiag.core.exchange import Request
from nexdiag.diff.compare import compare
from nexdiag.replay.matching.canonical import Canonical

PATH = "(path)"
REQUESTS = "(requests)"
_PLACE = re.compile(r"/\d+(?=/|$)")
_DEEPEST = 100

Pair = tuple[Request | None, Request | None]


class Contrast(msgspec.Struct, frozen=True, kw_only=True):
    """One field that differs between a request and its counterpart."""

    pointer: str
    """With `*` for places in lists; `(path)` for the address, `(requests)` where one has no counterpart."""
    left: Any
    right: Any
    kind: str = "changed"
    """As `core.difference.Difference` has it; `order` for a list that holds the same entries in another order."""
    at: str = ""
    """The pointer without stars, in the left request."""
    pair: Pair = (None, None)


def contrasts(first: Sequence[Request], other: Sequence[Request]) -> Iterator[Contrast]:
    """All fields that differ between two runs."""
    for left, right in aligned(first, other):
        if left is None or right is None:
            yield Contrast(pointer=REQUESTS, left=address_of(left), right=address_of(right), pair=(left, right))
            continue
        if left.path != right.path:
            yield Contrast(pointer=PATH, left=left.path, right=right.path, pair=(left, right))
        for one in _within(value_of(left), value_of(right)):
            yield msgspec.structs.replace(one, pair=(left, right))


def aligned(first: Sequence[Request], other: Sequence[Request]) -> list[Pair]:
    """Each request of the first run with its counterpart; None where there is none."""
    reading = Canonical()
    partner: dict[int, int] = {}
    free = dict.fromkeys(range(len(other)))
    for key in (_meaning(reading), _shape(reading), address_of):
        places: dict[object, list[int]] = {}
        for place in free:
            places.setdefault(key(other[place]), []).append(place)
        for at, request in enumerate(first):
            waiting = places.get(key(request)) if at not in partner else None
            if waiting:
                partner[at] = waiting.pop(0)
                del free[partner[at]]
    pairs: list[Pair] = [(request, other[partner[at]] if at in partner else None) for at, request in enumerate(first)]
    return pairs + [(None, other[place]) for place in free]


def _meaning(reading: Canonical) -> Callable[[Request], object]:
    return lambda request: reading.read(request).key


def _shape(reading: Canonical) -> Callable[[Request], object]:
    def shape(request: Request) -> object:
        node = reading.read(request).conversation
        return address_of(request), node.depth if node is not None else 0

    return shape


def address_of(request: Request | None) -> str | None:
    """Method and path, without the query."""
    return None if request is None else f"{request.method.upper()} {request.path.partition('?')[0]}"


def value_of(request: Request) -> Any:  # noqa: ANN401 - any JSON value
    """The body as JSON, or as text where it is none."""
    raw = request.body.join()
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return raw.decode(errors="replace")


def _within(left: Any, right: Any) -> Iterator[Contrast]:  # noqa: ANN401 - any JSON value
    found: list[Contrast] = []
    left, right = _in_one_order(left, right, "", found, 0)
    yield from found
    for one in compare(left, right):
        yield Contrast(pointer=starred(one.pointer), left=one.left, right=one.right, kind=one.kind, at=one.pointer)


def starred(pointer: str) -> str:
    """The pointer with `*` for places in lists."""
    return _PLACE.sub("/*", pointer)


def _in_one_order(left: Any, right: Any, pointer: str, found: list[Contrast], depth: int) -> tuple[Any, Any]:  # noqa: ANN401 - any JSON value
    """Both values, with lists that differ by their order alone in the order of the left; `found` hears of each."""
    if depth > _DEEPEST or left == right:
        return left, right
    if isinstance(left, dict) and isinstance(right, dict):
        both = {
            key: _in_one_order(left[key], right[key], f"{pointer}/{_escaped(key)}", found, depth + 1)
            for key in left.keys() & right.keys()
        }
        return left, right | {key: pair[1] for key, pair in both.items()}
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        if sorted(map(_text, left)) == sorted(map(_text, right)):
            found.append(Contrast(pointer=starred(pointer), left=left, right=right, kind="order", at=pointer))
            return left, left
        both_lists = [
            _in_one_order(one, two, f"{pointer}/{at}", found, depth + 1)
            for at, (one, two) in enumerate(zip(left, right, strict=True))
        ]
        return left, [two for _, two in both_lists]
    return left, right


def _text(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    try:
        return msgspec.json.encode(value, order="deterministic")
    except (UnicodeEncodeError, RecursionError):
        return ascii(value).encode()


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
