"""The stub as an ASGI application: which question a request is, and who of the stub answers it.

Beside each path for chat completions it serves `/responses` and `/messages`, streamed and whole, also where the server
itself does not: a client of any dialect can be tried against the checks of any server.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any

from nexdiag.codec import jsontext
from nexdiag.codec.wire import DIALECTS, wire_of
from nexdiag.core.endpoint import Profile, Wire
from nexdiag.core.errors import UsageError
from nexdiag.endpoint.stub import beside, refusing, speaking
from nexdiag.endpoint.stub.answers import Answer, Script, reply
from nexdiag.endpoint.stub.calling import id_form
from nexdiag.endpoint.stub.refusing import Refused
from nexdiag.lint.server import serves

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CHAT = DIALECTS["chat"].route
_JSON = "application/json"
_STREAM = "text/event-stream"
_TEXT = "text/plain; charset=utf-8"
_Answered = tuple[int, str, Iterable[bytes]]
"""Status, content type and the pieces of a body."""


class StubEndpoint:
    """An ASGI application. Replies come from `script`: one for each that was asked for, and again from the start."""

    def __init__(
        self,
        profile: Profile,
        *,
        script: Sequence[str | Answer] = (),
        model: str = "stub",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Behave as `profile` says; without a script, say which message was answered, and call a tool if asked to."""
        self._profile = profile
        self._script = Script(script)
        self._model = model
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            raise UsageError(f"wanted an HTTP request, found {scope['type']}")
        body = await _body(receive)
        status, kind, pieces = self.answer(scope["method"], scope["path"], body)
        headers = [(b"content-type", kind.encode())]
        if self._profile.server_header:
            headers.append((b"server", self._profile.server_header.encode()))
        if kind != _STREAM:
            pieces = [b"".join(pieces)]
            headers.append((b"content-length", str(len(pieces[0])).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def answer(self, method: str, path: str, body: bytes) -> _Answered:
        """Status, content type and the pieces of the body. Pure, but for the clock, and the failures of a script."""
        wire = self._wire(path)
        if wire is not None:
            return self._ask(wire, path, body) if method == "POST" else _told(refusing.no_method(self._profile, method))
        route = next((route for route in self._profile.routes if serves(route, path)), None)
        told = None if route is None else beside.told(self._profile, path, self._model, int(self._clock()))
        if told is None:
            return _told(refusing.no_route(self._profile, method, path))
        if method not in told.methods:
            return _told(refusing.no_method(self._profile, method, path))
        return 200, _JSON, [jsontext.write(told.value)]

    def _wire(self, path: str) -> Wire | None:
        """In which dialect a model is asked at this path; None if it is not."""
        wire = wire_of(f"http://127.0.0.1{path}")
        if wire is None:
            return None
        own = DIALECTS[wire].route
        routes = self._profile.routes
        beside_chat = (route.removesuffix(_CHAT) + own for route in routes if route.endswith(_CHAT))
        return wire if any(serves(route, path) for route in (*routes, *beside_chat)) else None

    def _ask(self, wire: Wire, path: str, body: bytes) -> _Answered:
        """What the server says to a model's question: a refusal, a failure of the script, or a reply."""
        try:
            asked = DIALECTS[wire].decode_request(body)
        except UsageError as error:
            return _told(refusing.unreadable(self._profile, wire, body, error.what))
        refused = refusing.refused(self._profile, wire, path, body, model=asked.model)
        if refused is not None:
            return _told(refused)
        answer = self._script.answer(asked)
        if answer is not None and answer.failure:
            return _told(refusing.on_purpose(self._profile, wire, answer.status, answer.body))
        said = reply(asked, answer, model=asked.model or self._model, call_id=id_form(self._profile))
        how = speaking.Manner(
            wire=wire, profile=self._profile, created=int(self._clock()), include_usage=asked.include_usage
        )
        if not asked.stream:
            return 200, _JSON, [speaking.whole(said, how)]
        return 200, _STREAM, speaking.streamed(said, how)


def _told(refused: Refused) -> _Answered:
    if isinstance(refused.body, str):
        return refused.status, _TEXT, [refused.body.encode("utf-8", "replace")]
    return refused.status, _JSON, [jsontext.write(refused.body)]


async def _body(receive: Receive) -> bytes:
    """The whole body, or what came of it before the client left."""
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


async def _live(receive: Receive, send: Send) -> None:
    """Nothing to open, nothing to close."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
