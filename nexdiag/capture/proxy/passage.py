"""One exchange under way: a request of a client, and the answer as it comes back, with the recorder beside it."""

import asyncio
from typing import Protocol

from nexdiag.capture.proxy import refusal
from nexdiag.capture.proxy.heads import onward
from nexdiag.capture.proxy.kept import Keeper
from nexdiag.capture.proxy.outbound import Outbound
from nexdiag.capture.proxy.pool import Pool
from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.capture.recorder import CLIENT_CLOSED
from nexdiag.core.body import Body
from nexdiag.core.exchange import Request
from nexdiag.http1 import heads
from nexdiag.http1.heads import Asked, Framing, Pairs
from nexdiag.http1.refusal import Refusal


class Asker(Protocol):
    """The connection that asked."""

    def send(self, piece: bytes) -> None:
        """Hand bytes to the client."""

    def finished(self, *, keep: bool) -> None:
        """The answer is whole; `keep`: the connection may be used again."""

    def cut(self, *, hard: bool) -> None:
        """The answer broke off: the client must see it break, and not end."""


class Side:
    """What all passages share: the answerer of the proxy's connections."""

    name = "proxy"

    def __init__(self, upstream: Upstream, pool: Pool, keeper: Keeper) -> None:
        """The upstream, its connections, and who keeps what passes."""
        self.upstream = upstream
        self.authority = upstream.authority.encode("ascii")
        self.pool = pool
        self.keeper = keeper
        self.half_closed = not upstream.secure
        """The upstream is told so, and judges as it would have without us. Through TLS it cannot be told."""

    def judge(self, method: str, target: bytes, version: str, headers: Pairs) -> Refusal | None:
        """Why a request is not passed on."""
        return heads.refused(method, target, version, headers)

    def answer(self, asked: Asked, connection: Asker) -> "Passage":
        """Pass a request on."""
        return Passage(self, connection, asked)


class Passage:
    """One exchange."""

    def __init__(self, side: Side, inbound: Asker, asked: Asked) -> None:
        """A request is whole, and fit to be passed on."""
        self.asked = asked
        self._side = side
        self._inbound = inbound
        self._outbound: Outbound | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._paused = False
        self._parts: list[bytes] = []
        self._framing: Framing | None = None
        self._keep = asked.keep
        self._over = False
        self._handed = False
        self._last = False

    def start(self) -> None:
        """Send the request on, and tell the recorder."""
        asked, upstream = self.asked, self._side.upstream
        target = upstream.target(asked.target)
        sent = onward(asked, self._side.authority)
        self._head = heads.request_head(asked.method, target, sent)
        self._go(self._side.pool.take())
        request = Request(
            method=asked.method,
            url=f"{upstream.origin}{target}",
            headers=heads.words(sent),
            body=Body.of(asked.body),
        )
        self._kept = self._side.keeper.begin(request, len(asked.body))

    def _go(self, outbound: Outbound | None) -> None:
        if outbound is None:
            self._connecting = asyncio.get_running_loop().create_task(self._connect())
            return
        self._outbound = outbound
        outbound.carry(self, self._head, self.asked.body)
        if self._last:
            outbound.end_sending()
        if self._paused:
            outbound.pause()

    async def _connect(self) -> None:
        try:
            outbound = await self._side.pool.connect()
        except TimeoutError:
            self.broken("ConnectTimeout")
        except OSError as error:
            self.broken(f"ConnectError: {error.strerror or error}")
        except Exception as error:  # noqa: BLE001 - whatever a name or a certificate has brought about
            self.broken(f"ConnectError: {type(error).__name__}: {error}")
        else:
            self._go(outbound)

    # What the client's side tells.

    def client_gone(self) -> None:
        """The client wants no more of it."""
        if self._over:
            return
        self._over = True
        self._let_go()
        self._kept.end(CLIENT_CLOSED)

    def client_ended(self) -> None:
        """The client has closed its sending side: so does this one."""
        self._last = True
        if self._outbound is not None:
            self._outbound.end_sending()

    def pause(self) -> None:
        """The client takes no more for now."""
        self._paused = True
        if self._outbound is not None:
            self._outbound.pause()

    def resume(self) -> None:
        """The client takes more."""
        self._paused = False
        if self._outbound is not None:
            self._outbound.resume()

    def _let_go(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        if self._outbound is not None:
            self._outbound.abandon()
            self._outbound = None

    # What the upstream's side tells.

    def head(self, status: int, reason: bytes, headers: Pairs, framed: Framing) -> None:
        """The answer begins."""
        self._kept.head(status, heads.words(headers))
        self._framing = heads.toward(framed, self.asked)
        self._keep = self.asked.keep and self._framing is not Framing.CLOSE
        self._parts.append(heads.response_head(status, reason, headers, self._framing, keep=self._keep))

    def piece(self, piece: bytes) -> None:
        """A piece of its body."""
        self._kept.chunk(piece)
        if self._framing is Framing.CHUNKED:
            self._parts.append(b"%x\r\n%b\r\n" % (len(piece), piece))
        else:
            self._parts.append(piece)

    def flush(self) -> None:
        """Hand on what has come."""
        if self._parts:
            self._inbound.send(b"".join(self._parts))
            self._parts.clear()

    def end(self) -> None:
        """The answer is whole. Its last piece, and nothing but that, may wait until it is kept."""
        if self._framing is Framing.CHUNKED:
            self._parts.append(b"0\r\n\r\n")
        self._over = True
        self._outbound = None
        self._kept.end(None, self._finish)
        if not self._handed:
            held = 2 if self._framing is Framing.CHUNKED else 1
            last, self._parts[-held:] = self._parts[-held:], []
            self.flush()
            self._parts = last

    def _finish(self) -> None:
        self._handed = True
        self.flush()
        self._inbound.finished(keep=self._keep)

    def again(self) -> None:
        """The upstream closed a connection that was idle, and the request may be sent twice: a new one."""
        self._outbound = None
        self._go(None)

    def broken(self, failure: str, *, left: bool = False) -> None:
        """The upstream broke off, or never answered; `left`: when the client had closed its side before."""
        if self._over:
            return
        self._over = True
        self._outbound = None
        self._kept.end(CLIENT_CLOSED if left else failure, lambda: self._cut(failure))

    def _cut(self, failure: str) -> None:
        if self._framing is None:
            told = refusal.unreachable(self._side.upstream.origin, failure)
            self._inbound.send(told.encode(bodiless=self.asked.method == "HEAD", close=not self.asked.keep))
            self._inbound.finished(keep=self.asked.keep)
        else:
            self.flush()
            self._inbound.cut(hard=self._framing is Framing.CLOSE)
