"""Connections to the upstream: made when they are needed, kept when they are idle."""

import asyncio
import ssl

from nexdiag.capture.proxy.outbound import Outbound
from nexdiag.capture.proxy.upstream import Upstream

_PATIENCE = 30.0
"""Seconds to connect. It is the only clock of the proxy: how long an answer may take is the client's to say."""
_IDLE = 128
"""How many idle connections are kept."""


class Pool:
    """The connections to one upstream."""

    def __init__(self, upstream: Upstream, tls: ssl.SSLContext | None) -> None:
        """`tls` is for an upstream that is spoken to through TLS."""
        self._upstream = upstream
        self._tls = tls
        self._idle: list[Outbound] = []

    def take(self) -> Outbound | None:
        """The connection that was used last, if one is idle."""
        while self._idle:
            outbound = self._idle.pop()
            if outbound.idle:
                return outbound
            outbound.abandon()
        return None

    async def connect(self) -> Outbound:
        """A new connection. Raises OSError (TimeoutError among them)."""
        loop = asyncio.get_running_loop()
        name = self._upstream.host if self._tls is not None else None
        async with asyncio.timeout(_PATIENCE):
            _, outbound = await loop.create_connection(
                lambda: Outbound(self.give_back),
                self._upstream.host,
                self._upstream.port,
                ssl=self._tls,
                server_hostname=name,
            )
        return outbound

    def give_back(self, outbound: Outbound) -> None:
        """It is idle."""
        if len(self._idle) < _IDLE:
            self._idle.append(outbound)
        else:
            outbound.abandon()

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().abandon()
