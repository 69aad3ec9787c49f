"""A client's connection: its requests, one after the other, each read whole and judged before it is answered."""

import asyncio
import contextlib
import fcntl
import socket
import struct
import termios
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

import httptools

from nexdiag.http1 import heads, refusal
from nexdiag.http1.heads import Asked, Pairs
from nexdiag.http1.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import MutableSet

_LONGEST_HEAD = 64 * 1024
_AROUND = 4
"""Bytes of a header field beside its name and value."""
_LARGEST_BODY = 512 * 1024**2
_HIGH = 256 * 1024
"""Bytes that wait for a slow client before its answer is made to wait."""
_LINGER = 1.0
"""Seconds in which a client that was refused may still send what nobody reads, so that it gets to read the refusal."""
_INT = struct.Struct("i")
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER, on, with no seconds: closing is a reset, and no end that a client could take for a good one."""


class Answering(Protocol):
    """One request that is being answered. It ends by telling its connection `finished` or `cut`, once."""

    def start(self) -> None:
        """Begin; it may end before this returns."""

    def pause(self) -> None:
        """The client takes no more for now."""

    def resume(self) -> None:
        """The client takes more."""

    def client_gone(self) -> None:
        """The connection is closed: nothing can be told any more."""

    def client_ended(self) -> None:
        """The client has closed its sending side: it has gone, or waits for its answer and will ask nothing more."""


class Answerer(Protocol):
    """Who answers the requests of a server's connections."""

    name: str
    """What the server is called in its own words to clients."""
    half_closed: bool
    """Whether a client that has closed its sending side still gets its answer."""

    def judge(self, method: str, target: bytes, version: str, headers: Pairs) -> Refusal | None:
        """Why a request is refused, by its head; `heads.refused`, and what the server itself does not want."""

    def answer(self, asked: Asked, connection: "Inbound") -> Answering:
        """Whoever answers a request that is whole."""


