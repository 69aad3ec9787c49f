"""How a recorded answer goes over a wire of ours: its head, where its body ends, and how it breaks. Pure.

Law: status, end-to-end fields, bytes and boundaries are the recorded ones; what is of one hop is made anew. A recording
may hold anything: nothing in it becomes a header field of its own, a second answer, or an error of ours.
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from itertools import islice

from nexdiag.core.exchange import Headers
from nexdiag.http1 import heads
from nexdiag.http1.heads import Asked, Framing, Pairs
from nexdiag.replay.playback import STALLED, AsRecorded, Playback

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNFIT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LENGTH = re.compile(r"[0-9]{1,15}")
_FINAL = range(200, 1000)
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_STREAM = "text/event-stream"
_ALLOW = "access-control-allow-origin"
_SILENT = frozenset({STALLED, "ReadTimeout"})
_RESET = re.compile(r"ReadError|reset", re.IGNORECASE)
_BLOCK = 64
"""Pieces that are put together at once."""
_LARGE = 64 * 1024
"""Bytes from which on they are not: a client that is slow has them one by one."""
LAST = b"0\r\n\r\n"
"""The empty chunk that ends a body."""


class Ending(Enum):
    """What happens to the connection after the last byte."""

    STAY = "it may be used again"
    CLOSE = "it is closed"
    RESET = "it is reset"
    SILENCE = "nothing, until the client has had enough"


def playable(status: int | None) -> bool:
    """Whether a status can be that of an answer: None is none at all, which can be played."""
    return status is None or status in _FINAL


def never_connected(failure: str | None) -> bool:
    """Whether the failure is that no connection was had: to one that is had it can be played only as its end."""
    return (failure or "").startswith("Connect")


def framing(played: Playback, asked: Asked) -> Framing:
    """Where the body ends: after its recorded length, if that is true of what is sent; else with an empty chunk."""
    if asked.method == "HEAD" or played.status is None or played.status in _BODILESS:
        return Framing.NONE
    length = _length(played.headers)
    if length is not None and not _streamed(played.headers):
        size = sum(map(len, _bodies(played)))
        if size == length if played.failure is None else size < length:
            return Framing.LENGTH
    return Framing.CHUNKED if asked.modern else Framing.CLOSE


def ending(failure: str | None, framed: Framing) -> Ending:
    """How the answer ends, by the words of its failure."""
    if failure is None:
        return Ending.CLOSE if framed is Framing.CLOSE else Ending.STAY
    if failure.partition(":")[0] in _SILENT:
        return Ending.SILENCE
    # Where the connection's end is the body's end, only a reset is no end.
    return Ending.RESET if framed is Framing.CLOSE or _RESET.search(failure) else Ending.CLOSE


@lru_cache(maxsize=256)
def head(status: int, headers: Headers, framed: Framing, *, keep: bool, origin: str = "") -> bytes:
    """The head of the answer. `origin`: that of a web page on this machine, which else could not read the answer."""
    pairs = list(_fit(headers))
    names = {name for name, _ in headers}
    if framed in (Framing.CHUNKED, Framing.CLOSE) or _length(headers) is None or status == HTTPStatus.NO_CONTENT:
        pairs = [pair for pair in pairs if pair[0] != b"content-length"]
    if origin and _ALLOW not in names:
        pairs += [(_ALLOW.encode(), origin.encode("latin-1", "replace")), (b"vary", b"origin")]
    return heads.response_head(status, _REASONS.get(status, b""), pairs, framed, keep=keep)


def body(played: Playback, framed: Framing) -> Iterator[tuple[float, float, bytes]]:
    """The pieces as they stand on the wire, each with its two waits. One of no bytes is no chunk: it would end all."""
    if framed is Framing.NONE:
        return
    for piece in played.pieces:
        raw = piece.bytes
        if framed is Framing.CHUNKED and raw:
            raw = b"%x\r\n%b\r\n" % (len(raw), raw)
        yield piece.after, piece.held, raw
    for raw in last(played, framed):
        yield 0.0, 0.0, raw


def blocks(played: Playback, framed: Framing) -> Iterator[bytes]:
    """The same for a body of which nothing is waited for, in blocks of several pieces: a third of the time."""
    if framed is Framing.NONE:
        return
    yield from framed_blocks(_bodies(played), framed)
    yield from last(played, framed)


def last(played: Playback, framed: Framing) -> tuple[bytes, ...]:
    """What ends the body of an answer that ends well."""
    return (LAST,) if framed is Framing.CHUNKED and played.failure is None else ()


def framed_blocks(raws: Iterable[bytes], framed: Framing) -> Iterator[bytes]:
    """Pieces as they stand on the wire, some together; without what ends the body."""
    waiting = filter(None, raws)  # one of no bytes is no chunk
    while parts := list(islice(waiting, _BLOCK)):
        large = sum(map(len, parts)) > _LARGE
        if framed is Framing.CHUNKED:
            parts = [b"%x\r\n%b\r\n" % (len(raw), raw) for raw in parts]
        if large:
            yield from parts
        else:
            yield b"".join(parts)


def waits(played: Playback) -> bool:
    """Whether something is waited for at any speed, for a fault's sake."""
    pieces = played.pieces
    return not isinstance(pieces, AsRecorded) and any(piece.held for piece in pieces)


def _bodies(played: Playback) -> Iterable[bytes]:
    """The bytes of each piece. Of a recorded answer no pieces are made."""
    pieces = played.pieces
    return pieces.raws if isinstance(pieces, AsRecorded) else (piece.bytes for piece in pieces)


def _fit(headers: Headers) -> Pairs:
    """The fields as bytes; what could not be one is left away, or made harmless."""
    return [
        (name.encode(), _UNFIT.sub(" ", value).strip().encode("latin-1", "replace"))
        for name, value in headers
        if _NAME.fullmatch(name)
    ]


def _length(headers: Headers) -> int | None:
    """The length that is told, if one is, once."""
    told = [value.strip() for name, value in headers if name.lower() == "content-length"]
    return int(told[0]) if len(told) == 1 and _LENGTH.fullmatch(told[0]) else None


def _streamed(headers: Headers) -> bool:
    return any(name == "content-type" and value.startswith(_STREAM) for name, value in headers)
