"""What a foreign format has no key for, kept beside each exchange in an object of our own, and read back from it.

A writer of a foreign format reads back what it wrote, and keeps here only what that does not tell: the times, the
pieces of the body, the turn. So the way back to a cassette is exact, and other readers see an ordinary file.

Law: whatever stands in such an object, reading raises nothing: what is not ours, or no longer fits, is left alone.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from nexdiag.codec.cassette.lines import LATEST, Seconds
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Headers, Request, Response
from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn

KEY = "nexdiag"
"""Under which name it stands; HAR wants an underscore before it."""
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class _Beside(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    exchange: _Count | None = None
    started: Seconds | None = None
    duration: Seconds | None = None
    first_byte: Seconds | None = None
    turn: _Count | None = None
    attempt: _Count = 1
    session: str = ""
    failure: str | None = None
    of: str = ""
    """Of which request and response the rest tells: a short hash."""
    chunks: list[tuple[Seconds, _Count]] | None = None
    """Time and length of each piece of the body."""
    wire: str | None = None
    """The body as it came, in base64, where the file holds it without its content-encoding."""
    response_headers: Headers | None = None
    request_headers: Headers | None = None
    request_body: str | None = None
    """In base64."""
    encoding: str | None = None


class _Turn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A turn but for what belongs to it: that says so itself."""

    number: _Count
    session: str = ""
    said: str = ""
    reply: str | None = None
    outcome: str = "answered"
    error: str | None = None
    started: Seconds = 0.0
    duration: Seconds = 0.0
    usage: Usage = Usage()


class _Recording(msgspec.Struct, frozen=True, kw_only=True):
    header: Header
    turns: tuple[_Turn, ...] = ()


def of(exchange: Exchange, seen: Exchange) -> dict[str, Any]:
    """What `exchange` is and `seen`, the exchange that a foreign file tells, is not: plain JSON."""
    ours, theirs = exchange.response, seen.response
    row: dict[str, Any] = {"exchange": exchange.id, "started": exchange.started, "duration": exchange.duration}
    row |= {"turn": exchange.turn, "attempt": exchange.attempt, "session": exchange.session}
    row |= {"failure": exchange.failure, "of": _digest(seen)}
    if exchange.request.headers != seen.request.headers:
        row["request_headers"] = exchange.request.headers
    if exchange.request.encoding != seen.request.encoding:
        row["encoding"] = exchange.request.encoding
    body = exchange.request.body.join()
    if body != seen.request.body.join():
        row["request_body"] = _base64(body)
    if ours is not None and theirs is not None:
        row["first_byte"] = ours.first_byte
        row["chunks"] = [(chunk.at, len(chunk.bytes)) for chunk in ours.chunks]
        if ours.headers != theirs.headers:
            row["response_headers"] = ours.headers
        if ours.body != theirs.body:
            row["wire"] = _base64(ours.body)
    plain: dict[str, Any] = msgspec.to_builtins(_Beside(**row))
    return plain


def restored(seen: Exchange, value: object) -> Exchange:
    """The exchange that was written, from what the file tells and what stands beside; `seen` where nothing does.

    What was changed in the file since then stays changed.
    """
    try:
        kept = msgspec.convert(value, _Beside)
        fits = kept.of == _digest(seen)
        request = _request(seen.request, kept) if fits else seen.request
        response = seen.response and _response(seen.response, kept, fits=fits)
    except (msgspec.ValidationError, binascii.Error, ValueError, RecursionError):
        return seen
    return Exchange(
        id=seen.id if kept.exchange is None else kept.exchange,
        started=seen.started if kept.started is None else kept.started,
        duration=seen.duration if kept.duration is None else kept.duration,
        request=request,
        response=response,
        failure=seen.failure if kept.failure is None else kept.failure,
        turn=kept.turn,
        attempt=kept.attempt,
        session=kept.session,
    )


def numbered(exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """The exchanges by number, if each has one of its own; else numbered as they stand."""
    if len({exchange.id for exchange in exchanges}) == len(exchanges):
        return tuple(sorted(exchanges, key=lambda exchange: exchange.id))
    return tuple(msgspec.structs.replace(exchange, id=number) for number, exchange in enumerate(exchanges))


def of_cassette(cassette: Cassette) -> dict[str, Any]:
    """Header and turns of a recording: plain JSON."""
    turns = tuple(_Turn(**{name: getattr(turn, name) for name in _Turn.__struct_fields__}) for turn in cassette.turns)
    plain: dict[str, Any] = msgspec.to_builtins(_Recording(header=cassette.header, turns=turns))
    return plain


def cassette_of(value: object, exchanges: tuple[Exchange, ...], header: Header) -> Cassette:
    """The recording: with what stands beside, or with this header and no turns."""
    try:
        kept = msgspec.convert(value, _Recording)
    except (msgspec.ValidationError, ValueError, RecursionError):
        return Cassette(header=header, exchanges=exchanges)
    if not 0 <= kept.header.created <= LATEST:
        return Cassette(header=header, exchanges=exchanges)
    turns = tuple(Turn(**msgspec.structs.asdict(turn)) for turn in kept.turns)
    header = msgspec.structs.replace(kept.header, cassette=header.cassette)
    return Cassette(header=header, turns=turns, exchanges=exchanges)


def _request(seen: Request, kept: _Beside) -> Request:
    return Request(
        method=seen.method,
        url=seen.url,
        headers=seen.headers if kept.request_headers is None else kept.request_headers,
        body=seen.body if kept.request_body is None else Body.of(base64.b64decode(kept.request_body, validate=True)),
        encoding=seen.encoding if kept.encoding is None else kept.encoding,
    )


def _response(seen: Response, kept: _Beside, *, fits: bool) -> Response:
    first = seen.first_byte if kept.first_byte is None else kept.first_byte
    if not fits:
        return Response(status=seen.status, headers=seen.headers, chunks=seen.chunks, first_byte=first)
    body = seen.body if kept.wire is None else base64.b64decode(kept.wire, validate=True)
    headers = seen.headers if kept.response_headers is None else kept.response_headers
    chunks = _pieces(body, kept.chunks)
    if chunks is None:
        raise ValueError("the pieces are not those of the body")
    return Response(status=seen.status, headers=headers, chunks=chunks, first_byte=first)


def _pieces(body: bytes, sizes: list[tuple[float, int]] | None) -> tuple[Chunk, ...] | None:
    if sizes is None or sum(size for _, size in sizes) != len(body):
        return None
    chunks, start = [], 0
    for at, size in sizes:
        chunks.append(Chunk(at=at, bytes=body[start : start + size]))
        start += size
    return tuple(chunks)


def _digest(exchange: Exchange) -> str:
    """Of all that may be changed by hand: if it was, what stands beside tells of another exchange."""
    request, response = exchange.request, exchange.response
    parts: list[object] = [request.method, request.url, request.headers, request.body.join()]
    if response is not None:
        parts += [response.status, response.headers, response.body]
    whole = hashlib.blake2b(digest_size=8)
    for part in parts:
        raw = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        whole.update(b"%d:" % len(raw) + raw)
    return whole.hexdigest()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
