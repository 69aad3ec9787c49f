"""The four sorts of client that are recorded and played: httpx and httpx2, sync and async, driven the same way."""

# ruff: noqa: ANN401 - the two libraries have no type in common

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import httpx
import httpx2
import msgspec
import pytest

_END = object()


class Way(msgspec.Struct, frozen=True):
    """One sort of client."""

    library: ModuleType
    sync: bool

    def live(self) -> Any:
        """A transport to a real server."""
        return self.library.HTTPTransport() if self.sync else self.library.AsyncHTTPTransport()

    @contextlib.asynccontextmanager
    async def client(self, transport: Any = None, **more: Any) -> AsyncIterator["Client"]:
        """A client; the sync one works in threads, as a loop's tests want it."""
        transport = self.live() if transport is None else transport
        if self.sync:
            with self.library.Client(transport=transport, trust_env=False, **more) as opened:
                yield Client(opened, sync=True)
        else:
            async with self.library.AsyncClient(transport=transport, trust_env=False, **more) as opened:
                yield Client(opened, sync=False)


class Client:
    """Sends requests, and reads their answers piece by piece."""

    def __init__(self, opened: Any, *, sync: bool) -> None:
        self._opened = opened
        self._sync = sync

    async def send(self, method: str, url: str, **more: Any) -> Any:
        """A response whose body is not read yet."""
        request = self._opened.build_request(method, url, **more)
        if self._sync:
            return await asyncio.to_thread(self._opened.send, request, stream=True)
        return await self._opened.send(request, stream=True)

    async def pieces(self, response: Any) -> AsyncIterator[bytes]:
        """The body as it comes."""
        if not self._sync:
            async for piece in response.aiter_raw():
                yield piece
            return
        coming = response.iter_raw()
        while (piece := await asyncio.to_thread(next, coming, _END)) is not _END:
            yield piece

    async def close(self, response: Any) -> None:
        """Read no more of it."""
        await (asyncio.to_thread(response.close) if self._sync else response.aclose())

    async def body(self, method: str, url: str, **more: Any) -> tuple[int, list[bytes]]:
        """Status and all pieces."""
        response = await self.send(method, url, **more)
        try:
            return response.status_code, [piece async for piece in self.pieces(response)]
        finally:
            await self.close(response)


WAYS = [Way(library, sync) for library in (httpx, httpx2) for sync in (False, True)]
every_way = pytest.mark.parametrize(
    "way", WAYS, ids=[f"{way.library.__name__}-{'sync' if way.sync else 'async'}" for way in WAYS]
)
