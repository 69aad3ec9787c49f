"""Several recordings served as one: their exchanges get numbers of their own, and are led back afterwards. Pure.

Requests are matched over all of them, so that two recordings that fit equally well are found to be two. One recording
alone stays as it is.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.core.replayed import Pairing
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.redaction import redactor_for

Misses = tuple[tuple[int, Miss], ...]
"""Requests without an answer: the place of each among all requests, and what was found instead."""
_Of = TypeVar("_Of")


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    path: Path
    cassette: Cassette


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What came to one of the recordings, in its own numbers."""

    recording: Recording
    pairing: Pairing
    misses: Misses = ()


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

    def home(self, number: int) -> tuple[Recording, Exchange]:
        """The recording that the exchange with this number is of, and the exchange as it is there."""
        place, exchange = self._homes[number]
        return self.recordings[place], exchange

    def shares(self, pairing: Pairing, misses: Misses) -> tuple[Share, ...]:
        """What came to each. A miss belongs to the recording that is nearest; what is near to none, to the first."""
        if len(self.recordings) == 1:
            return (Share(recording=self.recordings[0], pairing=pairing, misses=misses),)
        pairs = self._sorted([(pair.exchange, pair) for pair in pairing.pairs])
        left = self._sorted([(number, number) for number in pairing.unplayed])
        missed = self._sorted([(None if miss.nearest is None else miss.nearest.id, (at, miss)) for at, miss in misses])
        return tuple(
            Share(
                recording=one,
                pairing=Pairing(
                    requests=len(pairs[place]) + len(missed[place]) + (pairing.made if place == 0 else 0),
                    recordings=len(one.cassette.exchanges),
                    pairs=tuple(
                        msgspec.structs.replace(pair, exchange=self._own(pair.exchange)) for pair in pairs[place]
                    ),
                    misses=tuple(at for at, _ in missed[place]),
                    unplayed=tuple(self._own(number) for number in left[place]),
                    made=pairing.made if place == 0 else 0,
                ),
                misses=tuple((at, self.back(miss)) for at, miss in missed[place]),
            )
            for place, one in enumerate(self.recordings)
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
            clean = redactor_for(self.header.redactions, ()).request if more else None
            for exchange in one.cassette.exchanges:
                request = exchange.request if clean is None else clean(exchange.request)
                session = f"{place}/{exchange.session}"  # turn 1 of one file is not turn 1 of another
                number = len(self._homes)
                self._homes[number] = (place, exchange)
                yield msgspec.structs.replace(exchange, id=number, session=session, request=request)


def upstream_of(header: Header) -> Upstream | None:
    """The server that was recorded; None where a recording does not tell, or tells no URL."""
    try:
        return Upstream.of(header.origin)
    except UsageError:
        return None
