"""Two ways for a recorded request to reach its answer: over HTTP to a replay server, and within the process.

Both give what came back piece by piece, to be compared with the recording. The way over HTTP is read from the wire: the
boundaries of its chunks are those that the server sent, not those in which they happened to arrive.
"""

import asyncio
import contextlib
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Protocol

import httptools
import httpx
import msgspec

from nexdiag.core.exchange import Headers, Request
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.playback import STALLED, Playback
from nexdiag.replay.playing import UNMATCHED, Pace, answer_async

_HOP = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "content-length", "expect", "host",
    }
)  # fmt: skip
"""Fields of one hop, and those that are made anew for each."""
_PAGE = re.compile(r"origin|referer|sec-.*|access-control-.*")
"""What a browser says of the page that asks: the page does not ask again."""
_METHOD = re.compile(r"[A-Z]{1,20}")
_TARGET = re.compile(r"/[!-~]{0,60000}")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_STATUSES = range(200, 1000)
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_SILENT = frozenset({STALLED, "ReadTimeout"})
"""Failures that are nothing but silence: only a client's own patience would end them."""


class Got(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int | None = None
    """None: no head ever came."""
    headers: Headers = ()
    pieces: tuple[bytes, ...] = ()
    broken: str | None = None
    """Why it broke off; None if it ended well."""
    framed: bool = True
    """Whether the boundaries of the pieces could be seen."""


class Carrier(Protocol):
    """Carries one request, and brings what comes back."""

    async def ask(self, request: Request) -> Got:
        """Send it as it was recorded."""


class Within:
    """Within the process: through matching, redaction, and the player's own stream."""

    def __init__(self, answers: Answers, speed: float | None) -> None:
        """`speed` as in `How`."""
        self._answers = answers
        self._pace = Pace(speed)

    async def ask(self, request: Request) -> Got:
        """Send it as it was recorded."""
        found = self._answers.take(_as_sent(request))
        if isinstance(found, Miss):
            return Got(status=UNMATCHED)
        return await _played(found, self._pace)


class OverHTTP:
    """Over HTTP, a connection for each request."""

    def __init__(self, url: str) -> None:
        """To the server at `http://127.0.0.1:PORT`."""
        self._host, self._port = url.removeprefix("http://").rsplit(":", 1)

    async def ask(self, request: Request) -> Got:
        """Send it as it was recorded, but for the fields of one hop."""
        heard = _Heard()
        try:
            reader, writer = await asyncio.open_connection(self._host, int(self._port))
        except OSError as error:
            return heard.got(broken=str(error))
        try:
            writer.write(_on_wire(request, f"{self._host}:{self._port}"))
            return await _read(reader, heard, head_only=request.method == "HEAD")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def speaks_http(request: Request, expected: Playback) -> bool:
    """Whether a request and its answer can go over HTTP: a recording may hold what no wire takes."""
    status, failure = expected.status, (expected.failure or "").partition(":")[0]
    bare = status in _BODILESS or request.method == "HEAD"  # over HTTP such an answer is whole when its head is
    return (
        _METHOD.fullmatch(request.method) is not None
        and request.method not in ("CONNECT", "OPTIONS")
        and _TARGET.fullmatch(request.path) is not None
        and _fit(_kept(request.headers))
        and _fit(expected.headers)
        and (status is None or status in _STATUSES)
        and not (bare and (expected.pieces or expected.failure))
        and failure not in _SILENT
    )


def _fit(headers: Iterable[tuple[str, str]]) -> bool:
    return all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in headers)


def end_to_end(headers: Headers) -> Headers:
    """The fields that are not of one hop."""
    kept = ((name.lower(), value) for name, value in headers if name.lower() not in _HOP)
    return tuple((_latin(name), _latin(value).strip(" \t")) for name, value in kept)


def _latin(text: str) -> str:
    """As a header can carry it."""
    return text.encode("latin-1", "replace").decode("latin-1")


async def _played(found: Playback, pace: Pace) -> Got:
    """An answer, read as a client of httpx reads it."""
    stand_in = httpx.Request("GET", "http://replay/")  # only the library that it is of matters
    pieces: list[bytes] = []
    try:
        response = await answer_async(found, stand_in, pace)
    except httpx.TransportError as error:
        return Got(broken=_words(error))
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        async for piece in response.stream:
            pieces.append(piece)  # noqa: PERF401 - what came before a failure counts
    except httpx.TransportError as error:
        return Got(status=response.status_code, headers=headers, pieces=tuple(pieces), broken=_words(error))
    return Got(status=response.status_code, headers=headers, pieces=tuple(pieces))


def _words(error: httpx.TransportError) -> str:
    return f"{type(error).__name__}: {error}"


def _as_sent(request: Request) -> Request:
    """The request as it goes out now: its body without the encoding that it was recorded without."""
    if not request.encoding:
        return request
    headers = tuple((name, value) for name, value in request.headers if name != "content-encoding")
    return msgspec.structs.replace(request, headers=headers, encoding="")


def _kept(headers: Headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP and not _PAGE.fullmatch(name.lower())]


def _on_wire(request: Request, host: str) -> bytes:
    body = request.body.join()
    lines = [f"{request.method} {request.path} HTTP/1.1", f"host: {host}", "connection: close"]
    lines += [f"{name}: {value}" for name, value in _kept(_as_sent(request).headers)]
    lines += [f"content-length: {len(body)}"] if body or request.method not in ("GET", "HEAD") else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


async def _read(reader: asyncio.StreamReader, heard: "_Heard", *, head_only: bool) -> Got:
    """The answer to its end, or to where it broke off."""
    try:
        while not heard.whole(head_only=head_only):
            raw = await reader.read(2**16)
            if not raw:
                return heard.got(broken=None if heard.ends_with_connection else "the connection was closed")
            heard.parser.feed_data(raw)
    except (OSError, httptools.HttpParserError) as error:
        return heard.got(broken=f"{type(error).__name__}: {error}")
    return heard.got()


class _Heard:
    """What the parser tells of one answer."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self._status: int | None = None
        self._headers: list[tuple[str, str]] = []
        self._pieces: list[bytes] = []
        self._open: list[bytes] | None = None
        self._chunked = False
        self._ended = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._status = self.parser.get_status_code()

    def on_chunk_header(self) -> None:
        self._chunked = True
        self._open = []

    def on_body(self, body: bytes) -> None:
        (self._pieces if self._open is None else self._open).append(body)

    def on_chunk_complete(self) -> None:
        if self._open:
            self._pieces.append(b"".join(self._open))
        self._open = None

    def on_message_complete(self) -> None:
        self._ended = True

    @property
    def ends_with_connection(self) -> bool:
        """Whether the end of the connection is the end of the body."""
        names = {name for name, _ in self._headers}
        return self._status is not None and not names & {"content-length", "transfer-encoding"}

    def whole(self, *, head_only: bool) -> bool:
        """Whether all has come."""
        return self._ended or (head_only and self._status is not None)

    def got(self, *, broken: str | None = None) -> Got:
        """What has come."""
        pieces = [*self._pieces, *([b"".join(self._open)] if self._open else [])]
        headers = tuple(self._headers)
        return Got(status=self._status, headers=headers, pieces=tuple(pieces), broken=broken, framed=self._chunked)
