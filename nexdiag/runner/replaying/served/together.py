"""Several recordings served as one: their exchanges get numbers of their own, and are led back afterwards. Pure.

Requests are matched over all of them, so that two recordings that fit equally well are found to be two. One recording
alone stays as it is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import msgspec

from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import Pair, Pairing
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.redaction import redactor_of

Misses = tuple[tuple[int, Miss], ...]
"""Requests without an answer: the place of each among all requests, and what was found instead."""
Span = tuple[float, float]
"""When an exchange was first asked for, and when its last answer ended."""
_Of = TypeVar("_Of")


def by_id(exchange: Exchange) -> str:
    """What an exchange of the only recording is called."""
    return str(exchange.id)


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    path: Path
    cassette: Cassette
    run: str = ""
    """The command that is run against it, as it is typed and without secrets, where one is."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What came to one of the recordings, in its own numbers."""

    recording: Recording
    pairing: Pairing
    misses: Misses = ()
    asked: Mapping[int, Request] = {}
    """Requests by their places: those that a looser way of matching answered."""
    spans: Mapping[int, Span] = {}
    cut: frozenset[int] = frozenset()
    """Exchanges whose answers were under way when the server was closed."""
    name: Callable[[Exchange], str] = by_id
    """How an exchange is called: of several files, with its own."""


