"""A server in a thread with a loop of its own, for as long as a `with` block lasts."""

import asyncio
import threading
from typing import Protocol

from nexdiag.core.errors import EndpointError


class Server(Protocol):
    """What listens: the recording proxy, the replay server."""

    async def start(self, port: int = 0) -> str:
        """Listen, and return the address, without `/v1`. Raises OSError if the port cannot be had."""

    async def close(self) -> None:
        """Take no more, and end what is under way."""


class ServerThread:
    """Starts it, and ends it."""

    def __init__(self, server: Server, port: int, name: str) -> None:
        """Port 0 is any that is free."""
        self._server = server
        self._port = port
        self._ready = threading.Event()
        self._url = ""
        self._failed: OSError | OverflowError | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> str:
        """Listen, and say where. Raises `EndpointError` if the port cannot be had."""
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            self._thread.join()
            why = getattr(self._failed, "strerror", None) or self._failed
            hint = "port 0, or no --port, picks a free one"
            raise EndpointError(f"cannot listen on port {self._port}: {why}", hint=hint)
        return self._url

    def __exit__(self, *error: object) -> None:
        """End whatever is under way."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            self._url = await self._server.start(self._port)
        except (OSError, OverflowError) as error:  # OverflowError: no port has such a number
            self._failed = error
            return
        finally:
            self._ready.set()
        await self._over.wait()
        await self._server.close()
