"""Recorded requests by their very bytes: most requests of a replay are, byte for byte, ones that were recorded. Pure.

Law: a body's digest is that of its bytes as they were on the wire, and is made from its parts: of a chat that goes on,
only what is new is read. It says nothing about what a request means: what is not found here may still be the same.
"""

from collections.abc import Iterable
from hashlib import blake2b

from nexdiag.core.body import Body, Link
from nexdiag.core.exchange import Request

LONGEST = 64 * 1024
"""Bytes of a body that is looked for: of a longer one, to read what is new in it costs less than all of its bytes."""
_SIZE = 16
Told = tuple[str, str, bytes]
"""A method, a path with its query, and the digest of a body."""


class Verbatim:
    """Places in a recording, by the requests' very bytes."""

    def __init__(self, requests: Iterable[Request]) -> None:
        """Read them all, in order: the place of each is its number."""
        digests = _Digests()
        self._places: dict[Told, int] = {}
        for place, request in enumerate(requests):
            self._places.setdefault((request.method, request.path, digests.of(request.body)), place)

    def place(self, method: str, path: str, raw: bytes) -> int | None:
        """The place of the first request that is the very same; None if none is, or if the body is long."""
        if len(raw) > LONGEST:
            return None
        return self._places.get((method, path, blake2b(raw, digest_size=_SIZE).digest()))


class _Digests:
    """Digests of bodies, each read on from where an earlier one that it goes on from ended."""

    def __init__(self) -> None:
        self._states: dict[tuple[Link, bytes], blake2b] = {}
        """By the last link of a list, and the digest of what stands before that list and between its entries."""

    def of(self, body: Body) -> bytes:
        """That of the bytes that `body.join()` gives."""
        if body.raw is not None:
            return blake2b(body.raw, digest_size=_SIZE).digest()
        state, between = blake2b(b"{", digest_size=_SIZE), b""
        for field in body.fields:
            state.update(between + field.key + body.colon)
            between = body.comma
            if isinstance(field.value, bytes):
                state.update(field.value)
            else:
                state.update(b"[")
                state = self._read(state, field.value, body.item_comma)
                state.update(b"]")
        state.update(b"}")
        return state.digest()

    def _read(self, state: blake2b, last: Link, comma: bytes) -> blake2b:
        """The state behind the entries of a list."""
        before = state.digest() + comma
        new: list[Link] = []
        link: Link | None = last
        while link is not None and (known := self._states.get((link, before))) is None:
            new.append(link)
            link = link.before
        if link is not None and known is not None:
            state = known.copy()
        for one in reversed(new):
            state.update(one.raw if one.before is None else comma + one.raw)
        self._states[last, before] = state.copy()
        return state