class Together:
    """The recordings that are served at once: at least one."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        """Number their exchanges through."""
        self.recordings = tuple(recordings)
        headers = [one.cassette.header for one in recordings]
        redactions = tuple(dict.fromkeys(pattern for header in headers for pattern in header.redactions))
        self.header: Header = msgspec.structs.replace(headers[0], redactions=redactions)
        """Of the first, with the redactions of all: a request is cleaned once, before it is known whose it is."""
        self._homes: dict[int, tuple[int, Exchange]] = {}
        self.exchanges: tuple[Exchange, ...] = tuple(self._through())
        self._paths = {exchange.request.path.partition("?")[0] for exchange in self.exchanges}
        self._upstreams = tuple(dict.fromkeys(filter(None, map(upstream_of, headers))))

    def target(self, path: str) -> str:
        """The recorded path that one of ours stands for: `/v1` stands for the version segment of the upstream."""
        bare, mark, query = path.partition("?")
        if bare in self._paths:
            return path
        stands_for = [upstream.target(bare) for upstream in self._upstreams]
        return next((one for one in stands_for if one in self._paths), bare) + mark + query

    def back(self, miss: Miss) -> Miss:
        """The same with the exchanges as their own files have them."""
        if len(self.recordings) == 1:
            return miss
        nearest = None if miss.nearest is None else self._homes[miss.nearest.id][1]
        ambiguous = tuple(self._homes[one.id][1] for one in miss.ambiguous)
        return msgspec.structs.replace(miss, nearest=nearest, ambiguous=ambiguous)

    def apart(self) -> tuple[tuple[Header, tuple[Exchange, ...]], ...]:
        """Each recording alone, its exchanges with the numbers that they have here."""
        by_place = self._sorted([(exchange.id, exchange) for exchange in self.exchanges])
        return tuple((one.cassette.header, tuple(by_place[place])) for place, one in enumerate(self.recordings))

    def home(self, number: int) -> tuple[Recording, Exchange]:
        """The recording that the exchange with this number is of, and the exchange as it is there."""
        place, exchange = self._homes[number]
        return self.recordings[place], exchange

    def name(self, exchange: Exchange) -> str:
        """What an exchange, as its own file has it, is called."""
        if len(self.recordings) == 1:
            return by_id(exchange)
        file = next((self.recordings[place].path for place, one in self._homes.values() if one is exchange), None)
        return by_id(exchange) if file is None else f"{exchange.id} of {file}"

    def shares(
        self,
        pairing: Pairing,
        misses: Misses,
        *,
        asked: Mapping[int, Request] = MappingProxyType({}),
        spans: Mapping[int, Span] = MappingProxyType({}),
        cut: Iterable[int] = (),
    ) -> tuple[Share, ...]:
        """What came to each. A miss belongs to the recording that is nearest; what is near to none, to the first."""
        if len(self.recordings) == 1:
            (one,), cut = self.recordings, frozenset(cut)
            return (Share(recording=one, pairing=pairing, misses=misses, asked=asked, spans=spans, cut=cut),)
        pairs = self._sorted([(pair.exchange, pair) for pair in pairing.pairs])
        left = self._sorted([(number, number) for number in pairing.unplayed])
        missed = self._sorted([(_near(miss), (at, miss)) for at, miss in misses])
        answered = {pair.request for pair in pairing.pairs} | {at for at, _ in misses}
        made = sorted(set(range(pairing.requests)) - answered)
        timed = self._sorted([(number, (self._own(number), span)) for number, span in spans.items()])
        closed = self._sorted([(number, self._own(number)) for number in cut])
        shares = []
        for place in range(len(self.recordings)):
            came = [*(pair.request for pair in pairs[place]), *(at for at, _ in missed[place])]
            own = {at: number for number, at in enumerate(sorted([*came, *(made if place == 0 else [])]))}
            share = Share(
                recording=self.recordings[place],
                pairing=self._pairing(place, own, pairs[place], [own[at] for at, _ in missed[place]], left[place]),
                misses=tuple((own[at], self.back(miss)) for at, miss in missed[place]),
                asked={own[at]: request for at, request in asked.items() if at in own},
                spans=dict(timed[place]),
                cut=frozenset(closed[place]),
                name=self.name,
            )
            shares.append(share)
        return tuple(shares)

    def _pairing(
        self, place: int, own: Mapping[int, int], pairs: Sequence[Pair], misses: Sequence[int], left: Sequence[int]
    ) -> Pairing:
        """Of one of several. `own`: the numbers of its requests, from 0, in the order in which they came."""
        return Pairing(
            requests=len(own),
            recordings=len(self.recordings[place].cassette.exchanges),
            pairs=tuple(
                msgspec.structs.replace(pair, request=own[pair.request], exchange=self._own(pair.exchange))
                for pair in pairs
            ),
            misses=tuple(misses),
            unplayed=tuple(map(self._own, left)),
            made=len(own) - len(pairs) - len(misses),
        )

    def _sorted(self, numbered: Sequence[tuple[int | None, _Of]]) -> dict[int, list[_Of]]:
        """By the recording that the number is of."""
        by_place: dict[int, list[_Of]] = defaultdict(list)
        for number, one in numbered:
            by_place[0 if number is None else self._homes[number][0]].append(one)
        return by_place

    def _own(self, number: int) -> int:
        return self._homes[number][1].id

    def _through(self) -> Iterator[Exchange]:
        if len(self.recordings) == 1:
            for exchange in self.recordings[0].cassette.exchanges:
                self._homes[exchange.id] = (0, exchange)
                yield exchange
            return
        for place, one in enumerate(self.recordings):
            header = one.cassette.header
            more = set(header.redactions) != set(self.header.redactions)
            clean = redactor_of(self.header.redactions, ())[0].request if more else None
            for exchange in one.cassette.exchanges:
                request = exchange.request if clean is None else clean(exchange.request)
                session = f"{place}/{exchange.session}"  # turn 1 of one file is not turn 1 of another
                number = len(self._homes)
                self._homes[number] = (place, exchange)
                yield msgspec.structs.replace(exchange, id=number, session=session, request=request)


def _near(miss: Miss) -> int | None:
    nearest = miss.nearest or next(iter(miss.ambiguous), None)
    return None if nearest is None else nearest.id


def upstream_of(header: Header) -> Upstream | None:
    """The server that was recorded; None where a recording does not tell, or tells no URL."""
    try:
        return Upstream.of(header.origin)
    except UsageError:
        return None
