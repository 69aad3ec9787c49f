"""A server for tests that counts: each answer says which it is, and what was asked for."""

import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.endpoint.serving import running


class Counting:
    """The server, as its clients know it."""

    def __init__(self) -> None:
        """It has answered nothing yet."""
        self.url = ""
        self.asked: list[str] = []
        """The paths that were asked for."""

    async def app(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """An ASGI application."""
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.asked.append(scope["path"])
        said = msgspec.json.encode({"n": len(self.asked), "path": scope["path"], "asked": body.decode()})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})


@contextlib.contextmanager
def counting() -> Iterator[Counting]:
    """Serve until the block ends."""
    server = Counting()

    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI, as a plain function
        await server.app(scope, receive, send)

    with running(app) as server.url:
        yield server
