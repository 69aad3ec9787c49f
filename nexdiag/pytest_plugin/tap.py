"""What comes to a stub of a test, recorded: an ASGI application around another, which answers as ever."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Headers, Request
from nexdiag.runner.load import load
from nexdiag.runner.redaction import redactor_for
from nexdiag.runner.tape.keeper import Keeper

if TYPE_CHECKING:
    from nexdiag.endpoint.serving import Application


_PATIENCE = 2.0
"""Seconds that an answer gets to end, of which its client has all that it wanted."""


class Tap:
    """Hands each request on as it came, and keeps the exchange in a file, without its secrets."""

    def __init__(self, inner: "Application", path: Path) -> None:
        """The file is begun with the first request."""
        self.path = path
        self._inner = inner
        self._keeper = Keeper(path, "new", redactor_for((), secrets_of(os.environ)))
        self._settled = threading.Condition()
        self._open = 0

    @property
    def cassette(self) -> Cassette | None:
        """What came so far; None if nothing did. A client may have its answer before we have seen the end of it."""
        with self._settled:
            self._settled.wait_for(lambda: not self._open, _PATIENCE)
        return load(self.path) if self.path.exists() else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own
        """Answer one request, or take part in the server's life."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        body = await _whole(receive)
        self._count(1)
        passage = self._keeper.begin(_request(scope, body))
        heard = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def again() -> Any:  # noqa: ANN401 - ASGI's own
            return next(heard, None) or await receive()

        async def kept(message: Any) -> None:  # noqa: ANN401 - ASGI's own
            if message["type"] == "http.response.start":
                passage.head(message["status"], _headers(message.get("headers", ())))
            elif message.get("body"):
                passage.chunk(message["body"])
            await send(message)

        try:
            await self._inner(scope, again, kept)
        finally:
            passage.end()
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._settled:
            self._open += more
            self._settled.notify_all()

    def close(self) -> None:
        """Nothing more comes."""
        self._keeper.close(keep=True)


async def _whole(receive: Any) -> bytes:  # noqa: ANN401 - ASGI's own
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _request(scope: Any, body: bytes) -> Request:  # noqa: ANN401 - ASGI's own
    host, port = scope["server"]
    path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = scope.get("query_string", b"")
    target = path.partition(b"?")[0] + (b"?" + query if query else b"")
    url = f"http://{host}:{port}{target.decode('latin-1')}"
    return Request(method=scope["method"], url=url, headers=_headers(scope["headers"]), body=Body.of(body))


def _headers(pairs: Any) -> Headers:  # noqa: ANN401 - ASGI's own
    return tuple((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in pairs)
