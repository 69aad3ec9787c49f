"""A stub with a named server's manners: it serves what that server serves, and refuses what it refuses, in its words.

Beside each path for chat completions it serves `/responses` and `/messages`, streamed and whole. There it refuses only
what is no JSON object: the rules are about chat completions. Not checked on these two wires are the order of roles,
calls and their results, names and ids, the model's name, parameters, the key and `anthropic-version`.

Law: everything that it refuses comes from the profile and the rules. It records nothing, and knows no model.
"""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any

from nexdiag.codec import anthropic, jsontext, responses
from nexdiag.codec.chat import ChatRequest, decode_request, encode_reply, encode_stream
from nexdiag.core.body import Body
from nexdiag.core.endpoint import Profile, Refusal
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.finding import Finding, Severity
from nexdiag.core.message import Message, Reply, Usage
from nexdiag.lint.engine import judge_exchange
from nexdiag.lint.server import serves

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CHAT = "/chat/completions"
_RESPONSES = "/responses"
_MESSAGES = "/messages"
_MODELS = "/models"
_JSON = "application/json"
_STREAM = "text/event-stream"
_TEXT = "text/plain; charset=utf-8"
_PLACE = re.compile(r"\{([a-z_]+)\}")
_OTHER_ADDRESS = ("base-url-missing-v1", "route-not-found")
"""The statements that hold a server's words for a path that it does not serve."""
_NOTHING_HERE = Refusal(
    rule="route-not-found",
    status=404,
    body={"error": {"message": "not found: {method} {path}", "type": "not_found_error", "param": None, "code": 404}},
    source="our own words, for a profile that states none",
)
_NO_REQUEST = Refusal(
    rule="no-request",
    status=400,
    body={"error": {"message": "{reason}", "type": "invalid_request_error", "param": None, "code": 400}},
    source="our own words: no rule is about bodies that are no JSON object",
)
_NO_MESSAGES = Refusal(
    rule="no-request",
    status=400,
    body={"type": "error", "error": {"type": "invalid_request_error", "message": "{reason}"}},
    source="the same, in the shape of the Messages wire",
)
_Answer = tuple[int, str, Iterable[bytes]]
"""Status, content type and the pieces of a body."""


class StubEndpoint:
    """An ASGI application. Replies come from `script`: the n-th for the n-th user message, and again from the start."""

    def __init__(
        self,
        profile: Profile,
        *,
        script: Sequence[str] = (),
        model: str = "stub",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Behave as `profile` says; without a script, say which message was answered."""
        self._profile = profile
        self._script = tuple(script)
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

    def answer(self, method: str, path: str, body: bytes) -> _Answer:
        """Status, content type and the pieces of the body. Pure, but for the clock."""
        served = any(serves(route, path) for route in self._profile.routes)
        if served and method == "GET" and path.endswith(_MODELS):
            return 200, _JSON, [self._models()]
        if served and method == "POST" and path.endswith(_CHAT):
            return self._chat(path, body)
        if method == "POST" and self._serves_instead_of_chat(_RESPONSES, path):
            return self._responses(body)
        if method == "POST" and self._serves_instead_of_chat(_MESSAGES, path):
            return self._messages(body)
        refusals = (self._profile.refusal(rule) for rule in _OTHER_ADDRESS)
        return _refuse(next(filter(None, refusals), _NOTHING_HERE), {"method": method, "path": path})

    def _chat(self, path: str, body: bytes) -> _Answer:
        try:
            asked = decode_request(body)
        except UsageError as error:
            return _refuse(_NO_REQUEST, {"reason": error.what})
        found = self._refused(path, body)
        if found is not None:
            refusal, finding = found
            return _refuse(refusal, finding.facts)
        reply, created, habits = self._reply(asked, "chatcmpl-stub-"), int(self._clock()), self._profile.stream
        field = habits.reasoning_field or "reasoning_content"
        if not asked.stream:
            return 200, _JSON, [encode_reply(reply, created=created, reasoning_field=field)]
        usage = habits.usage == "always" or (habits.usage == "asked" and asked.include_usage)
        pieces = encode_stream(
            reply,
            created=created,
            usage=usage,
            done=habits.done,
            tool_index=habits.tool_index,
            reasoning_field=field,
        )
        return 200, _STREAM, pieces

    def _serves_instead_of_chat(self, wire: str, path: str) -> bool:
        """Whether the path is one for chat completions, but for its end."""
        ours = (route.removesuffix(_CHAT) + wire for route in self._profile.routes if route.endswith(_CHAT))
        return any(serves(route, path) for route in ours)

    def _responses(self, body: bytes) -> _Answer:
        try:
            asked = responses.decode_request(body)
        except UsageError as error:
            return _refuse(_NO_REQUEST, {"reason": error.what})
        reply, created = self._reply(asked, "resp_stub_"), int(self._clock())
        if not asked.stream:
            return 200, _JSON, [responses.encode_reply(reply, created=created)]
        return 200, _STREAM, responses.encode_stream(reply, created=created)

    def _messages(self, body: bytes) -> _Answer:
        try:
            asked = anthropic.decode_request(body)
        except UsageError as error:
            return _refuse(_NO_MESSAGES, {"reason": error.what})
        reply = self._reply(asked, "msg_stub_")
        if not asked.stream:
            return 200, _JSON, [anthropic.encode_reply(reply)]
        return 200, _STREAM, anthropic.encode_stream(reply)

    def _refused(self, path: str, body: bytes) -> tuple[Refusal, Finding] | None:
        """The first thing in the request that this server refuses."""
        request = Request(method="POST", url=f"http://127.0.0.1{path}", body=Body.of(body))
        for finding in judge_exchange(Exchange(id=0, started=0.0, request=request), self._profile):
            refusal = self._profile.refusal(finding.rule)
            if refusal is not None and finding.severity is Severity.ERROR:
                return refusal, finding
        return None

    def _reply(self, asked: ChatRequest, name: str) -> Reply:
        number = max(1, sum(message.role == "user" for message in asked.messages))
        text = self._script[(number - 1) % len(self._script)] if self._script else f"This answers message {number}."
        return Reply(
            message=Message(role="assistant", content=text),
            finish_reason="stop",
            usage=Usage(
                input_tokens=sum(len(message.text.split()) for message in asked.messages),
                output_tokens=len(text.split()),
            ),
            response_id=f"{name}{number}",
            model=asked.model or self._model,
        )

    def _models(self) -> bytes:
        entry = {
            "id": self._model,
            "object": "model",
            "created": int(self._clock()),
            "owned_by": self._profile.name,
        }
        return jsontext.write({"object": "list", "data": [entry]})


def _refuse(refusal: Refusal, facts: dict[str, str]) -> _Answer:
    body = filled(refusal.body, facts)
    if isinstance(body, str):
        return refusal.status, _TEXT, [body.encode("utf-8", "replace")]
    return refusal.status, _JSON, [jsontext.write(body)]


def filled(body: Any, facts: dict[str, str]) -> Any:  # noqa: ANN401 - a JSON body, or text
    """The body of a refusal with each `{name}` in its strings filled from the facts; unknown names stay."""
    if isinstance(body, str):
        return _PLACE.sub(lambda place: facts.get(place[1], place[0]), body)
    if isinstance(body, dict):
        return {key: filled(value, facts) for key, value in body.items()}
    if isinstance(body, list):
        return [filled(value, facts) for value in body]
    return body


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
