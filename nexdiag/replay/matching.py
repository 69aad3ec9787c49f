"""Which recorded exchange answers a request. Pure: requests in, exchanges out.

A request is found by method, path and canonical body: white space and the order of keys do not count, nor does
the order of tools. A list of messages is known by the digest of its chain, computed once per link, so that the
cost of a lookup is the cost of reading the new text.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable

import msgspec

from nexdiag.core.body import Body, Link
from nexdiag.core.exchange import Exchange, Request

_UNORDERED = frozenset({b'"tools"'})
"""Lists that mean the same in any order (the reference executor sends its tools in a random one)."""

Digest = bytes


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """A request without a recording, and the recording that is nearest to it."""

    request: Request
    nearest: Exchange | None
    shared: int
    """How many messages from the beginning are equal in both."""
    used: bool = False
    """The nearest is equal, but has already been played."""


class Matcher:
    """Pairs requests with exchanges, one to one; equal requests are answered in the order recorded."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        """Index the recording."""
        self._canonical = _Canonical()
        self._waiting: dict[Digest, deque[Exchange]] = defaultdict(deque)
        self._known: dict[Digest, Exchange] = {}
        self._prefixes: dict[Digest, Exchange] = {}
        for exchange in exchanges:
            key = self._canonical.request(exchange.request)
            self._waiting[key].append(exchange)
            self._known[key] = exchange
            for link in _conversation(exchange.request.body):
                self._prefixes.setdefault(self._canonical.link(link), exchange)

    def take(self, request: Request) -> Exchange | Miss:
        """The exchange that answers `request`, which is then spent; else the nearest one."""
        key = self._canonical.request(request)
        waiting = self._waiting.get(key)
        if waiting:
            return waiting.popleft()
        if key in self._known:
            exchange = self._known[key]
            return Miss(request=request, nearest=exchange, shared=len(_conversation(request.body)), used=True)
        links = _conversation(request.body)
        for link in reversed(links):
            nearest = self._prefixes.get(self._canonical.link(link))
            if nearest is not None:
                return Miss(request=request, nearest=self._unplayed_like(nearest, link) or nearest, shared=link.depth)
        return Miss(request=request, nearest=next(self.unplayed(), None), shared=0)

    def unplayed(self) -> Iterable[Exchange]:
        """Exchanges that no request has asked for, in the order recorded."""
        rest = [exchange for waiting in self._waiting.values() for exchange in waiting]
        return iter(sorted(rest, key=lambda exchange: exchange.id))

    def _unplayed_like(self, nearest: Exchange, link: Link) -> Exchange | None:
        """The first unplayed exchange that goes on from the same messages: the one that was probably meant."""
        want = self._canonical.link(link)
        for exchange in self.unplayed():
            last = exchange.request.body.last_link("messages")
            at = last.at(link.depth) if last is not None else None
            if at is not None and self._canonical.link(at) == want:
                return exchange
        return nearest if nearest in self.unplayed() else None


class _Canonical:
    """Canonical digests of requests; those of links are kept."""

    def __init__(self) -> None:
        self._links: dict[Link, Digest] = {}

    def request(self, request: Request) -> Digest:
        parts = [request.method.encode(), request.path.encode(), *self._body(request.body)]
        return _digest(*parts)

    def link(self, last: Link) -> Digest:
        """The digest of a whole list, by its last link; each link's share is computed once."""
        new: list[Link] = []
        link: Link | None = last
        while link is not None and link not in self._links:
            new.append(link)
            link = link.before
        past = self._links[link] if link is not None else b""
        for link in reversed(new):
            past = self._links[link] = _digest(past, _canonical_text(link.raw))
        return past

    def _body(self, body: Body) -> list[bytes]:
        if body.raw is not None:
            return [_canonical_text(body.raw)]
        parts = []
        for field in sorted(body.fields, key=lambda field: field.key):
            if isinstance(field.value, bytes):
                parts += [field.key, _canonical_text(field.value)]
            elif field.key in _UNORDERED:
                parts += [field.key, *sorted(_canonical_text(link.raw) for link in field.value.chain())]
            else:
                parts += [field.key, self.link(field.value)]
        return parts


def _conversation(body: Body) -> list[Link]:
    last = body.last_link("messages") or body.last_link("input")
    return last.chain() if last is not None else []


def _canonical_text(raw: bytes) -> bytes:
    try:
        return msgspec.json.encode(msgspec.json.decode(raw), order="deterministic")
    except (msgspec.DecodeError, RecursionError):
        return raw


def _digest(*parts: bytes) -> Digest:
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.digest()
