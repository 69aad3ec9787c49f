"""Exchanges → shapes: each body read once, each message once a recording however often it is sent again."""

import re
from typing import Any

from nexdiag.codec import jsontext
from nexdiag.codec.body import Splitter
from nexdiag.codec.encodings import response_text
from nexdiag.codec.sse import Parser
from nexdiag.codec.wire import wire_of
from nexdiag.core.body import Body, Link
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import REFUSED, Exchange, Response
from nexdiag.diff.drift.corpus import Key, Shapes, has_error
from nexdiag.diff.drift.naming import DISCRIMINATORS, LABEL, NO_JSON, ROOT_RPC, ROOT_STREAM, endpoint_of
from nexdiag.diff.drift.seeing import Reader
from nexdiag.diff.drift.shape import Node

_FINGERPRINT = re.compile(rb'"system_fingerprint"\s*:\s*"([\x21-\x7e]{1,60}?)"')
_VERSIONS = ("x-litellm-version", "openai-version", "anthropic-version", "server")
_VERSION = re.compile(r"[\x21-\x7e]{1,60}")
_SUCCESS = 200
_DONE = "[DONE]"
_LONGEST_MEMORY = 10_000


class Learner:
    """Reads recordings into shapes, one after the other, in the order of their names."""

    def __init__(self) -> None:
        """Nothing read."""
        self.shapes = Shapes()
        self._reader = Reader()
        self._splitter = Splitter(limit=2**26)
        self._known: set[tuple[str, bytes, int]] = set()
        """The accepted entries of this recording's chats: endpoint, field, link."""
        self._held: list[Link] = []
        self._values: dict[bytes, Any] = {}

    def read(self, cassette: Cassette, name: str, server: str) -> None:
        """A recording, by the name that reports call it by; `server` is what it is known to come from, or empty."""
        self.shapes.files += 1
        self._known.clear()
        self._held.clear()
        for exchange in sorted(cassette.exchanges, key=lambda one: one.id):
            self.shapes.exchanges += 1
            self._reader.at(name, exchange.id)
            self._exchange(exchange, server or "unknown")

    def _exchange(self, exchange: Exchange, server: str) -> None:
        response = exchange.response
        if response is None:
            self.shapes.left("without an answer")
            return
        text = response_text(response)
        server = f"{server} {version}" if (version := _version(response, text, server.partition("-")[0])) else server
        self.shapes.answered_by(server)
        endpoint, method = self._endpoint(exchange)
        if response.status >= REFUSED:
            key = Key(server, "error", endpoint, f"{min(response.status, 999) // 100}xx")
            if text.strip():
                self._see(self.shapes.root(key), self._json(text, NO_JSON), (), "")
            else:
                self.shapes.left("refused without a word")
        elif response.status // 100 * 100 != _SUCCESS:
            self.shapes.left(f"answered with neither success nor refusal ({response.status})")
        elif self._answer(exchange, response, text, Key(server, "response", endpoint, "json"), method):
            self._request(exchange, Key(server, "request", endpoint, "json"), method)

    def _endpoint(self, exchange: Exchange) -> tuple[str, str]:
        """Its endpoint; for JSON-RPC also the method, as the label of a branch."""
        wire = wire_of(exchange.request.url)
        if wire is not None:
            return wire, ""
        for field in exchange.request.body.fields:
            if field.key == b'"jsonrpc"':
                methods = (one.value for one in exchange.request.body.fields if one.key == b'"method"')
                method = self._json(value) if isinstance(value := next(methods, b"null"), bytes) else None
                named = isinstance(method, str) and LABEL.fullmatch(method)
                return "jsonrpc", f"[{ROOT_RPC[0]}={method}]" if named else f"[{ROOT_RPC[0]}=?]"
        return endpoint_of(exchange.request.method, exchange.request.path), ""

    def _answer(self, exchange: Exchange, response: Response, text: bytes, key: Key, method: str) -> bool:
        """Read what came with a success. Whether the request was accepted, as far as that tells."""
        if response.streamed:
            return self._stream(text, key._replace(form="stream"), method)
        if not text.strip():
            return True
        value = self._json(text, NO_JSON)
        if value is NO_JSON and exchange.failure:
            self.shapes.left("broken off within their JSON")
            return True
        failed = has_error(value)
        place = key._replace(direction="error", form="2xx") if failed else key
        self._see(self.shapes.root(place), value, (), "" if failed else method)
        return not failed

    def _stream(self, text: bytes, key: Key, method: str) -> bool:
        parser, accepted = Parser(), True
        root = self.shapes.root(key)
        for event in parser.feed(text) + parser.close():
            data = event.data.strip()
            if data == _DONE or not data:
                continue
            value = self._json(data.encode("utf-8", "replace"), NO_JSON)
            if value is NO_JSON and parser.torn:
                continue
            if has_error(value):
                accepted = False
                self._see(self.shapes.root(key._replace(direction="error", form="2xx")), value, (), "")
            else:
                self._see(root, value, ROOT_STREAM, method)
        return accepted

    def _see(self, root: Node, value: Any, by: tuple[str, ...], method: str) -> None:  # noqa: ANN401 - any JSON value
        if value is NO_JSON:
            self._reader.head(root, NO_JSON)
        elif method:
            self._reader.head(root, "object")
            self._reader.see(root.branch(method, 0), value)
        else:
            self._reader.see(root, value, by=by)

    def _request(self, exchange: Exchange, key: Key, method: str) -> None:
        body = self._in_fields(exchange.request.body)
        if body is None:
            return
        root = self.shapes.root(key)
        if body.raw is not None:
            if body.raw:
                self._reader.head(root, NO_JSON)
            return
        self._reader.head(root, "object")
        if method:
            root = root.branch(method, 0)
            self._reader.head(root, "object")
        for field in body.fields:
            name = self._json(field.key)
            if isinstance(field.value, Link):
                self._list(root, name, field.value, key.endpoint)
            elif len(field.value) < _LONGEST_MEMORY:
                self._reader.field(root, name, self._remembered(field.value))
            else:
                self._reader.field(root, name, self._json(field.value))
        self._reader.lacks(root, {self._json(field.key): None for field in body.fields})

    def _in_fields(self, body: Body) -> Body | None:
        """The body in its parts, also where it was kept as bytes; None for none."""
        if body.raw is None:
            return body
        if not body.raw.strip():
            return None
        value = self._json(body.raw, NO_JSON)
        if not isinstance(value, dict):
            return body if value is NO_JSON else None
        try:
            split = self._splitter.split(jsontext.write(value))
        except ValueError:  # too deep to be written
            return body
        return split if split.raw is None else Body(fields=())

    def _list(self, root: Node, name: str, last: Link, endpoint: str) -> None:
        """A list of a request: how long it is, and what no accepted request of this recording held before."""
        child = root.child(name, 0)
        self._reader.head(child, "list", last.depth)
        self._held.append(last)  # so that no other link comes to stand where one stood
        new: list[Link] = []
        link: Link | None = last
        field = name.encode("utf-8", "replace")
        while link is not None and (endpoint, field, id(link)) not in self._known:
            self._known.add((endpoint, field, id(link)))
            new.append(link)
            link = link.before
        values = [self._json(one.raw, NO_JSON) for one in reversed(new)]
        self._reader.entries(child, values, 1, DISCRIMINATORS.get(name, ()))

    def _remembered(self, raw: bytes) -> Any:  # noqa: ANN401 - any JSON value
        """The value of a short text that comes again and again."""
        if raw not in self._values:
            if len(self._values) > _LONGEST_MEMORY:
                self._values.clear()
            self._values[raw] = self._json(raw)
        return self._values[raw]

    def _json(self, raw: bytes, otherwise: Any = None) -> Any:  # noqa: ANN401 - any JSON value
        try:
            return jsontext.read(raw)
        except ValueError:
            return otherwise


def _version(response: Response, text: bytes, name: str) -> str:
    """What an answer tells of its server's version: the fingerprint of the system, or a header."""
    found = _FINGERPRINT.search(text)
    if found is not None:
        return found[1].decode()
    named = next((value for name in _VERSIONS if (value := response.header(name))), "")
    return named if _VERSION.fullmatch(named) and named != name else ""


def learned(recordings: "list[tuple[Cassette, str, str]]") -> Shapes:
    """The shapes of recordings: each with its name, and the name of its server."""
    learner = Learner()
    for cassette, name, server in sorted(recordings, key=lambda one: one[1]):
        learner.read(cassette, name, server)
    return learner.shapes
