"""Playback: what is sent back for a request, piece by piece, with its times. Pure.

As recorded it is byte for byte and chunk for chunk what was received. Faults and re-splitting make another of it.
"""

from collections.abc import Iterator, Sequence
from typing import overload

import msgspec

from nexdiag.core.exchange import Chunk, Chunks, Exchange, Headers, Response, client_left


class Piece(msgspec.Struct, frozen=True, gc=False):
    """Bytes that are sent at once."""

    after: float
    """Seconds since what was sent before, as recorded: a replay at speed 10 waits a tenth, at full speed nothing."""
    bytes: bytes
    held: float = 0.0
    """Seconds that are waited at any speed, beside: those of a fault."""


class AsRecorded(Sequence[Piece]):
    """The pieces of an answer as they came, made when they are looked at: at full speed their bytes are enough."""

    __slots__ = ("_first", "chunks")

    def __init__(self, chunks: Sequence[Chunk], first: float) -> None:
        """`first`: when the head came, from which on the first chunk was waited for."""
        self.chunks = chunks
        self._first = first

    @property
    def raws(self) -> list[bytes]:
        """The bytes of each."""
        chunks = self.chunks
        return chunks.raws if isinstance(chunks, Chunks) else [chunk.bytes for chunk in chunks]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.chunks)

    def __iter__(self) -> Iterator[Piece]:
        """Each in order."""
        at = self._first
        for chunk in self.chunks:
            yield Piece(chunk.at - at, chunk.bytes)
            at = chunk.at

    @overload
    def __getitem__(self, place: int) -> Piece: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Piece, ...]: ...
    def __getitem__(self, place: int | slice) -> Piece | tuple[Piece, ...]:
        """The piece at a place, or those of a slice: all are made for it."""
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        """Equal to any sequence of equal pieces."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        """As the tuple."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """As the tuple."""
        return repr(tuple(self))


class Playback(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, as it is to be sent."""

    exchange: Exchange
    """The recording that it is made of."""
    status: int | None
    """None: no head ever comes, `failure` is all that comes."""
    headers: Headers = ()
    after: float = 0.0
    """Seconds from the request to the head."""
    held: float = 0.0
    """The same at any speed, beside."""
    pieces: Sequence[Piece] = ()
    failure: str | None = None
    """How it breaks off after the last piece, in a transport's words; None if it ends well. `Stalled` stands for a
    server that says nothing more, and keeps the connection."""
    rest: float = 0.0
    """Seconds from the last piece to the failure."""


STALLED = "Stalled"
"""The failure of an answer that neither goes on nor ends: only the client's patience ends it."""
_TIMED_OUT = "ReadTimeout: the recording says no more"


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """A fault over a recorded answer."""

    playback: Playback
    fault: str
    """Which, in words."""
    spends: bool = False
    """Whether the recording is spent by it; else who asks again gets what was recorded."""


def playback(exchange: Exchange) -> Playback:
    """The answer as it was recorded. Where the client itself left, the server did not, and the playback does not."""
    failure = None if client_left(exchange.failure) else exchange.failure
    if failure == STALLED:  # a word of ours, which no transport says: a recording cannot make a client wait for ever
        failure = _TIMED_OUT
    response = exchange.response
    if response is None:
        words = failure or exchange.failure or "no response was recorded"
        return Playback(exchange=exchange, status=None, after=exchange.duration, failure=words)
    return Playback(
        exchange=exchange,
        status=response.status,
        headers=response.headers,
        after=response.first_byte,
        pieces=AsRecorded(response.chunks, response.first_byte),
        failure=failure,
        rest=_rest(exchange, response) if failure is not None else 0.0,
    )


def _rest(exchange: Exchange, response: Response) -> float:
    """Seconds from the last thing that came to the failure."""
    return exchange.duration - (response.chunks[-1].at if response.chunks else response.first_byte)
