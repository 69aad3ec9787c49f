"""Answers: what a recording says to each request, whoever carries it: the player in a process, the server over HTTP.

Law: nothing unmatched ever goes live. It knows no library that carries requests, so that a server starts fast.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.codec.encodings import plain_request
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import Pair, Pairing
from nexdiag.replay.matching.matcher import Match, Matcher, Miss
from nexdiag.replay.playback import Laid, Playback, playback

Lay = Callable[[Exchange], Laid | None]
"""Which fault strikes an answer, if one does. It is asked once for each request that is answered."""

_LOOSE = ("prefix", "turn")


class Answers:
    """One recording in use. It may be asked from several threads."""

    def __init__(  # noqa: PLR0913 - every outside thing is an argument
        self,
        matcher: Matcher,
        *,
        splitter: Splitter | None = None,
        clean: Callable[[Request], Request] = lambda request: request,
        lay: Lay = lambda exchange: None,
        unstruck: Callable[[], tuple[str, ...]] = tuple,
        cut: Callable[[Playback], Playback] = lambda whole: whole,
        make: Callable[[Request], Playback | None] = lambda request: None,
        hide: Callable[[str], str] = lambda text: text,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Answer from what the matcher holds.

        `splitter` is the one that read the cassette: it makes lookups cheap. `clean` does to a request what the
        recorder did to it: a secret in it can only be found as its placeholder. `lay` lays faults over answers, and
        `unstruck` tells of those that struck none. `cut` splits answers otherwise than they were recorded. `make` gives
        what is answered without a recording (a list of models). `hide` is as `clean`, for a text with a URL in it.
        `clock` tells unix time: volatile dates go by it.
        """
        self._matcher = matcher
        self._splitter = splitter or Splitter()
        self._clean = clean
        self._lay = lay
        self.unstruck = unstruck
        """Why a fault has struck nothing, a line each."""
        self._cut = cut
        self._make = make
        self._hide = hide
        self._clock = clock
        self._lock = threading.Lock()
        self._pairs: list[Pair] = []
        self._kept: list[Match] = []
        self._made = 0
        self._requests: list[Request] = []
        self._raw: deque[Request] = deque()
        """Requests behind those, which were found by their very bytes: they are cleaned when somebody looks at them."""
        self.misses: list[tuple[int, int | None, Miss]] = []
        """What had no answer: the request's place, the turn that asked, where the request told it, and the miss."""

    @property
    def requests(self) -> list[Request]:
        """All that was asked, as a recorder would have kept it."""
        with self._lock:
            self._settle()
            return self._requests

    @property
    def pairs(self) -> tuple[tuple[Request, Exchange], ...]:
        """What was asked, and what answered it."""
        with self._lock:
            self._settle()
            return tuple((self._requests[pair.request], self._matcher.exchange(pair.exchange)) for pair in self._pairs)

    def unplayed(self) -> tuple[Exchange, ...]:
        """What no request has asked for."""
        with self._lock:
            return self._matcher.unplayed()

    def hide(self, text: str) -> str:
        """A target, or a host, without the secrets in it: for whoever tells of it."""
        with self._lock:
            return self._hide(text)

    def views(self, recorded: Exchange, asked: Request) -> tuple[object, object]:
        """Both bodies as values, with marks for what the rules of this replay set aside: what differs, counts."""
        with self._lock:
            return self._matcher.views(recorded, asked, now=self._clock())

    def pairing(self) -> Pairing:
        """Who answered whom, so far."""
        with self._lock:
            return Pairing(
                requests=len(self._requests) + len(self._raw),
                recordings=len(self._matcher),
                pairs=tuple(self._pairs),
                misses=tuple(place for place, _, _ in self.misses),
                unplayed=tuple(exchange.id for exchange in self._matcher.unplayed()),
                made=self._made,
            )

    def take(self, asked: Request, *, turn: int | None = None) -> Playback | Miss:
        """What answers a request, which was as it is on the wire: its secrets may still be in it."""
        with self._lock:
            place = len(self._requests) + len(self._raw)
            found: Match | Miss | None = self._find_twin(asked)
            if found is None:
                asked = self._keep(_split(asked, self._splitter))
                found = self._find(asked)
            if isinstance(found, Miss):
                made = self._make(asked)
                if made is not None:
                    if made.exchange.id < 0:  # in no recording
                        self._made += 1
                    else:
                        self._pairs.append(Pair(request=place, exchange=made.exchange.id, how="again"))
                    return made
                self.misses.append((place, turn, found))
                return found
            laid = self._lay(found.exchange)
            keep = laid is not None and not laid.spends
            again = self._matcher.spend(found, keep=keep)
            if keep:
                self._kept.append(found)
            self._pairs.append(_pair(place, found, again=again, fault=laid.fault if laid is not None else ""))
            return self._cut(playback(found.exchange) if laid is None else laid.playback)

    def _find_twin(self, asked: Request) -> Match | None:
        """The answer to a request whose very bytes were recorded: a recorder would have kept what it kept then.

        Nothing of it is read, split or cleaned. None if it must be, to be found.
        """
        raw = asked.body.raw
        if raw is None or any(name == "content-encoding" for name, _ in asked.headers):
            return None
        twin = self._matcher.twin(asked.method, asked.path, raw)
        found = None if twin is None else self._matcher.find_twin(twin, now=self._clock())
        if twin is None or found is None or (self._kept and found.how in _LOOSE):
            return None
        body = self._matcher.request_at(twin).body  # it is kept once, however often it is asked
        self._raw.append(Request(method=asked.method, url=asked.url, headers=asked.headers, body=body))
        return found

    def _settle(self) -> None:
        """Clean all, in the order in which they came: a secret that one carries may stand in the next."""
        while self._raw:
            self._requests.append(self._clean(self._raw[0]))
            self._raw.popleft()

    def _keep(self, asked: Request) -> Request:
        """The request as a recorder would have kept it, and all before it."""
        self._settle()
        asked = self._clean(asked)
        self._requests.append(asked)
        return asked

    def _find(self, asked: Request) -> Match | Miss:
        """What the matcher finds. A recording kept for a retry answers nothing that merely resembles that."""
        found = self._matcher.find(asked, now=self._clock())
        if isinstance(found, Miss) or found.how not in _LOOSE or not self._kept:
            return found
        for kept in self._kept:
            self._matcher.spend(kept)
        self._kept.clear()
        return self._matcher.find(asked, now=self._clock())


def _pair(place: int, found: Match, *, again: bool, fault: str) -> Pair:
    how = "again" if again else found.how
    return Pair(request=place, exchange=found.exchange.id, how=how, aside=found.aside, fault=fault)


def _split(asked: Request, splitter: Splitter) -> Request:
    """The request with its body in parts, and without its content-encoding: as a recorder keeps it."""
    plain = plain_request(asked)
    return msgspec.structs.replace(plain, body=splitter.split(plain.body.join()))
