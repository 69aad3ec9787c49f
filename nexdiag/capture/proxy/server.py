"""The proxy as a whole: it listens on this machine, and ends with everything kept."""

import asyncio
import ssl

from nexdiag.capture.proxy.kept import Keeper
from nexdiag.capture.proxy.passage import Side
from nexdiag.capture.proxy.pool import Pool
from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.http1.inbound import Inbound

_BACKLOG = 512


class Proxy:
    """Passes requests on to one upstream. It lives in the loop in which it was started."""

    def __init__(self, upstream: Upstream, keeper: Keeper, *, tls: ssl.SSLContext | None = None) -> None:
        """`tls` is wanted for an upstream of https."""
        self._keeper = keeper
        self._pool = Pool(upstream, tls)
        self._side = Side(upstream, self._pool, keeper)
        self._connections: set[Inbound] = set()
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Listen, and return the address, without `/v1`. Raises OSError if the port cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Inbound(self._side, self._connections), host, port, backlog=_BACKLOG
        )
        return f"http://{host}:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Take no more; keep what is under way as far as it came; cut its connections."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.stop()
        await self._keeper.close()
        for connection in list(self._connections):
            connection.abort()
        self._pool.close()
        await asyncio.sleep(0)  # the connections are closed when the loop has come round
