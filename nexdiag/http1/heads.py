"""Heads of requests and answers: what of them is passed on, and how a body is framed. Pure.

Source: RFC 9110, section 7.6.1 (hop-by-hop fields); RFC 9112, section 6.3 (where a body ends).
"""

from collections.abc import Sequence
from enum import Enum
from http import HTTPStatus

import msgspec

from nexdiag.core.exchange import Headers
from nexdiag.http1 import refusal

Pairs = list[tuple[bytes, bytes]]

HOP = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings", b"expect"}
)
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Framing(Enum):
    """Where a body ends."""

    NONE = "there is none"
    LENGTH = "after so many bytes"
    CHUNKED = "with an empty chunk"
    CLOSE = "with the connection"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as a client sent it, whole."""

    method: str
    target: str
    headers: Pairs
    body: bytes = b""
    modern: bool = True
    """HTTP/1.1: it understands chunks, and keeps its connection."""
    keep: bool = True
    """Whether the connection may be used again."""


def refused(method: str, target: bytes, version: str, headers: Pairs) -> refusal.Refusal | None:  # noqa: PLR0911 - one row for each refusal
    """Why a request is not passed on, by its head; None if it is. The parser has judged its grammar."""
    if version not in ("1.0", "1.1"):
        return refusal.VERSION
    if method == "CONNECT":
        return refusal.TUNNEL
    if not target.startswith(b"/"):
        return refusal.ABSOLUTE
    names = [name.lower() for name, _ in headers]
    if names.count(b"host") > 1 or (version == "1.1" and b"host" not in names):
        return refusal.HOST
    codings = _values(headers, b"transfer-encoding")
    if codings and version == "1.0":
        return refusal.malformed("Transfer-Encoding in HTTP/1.0")
    if codings and codings != [b"chunked"]:
        return refusal.CODING
    if any(value != b"100-continue" for value in _values(headers, b"expect")):
        return refusal.EXPECTATION
    return None


def is_upgrade_to_http2(headers: Pairs) -> bool:
    """Whether the only offer is HTTP/2 in clear, which Java's client makes with each first request."""
    return _values(headers, b"upgrade") == [b"h2c"]


def expects_continue(headers: Pairs) -> bool:
    """Whether the client waits for leave to send its body."""
    return _values(headers, b"expect") == [b"100-continue"]


def declared(headers: Pairs) -> int:
    """The length of the body as the head tells it; 0 if it does not. The parser has seen that it is a number."""
    return max((int(value) for value in _values(headers, b"content-length")), default=0)


def keeps_connection(version: str, headers: Pairs) -> bool:
    """Whether the client lets its connection be used again. One of HTTP/1.0 does not."""
    return version == "1.1" and b"close" not in tokens(headers, b"connection")


def request_head(method: str, target: str, headers: Pairs) -> bytes:
    """The head of a request as bytes."""
    return b"%s %s HTTP/1.1\r\n" % (method.encode(), target.encode("latin-1")) + _fields(headers)


def framing(method: str, status: int, headers: Pairs) -> Framing:
    """How the body of an answer is framed. Raises ValueError for a coding that nobody asked for."""
    if method == "HEAD" or status in _BODILESS:
        return Framing.NONE
    codings = _values(headers, b"transfer-encoding")
    if codings:
        if codings != [b"chunked"]:
            raise ValueError("a Transfer-Encoding that nobody asked for")
        return Framing.CHUNKED
    return Framing.LENGTH if any(name.lower() == b"content-length" for name, _ in headers) else Framing.CLOSE


def toward(framed: Framing, asked: Asked) -> Framing:
    """How the body goes to the client: as it came, but for one that knows no chunks."""
    return Framing.CLOSE if framed is Framing.CHUNKED and not asked.modern else framed


def response_head(status: int, reason: bytes, headers: Pairs, framed: Framing, *, keep: bool) -> bytes:
    """The head of an answer as the client gets it; its order and spelling stay."""
    dropped = HOP | set(tokens(headers, b"connection"))
    if framed in (Framing.LENGTH, Framing.NONE):
        dropped -= {b"content-length"}  # named by Connection or not, without it the body has no end
    sent = [
        (name, value)
        for name, value in headers
        if (low := name.lower()) not in dropped and not low.startswith(b"proxy-")
    ]
    if framed is Framing.CHUNKED:
        sent.append((b"transfer-encoding", b"chunked"))
    if not keep:
        sent.append((b"connection", b"close"))
    return b"HTTP/1.1 %d %s\r\n" % (status, reason) + _fields(sent)


def words(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """Header fields as words: names in lower case."""
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)


def _fields(headers: Pairs) -> bytes:
    return b"".join([b"%s: %s\r\n" % pair for pair in headers]) + b"\r\n"


def _values(headers: Pairs, wanted: bytes) -> list[bytes]:
    """The values of one field, in lower case."""
    size = len(wanted)
    return [value.strip().lower() for name, value in headers if len(name) == size and name.lower() == wanted]


def tokens(headers: Pairs, wanted: bytes) -> list[bytes]:
    """The members of a field that is a list."""
    return [token.strip() for value in _values(headers, wanted) for token in value.split(b",")]
