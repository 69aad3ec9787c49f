"""Which later requests differ only because an earlier one did: they are counted, not told one by one. Pure.

A request is a consequence of a divergence if it carries the message that changed, goes on from the request that was
answered 599, or is of the same conversation after it. It differs by itself only in what it adds: a message that no
recording knows, or a field that did not differ before.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.body import Link
from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.matching.canonical import CONVERSATIONS, meaning
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.replaying.verdict import compared
from nexdiag.runner.replaying.verdict.divergence import nearest_of


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """A request that had no recording, and where it belongs."""

    place: int
    """Among the requests of the replay, from 0."""
    miss: Miss
    turn: int | None = None
    session: str | None = None
    """The conversation, where it is known; None: it is told by what the request carries."""
    due: Exchange | None = None
    """The recording that stood there, where it is known."""
    how: str = ""
    """For one that was answered all the same, by a looser way of matching: which."""


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """A divergence of its own, and what it brought about."""

    missed: Missed
    consequences: tuple[int, ...] = ()
    """Places of the requests that differ only because this one did."""
    own: tuple[int, ...] = ()
    """Places of the later requests of this conversation that differ by themselves too."""


def roots(missed: Iterable[Missed], recorded: Sequence[Exchange]) -> tuple[Root, ...]:
    """The first divergence of each conversation, each with what followed from it; in the order in which they came."""
    firsts: list[Missed] = []
    after: dict[int, list[int]] = defaultdict(list)
    own: dict[int, list[int]] = defaultdict(list)
    lasts: dict[int, Missed] = {}
    known: frozenset[bytes] | None = None
    for one in missed:
        first = next((root for root in firsts if _follows(one, root)), None)
        if first is None:
            firsts.append(one)
            continue
        if known is None:
            known = frozenset(_texts(exchange.request for exchange in recorded))
        last = lasts.get(first.place, first)
        (own if _differs_itself(one, first, last, known) else after)[first.place].append(one.place)
        lasts[first.place] = one
    return tuple(Root(missed=one, consequences=tuple(after[one.place]), own=tuple(own[one.place])) for one in firsts)


def _follows(one: Missed, root: Missed) -> bool:
    if one.session is not None and root.session is not None:
        return one.session == root.session
    before, after = root.miss.request, one.miss.request
    if before.path != after.path:
        return False
    _, shared = nearest_of(root.miss, root.due)
    sent = compared.messages(before)
    return shared < sent <= compared.messages(after) and compared.shared_messages(before, after) > shared


def _differs_itself(one: Missed, root: Missed, last: Missed, known: frozenset[bytes]) -> bool:
    """Whether something differs in what it adds to the request that diverged, or to the last one after that."""
    nearest, _ = nearest_of(one.miss, one.due)
    rooted, _ = nearest_of(root.miss, root.due)
    if nearest is not None and rooted is not None:
        fields = compared.differing_fields(nearest.request, one.miss.request)
        if fields - compared.differing_fields(rooted.request, root.miss.request):
            return True
    asked = one.miss.request
    carried = [
        compared.messages(base)
        for base in (last.miss.request, root.miss.request)
        if compared.shared_messages(base, asked) >= compared.messages(base)
    ]
    new = compared.added(asked, carried[0] if carried else max(compared.messages(asked) - 1, 0))
    return any(_strange(text, known) for text in new)


def _strange(text: bytes, known: frozenset[bytes]) -> bool:
    """Whether no recording has this message. A model's own is never strange, nor one that was joined."""
    value = _value(text)
    if isinstance(value, dict) and value.get("role") == "assistant":
        return False
    if meaning(text) in known:
        return False
    said = _said(value)
    return not said or not any(part.strip() and part.strip().encode() in known for part in said.split("\n\n"))


def _texts(requests: Iterable[Request]) -> Iterable[bytes]:
    """Each message of these requests once, as its meaning and as what was said in it."""
    seen: set[Link] = set()
    for request in requests:
        for field, last in request.body.links():
            link: Link | None = last if field.key.strip(b'"').decode() in CONVERSATIONS else None
            while link is not None and link not in seen:
                seen.add(link)
                yield from _both(link.raw)
                link = link.before
        if request.body.raw is not None:
            for text in compared.added(request, 0):
                yield from _both(text)


def _both(text: bytes) -> Iterable[bytes]:
    yield meaning(text)
    for part in _said(_value(text)).split("\n\n"):
        yield part.strip().encode("utf-8", "replace")


def _said(value: object) -> str:
    content = value.get("content") if isinstance(value, dict) else None
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "\n\n".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _value(text: bytes) -> object:
    try:
        return jsontext.read(text)
    except ValueError:
        return None