class Inbound(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, answerer: Answerer, connections: "MutableSet[Inbound]") -> None:
        """It is a member of `connections` as long as it is open."""
        self._answerer = answerer
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[Asked | Refusal] = deque()
        self._answering: Answering | None = None
        self._full = False
        self._deaf = False
        """Nothing more is read from this client as requests: it was refused, or wants the connection closed."""
        self._paused = False
        self._sends = True
        """It has not closed its sending side."""
        self._taking = False
        self._begin()

    def _begin(self) -> None:
        self._target = b""
        self._headers: Pairs = []
        self._body: list[bytes] = []
        self._size = 0
        self._in_head = True
        self._head_size = 0
        self._idle = 0
        """Bytes since the last ones of the body: the parser keeps all that stands behind the last chunk."""
        self._wants_leave = False
        self._refusal: Refusal | None = None

    # The connection.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HIGH)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        del exc
        self._connections.discard(self)
        self._transport = None
        self._deaf = True
        self._waiting.clear()
        answering, self._answering = self._answering, None
        if answering is not None:
            answering.client_gone()

    def eof_received(self) -> bool:
        """The client sends no more: it has gone, or waits for what it has asked for. Whether it gets that.

        Which of the two it is, nothing on the wire tells: the answerer decides.
        """
        self._sends = False
        self._deaf = True
        if not self._answerer.half_closed:
            return False
        self._tell_last()
        return self._answering is not None or bool(self._waiting)

    def _tell_last(self) -> None:
        if self._answering is not None and not self._sends and not self._waiting:
            self._answering.client_ended()

    def pause_writing(self) -> None:
        """The client takes no more for now."""
        self._full = True
        if self._answering is not None:
            self._answering.pause()

    def resume_writing(self) -> None:
        """The client takes more."""
        self._full = False
        if self._answering is not None:
            self._answering.resume()

    def data_received(self, data: bytes) -> None:
        """A client has sent something."""
        if self._deaf:
            return
        if self._in_head:
            self._head_size += len(data)
        else:
            self._idle += len(data)
        self._feed(data)
        if not self._deaf and (self._head_size if self._in_head else self._idle) > _LONGEST_HEAD:
            self._refuse(refusal.TOO_LONG if self._in_head else refusal.TRAILER)
        self._next()

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._deaf:
                return
            if not heads.is_upgrade_to_http2(self._headers):
                self._refuse(refusal.UPGRADE)
            else:
                self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            if not self._deaf:  # else the last request is already whole, and what follows it does not count
                self._refuse(self._refusal or refusal.malformed(str(error)))

    def _stay(self, rest: bytes) -> None:
        """Take no offer of HTTP/2: read the request again without it. Then the parser reads its body, too."""
        kept = [pair for pair in self._headers if pair[0].lower() not in (b"upgrade", b"connection", b"http2-settings")]
        head = heads.request_head(self._parser.get_method().decode("ascii"), self._target.decode("latin-1"), kept)
        self._parser = httptools.HttpRequestParser(self)
        self._feed(head + rest)

    def _refuse(self, why: Refusal) -> None:
        self._deaf = True
        self._waiting.append(why)

    # What the parser tells, in the order of the wire.

    def on_message_begin(self) -> None:
        """A request begins."""
        self._begin()

    def on_url(self, piece: bytes) -> None:
        """Some of its target."""
        self._target += piece
        self._grown(len(piece))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or one of a trailer, which is left away."""
        if self._in_head:
            self._headers.append((name, value))
            self._grown(len(name) + len(value) + _AROUND)

    def _grown(self, size: int) -> None:
        self._size += size
        if self._size > _LONGEST_HEAD:
            self._stop(refusal.TOO_LONG)

    def _stop(self, why: Refusal) -> None:
        self._refusal = why
        raise ValueError(why.what)

    def on_headers_complete(self) -> None:
        """The head is there: judge it."""
        method, version = self._parser.get_method().decode("ascii"), self._parser.get_http_version()
        why = self._answerer.judge(method, self._target, version, self._headers)
        if why is None and heads.declared(self._headers) > _LARGEST_BODY:
            why = refusal.TOO_LARGE
        if why is not None:
            self._stop(why)
        self._in_head = False
        self._size = self._head_size = 0
        if self._parser.should_upgrade():
            return
        if heads.expects_continue(self._headers):
            self._wants_leave = True
            self._give_leave()

    def _give_leave(self) -> None:
        """Let the client send the body that it waits with: when all answers before it are given."""
        if self._wants_leave and self._answering is None and not self._waiting:
            self._wants_leave = False
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        self._idle = 0
        self._size += len(piece)
        if self._size > _LARGEST_BODY:
            self._stop(refusal.TOO_LARGE)
        self._body.append(piece)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._parser.should_upgrade():
            return
        version = self._parser.get_http_version()
        keep = heads.keeps_connection(version, self._headers)
        asked = Asked(
            method=self._parser.get_method().decode("ascii"),
            target=self._target.decode("latin-1"),
            headers=self._headers,
            body=b"".join(self._body),
            modern=version == "1.1",
            keep=keep,
        )
        self._begin()
        self._waiting.append(asked)
        self._deaf = self._deaf or not keep

    # What goes back.

    def _next(self) -> None:
        """Take up the next request, if none is under way. While one waits no more is read.

        An answer may be finished before its `start` returns: then the loop that started it goes on, and no other.
        """
        if self._taking:
            return
        self._taking = True
        try:
            self._take_all()
        finally:
            self._taking = False
        self._hold(bool(self._waiting))

    def _take_all(self) -> None:
        while self._answering is None and self._waiting and self._transport is not None:
            asked = self._waiting.popleft()
            if isinstance(asked, Refusal):
                self.send(asked.encode(by=self._answerer.name))
                self._end()
                return
            self._answering = self._answerer.answer(asked, self)
            if self._full:
                self._answering.pause()
            self._answering.start()
            self._tell_last()

    def _hold(self, wanted: bool) -> None:
        if self._transport is None or wanted is self._paused or self._transport.is_closing():
            return
        self._paused = wanted
        turn: Callable[[], None] = self._transport.pause_reading if wanted else self._transport.resume_reading
        turn()

    @property
    def unsent(self) -> int:
        """Bytes that the client's system has not taken yet, as far as this one tells: a reset would lose them."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return 0
        waiting = bytearray(_INT.size)
        with contextlib.suppress(OSError):  # not every system tells it of sockets
            fcntl.ioctl(transport.get_extra_info("socket"), termios.TIOCOUTQ, waiting)
        queued: int = _INT.unpack(waiting)[0]
        return transport.get_write_buffer_size() + queued

    def send(self, piece: bytes) -> None:
        """Hand bytes to the client."""
        if self._transport is not None:
            self._transport.write(piece)

    def finished(self, *, keep: bool) -> None:
        """The answer under way is handed on, whole."""
        self._answering = None
        if self._transport is None:
            return
        if not keep or not (self._sends or self._waiting):
            self._end()
            return
        self._next()
        self._give_leave()

    def cut(self, *, hard: bool) -> None:
        """The answer under way broke off: the client must see it break, and not end."""
        self._answering = None
        if self._transport is None:
            return
        if hard:  # the connection's end would be the body's end
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()
        else:
            self._transport.close()

    def _end(self) -> None:
        """Close what is written out; a client that is still sending gets a moment to read it."""
        if self._transport is None or self._transport.is_closing():
            return
        self.stop()
        if not self._sends:
            self._transport.close()
            return
        self._hold(False)
        self._transport.write_eof()
        asyncio.get_running_loop().call_later(_LINGER, self._transport.close)

    def stop(self) -> None:
        """Take no further request."""
        self._deaf = True
        self._waiting.clear()

    def abort(self) -> None:
        """Close it, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()
