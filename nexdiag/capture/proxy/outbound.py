"""A connection to the upstream: sends a request that is whole, and tells its passage what comes back."""

import asyncio
import select
from collections.abc import Callable
from typing import Protocol, cast

import httptools

from nexdiag.http1.heads import Asked, Framing, Pairs, framing

_LONGEST_HEAD = 256 * 1024
_SLICE = 256 * 1024
"""Bytes of a request's body that are handed to the transport at once."""
_INFORMATION = range(100, 200)
_SWITCHING = 101
_LEAST, _MOST = 200, 999
_SILENT = "Server disconnected without sending a response."
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods whose request may be sent twice (RFC 9110, section 9.2.2): done twice is done once."""


class Carried(Protocol):
    """What it carries a request of, and tells of the answer."""

    asked: Asked

    def head(self, status: int, reason: bytes, headers: Pairs, framed: Framing) -> None:
        """The head of the answer came."""

    def piece(self, piece: bytes) -> None:
        """A piece of its body came."""

    def flush(self) -> None:
        """What came together has been told."""

    def end(self) -> None:
        """The answer is whole."""

    def again(self) -> None:
        """The connection was closed before anything of an answer came: another may be tried."""

    def broken(self, failure: str, *, left: bool = False) -> None:
        """The answer broke off, or never began."""


class Outbound(asyncio.Protocol):
    """One connection. It carries one passage at a time, and is idle between two."""

    def __init__(self, idle: Callable[["Outbound"], None]) -> None:
        """`idle` hears when it may carry another passage."""
        self._idle = idle
        self._parser = httptools.HttpResponseParser(self)
        self._passage: Carried | None = None
        self._transport: asyncio.Transport | None = None
        self._unsent = memoryview(b"")
        self._full = False
        self.used = False
        """Whether it has carried a passage before: then the upstream may have closed it unnoticed."""
        self._begin("")

    def _begin(self, method: str) -> None:
        self._method = method
        self._answered = False
        self._headless = 0
        self._headers: Pairs = []
        self._reason = b""
        self._framing: Framing | None = None
        self._stray = False
        self._size = 0
        self._keeps = False
        self._last = False

    @property
    def open(self) -> bool:
        """Whether it can still be used."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def idle(self) -> bool:
        """Whether it can carry a request: nothing has come, neither its end nor what nobody has asked for."""
        if self._transport is None or self._transport.is_closing():
            return False
        look = select.poll()
        look.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return not look.poll(0)

    def carry(self, passage: Carried, head: bytes, body: bytes) -> None:
        """Send a request; its answer is told to the passage."""
        self._begin(passage.asked.method)
        self._passage = passage
        if len(body) <= _SLICE:
            self._write(head + body)
        else:
            self._write(head)
            self._unsent = memoryview(body)
            self._send()

    def end_sending(self) -> None:
        """The client sends no more. The upstream sees it as it would without us, and takes it as it does."""
        self._last = True
        self._send()

    def abandon(self) -> None:
        """Nobody wants the answer any more: end it, so that the upstream ends its work."""
        self._passage = None
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """The client takes no more for now: neither do we."""
        if self.open:
            cast("asyncio.Transport", self._transport).pause_reading()

    def resume(self) -> None:
        """The client takes more."""
        if self.open:
            cast("asyncio.Transport", self._transport).resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)

    def pause_writing(self) -> None:
        """The upstream takes no more for now."""
        self._full = True

    def resume_writing(self) -> None:
        """The upstream takes more."""
        self._full = False
        self._send()

    def _send(self) -> None:
        while self._unsent and not self._full and self.open:
            piece, self._unsent = self._unsent[:_SLICE], self._unsent[_SLICE:]
            self._write(piece)
        transport = self._transport
        if self._last and not self._unsent and transport is not None and self.open and transport.can_write_eof():
            transport.write_eof()

    def _write(self, piece: bytes | memoryview) -> None:
        if self._transport is not None:
            self._transport.write(piece)

    def data_received(self, data: bytes) -> None:
        """Something came back."""
        passage = self._passage
        if passage is None:  # nobody has asked for it
            self.abandon()
            return
        self._answered = True
        if self._framing is None:
            self._headless += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._stray = True
            if self._passage is not None:
                self._break(f"RemoteProtocolError: {error.__context__ or error}")
                return
        if self._passage is None:
            self._ended(passage)
        elif self._framing is None and self._headless > _LONGEST_HEAD:
            self._break("RemoteProtocolError: the head of the answer is too long")
        else:
            passage.flush()

    def _ended(self, passage: Carried) -> None:
        if self._keeps and not self._stray and not self._unsent and not self._last and self.open:
            self.used = True
            self.resume()
            self._idle(self)
        else:
            self.abandon()
        passage.end()

    def _break(self, failure: str) -> None:
        passage = self._passage
        self.abandon()
        if passage is not None:
            passage.broken(failure)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed: the end of an answer that has no other, or the end of one that is cut."""
        passage, self._passage = self._passage, None
        if passage is None:
            return
        if self._framing is Framing.CLOSE and exc is None:
            passage.end()
        elif self._framing is not None:
            passage.broken(_failure(exc, self._cut), left=self._last)
        elif self.used and not self._answered and not self._last and self._method in _IDEMPOTENT:
            passage.again()
        else:
            failure = _failure(exc, "the head of the answer was cut" if self._answered else _SILENT)
            passage.broken(failure, left=self._last)

    @property
    def _cut(self) -> str:
        if self._framing is Framing.CHUNKED:
            return "peer closed connection without sending complete message body (incomplete chunked read)"
        return f"peer closed connection without sending complete message body (received {self._size} bytes)"

    # What the parser tells, in the order of the wire.

    def on_message_begin(self) -> None:
        """An answer begins."""
        if self._passage is None:
            self._stray = True
        else:
            self._headers = []
            self._reason = b""

    def on_status(self, reason: bytes) -> None:
        """Some of the reason phrase."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or one of a trailer, which is left away."""
        if self._framing is None:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is there. Leave to go on (100) and hints (103) are not answers."""
        status = self._parser.get_status_code()
        if self._passage is None or (status in _INFORMATION and status != _SWITCHING):
            return
        if self._framing is not None or not _LEAST <= status <= _MOST:
            raise ValueError(f"an answer with status {status}")
        framed = framing(self._method, status, self._headers)
        self._framing = framed
        self._passage.head(status, self._reason, self._headers, framed)
        if self._method == "HEAD":  # the parser would wait for the body whose length is told
            self._stray = True
            self._passage = None

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        if self._passage is not None:
            self._size += len(piece)
            self._passage.piece(piece)

    def on_message_complete(self) -> None:
        """The answer is whole."""
        if self._framing is not None and self._passage is not None:
            self._keeps = self._parser.should_keep_alive()
            self._passage = None


def _failure(exc: Exception | None, words: str) -> str:
    """What httpx would raise."""
    if exc is None:
        return f"RemoteProtocolError: {words}"
    return f"ReadError: {exc}" if str(exc) else "ReadError"
