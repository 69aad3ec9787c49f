"""Which recorded exchange answers a request. Pure: requests in, exchanges out.

A request is found by its method, its path and what its body means (`replay.canonical`). A miss is told with the
recording that is nearest: the one that shares the longest beginning of the conversation.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator

import msgspec

from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.canonical import Canonical, Digest, Node


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """The recorded exchange that answers a request."""

    exchange: Exchange
    how: str = "same"
    """As `core.replayed.Pair.how` has it."""
    aside: tuple[str, ...] = ()
    """The rules by which something volatile was set aside."""


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """A request without a recording, and the recording that is nearest to it."""

    request: Request
    nearest: Exchange | None
    """One that was not played yet, if there is one."""
    shared: int
    """How many messages from the beginning are equal in both."""
    used: bool = False
    """The nearest is equal, but has already been played."""
    ambiguous: tuple[Exchange, ...] = ()
    """Different recordings that fit equally well: to take one of them would be a guess."""


class Matcher:
    """Pairs requests with exchanges, one to one; equal requests are answered in the order recorded."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        """Index the recording."""
        self._canonical = Canonical()
        self._exchanges = sorted(exchanges, key=lambda exchange: exchange.id)
        self._unplayed = dict.fromkeys(range(len(self._exchanges)))
        """Places in the recording, in order."""
        self._waiting: dict[Digest, deque[int]] = defaultdict(deque)
        self._known: dict[Digest, int] = {}
        self._keys: list[Digest] = []
        self._places = {exchange.id: place for place, exchange in enumerate(self._exchanges)}
        for place, exchange in enumerate(self._exchanges):
            reading = self._canonical.read(exchange.request)
            self._waiting[reading.key].append(place)
            self._known[reading.key] = place
            self._keys.append(reading.key)
            if reading.conversation is not None:
                _record(reading.conversation, place)

    def __len__(self) -> int:
        """How many exchanges were recorded."""
        return len(self._exchanges)

    def exchange(self, number: int) -> Exchange:
        """The recorded exchange with this id."""
        return self._exchanges[self._places[number]]

    def find(self, request: Request, *, now: float | None = None) -> Match | Miss:
        """The exchange that answers `request`; else the nearest one. `now` is the unix time at which it was asked."""
        del now  # volatile dates are not set aside yet
        reading = self._canonical.read(request)
        waiting = self._waiting.get(reading.key)
        if waiting:
            return Match(exchange=self._exchanges[waiting[0]])
        node = reading.conversation
        if reading.key in self._known:
            nearest = self._exchanges[self._known[reading.key]]
            return Miss(request=request, nearest=nearest, shared=node.depth if node is not None else 0, used=True)
        while node is not None and node.first is None:
            node = node.before
        return Miss(request=request, nearest=self._nearest(node), shared=node.depth if node is not None else 0)

    def spend(self, match: Match, *, keep: bool = False) -> bool:
        """The exchange was used: it answers no other request, unless it is to be kept. Whether it was used before."""
        place = self._places[match.exchange.id]
        before = place not in self._unplayed
        self._unplayed.pop(place, None)
        if not keep:
            self._waiting[self._keys[place]].remove(place)
        return before

    def unplayed(self) -> tuple[Exchange, ...]:
        """Exchanges that no request has asked for, in the order recorded."""
        return tuple(self._exchanges[place] for place in self._unplayed)

    def _nearest(self, node: Node | None) -> Exchange | None:
        """The first unplayed exchange that goes on from this list, the one that was probably meant; else a played one.

        For an empty list it is the first unplayed one of all.
        """
        if node is None or node.depth == 0:
            place = next(iter(self._unplayed), None)
        else:
            place = next(self._going_on(node), node.first)
        return None if place is None else self._exchanges[place]

    def _going_on(self, node: Node) -> Iterator[int]:
        waiting = [node]
        while waiting:
            at = waiting.pop()
            yield from (place for place in at.exchanges if place in self._unplayed)
            waiting += reversed(at.next)


def _record(node: Node | None, place: int) -> None:
    """A recorded conversation is this list: mark it, and every list that it begins with."""
    assert node is not None
    node.exchanges.append(place)
    while node is not None and node.first is None:
        node.first = place
        if node.before is not None:
            node.before.next.append(node)
        node = node.before
