"""A corpus as shapes: one for each server, direction, endpoint and form; what adds up to the same, however divided.

Law: as that of `shape`. A request is evidence of what is accepted only if it was answered with success.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from nexdiag.diff.drift.shape import Node

WIRES = frozenset({"chat", "responses", "anthropic", "jsonrpc"})
MOST_ENDPOINTS = 64
"""Paths that are no wire; with one more they are one place."""
MOST_SERVERS = 32
"""Versions; with one more they are the server without its version."""
OTHER = "other paths"


class Key(NamedTuple):
    """Where a shape belongs."""

    server: str
    """Name and version: `llama.cpp b0-unknown`."""
    direction: str
    endpoint: str
    form: str
    """`json`, `stream`, or for errors the class of status."""


class Shapes:
    """All shapes of a corpus, or of a part of one."""

    def __init__(self) -> None:
        """Nothing seen."""
        self.roots: dict[Key, Node] = {}
        self.servers: dict[str, int] = {}
        """How many exchanges are whose."""
        self.files = 0
        self.exchanges = 0
        self.left_out: dict[str, int] = {}
        """What was not evidence, and why: how many exchanges."""
        self.one_server = self.one_endpoint = False

    def root(self, key: Key) -> Node:
        """The shape that belongs there."""
        found = self.roots.get(key)
        if found is not None:
            return found
        if self.one_server or self.one_endpoint:
            key = self._folded(key)
        node = self.roots.setdefault(key, Node())
        return self.roots[self._folded(key)] if self._bound() else node

    def answered_by(self, server: str) -> None:
        """One more exchange of a server."""
        name = server.partition(" ")[0] if self.one_server else server
        self.servers[name] = self.servers.get(name, 0) + 1
        self._bound()

    def left(self, why: str, number: int = 1) -> None:
        """One more exchange that is no evidence."""
        self.left_out[why] = self.left_out.get(why, 0) + number

    def merge(self, other: "Shapes") -> None:
        """Take in another part."""
        self.files += other.files
        self.exchanges += other.exchanges
        self.one_server |= other.one_server
        self.one_endpoint |= other.one_endpoint
        for why, number in other.left_out.items():
            self.left(why, number)
        for server, number in other.servers.items():
            self.servers[server] = self.servers.get(server, 0) + number
        for key, node in other.roots.items():
            self.roots.setdefault(key, Node()).merge(node)
        if self.one_server or self.one_endpoint:
            self._fold()
        self._bound()

    def of(self, servers: Sequence[str] = ()) -> "dict[tuple[str, str, str], Node]":
        """The shapes by direction, endpoint and form, of these servers (a beginning of their names) or of all."""
        made: dict[tuple[str, str, str], Node] = {}
        for key in sorted(self.roots):
            if not servers or any(key.server.startswith(one) for one in servers):
                made.setdefault(key[1:], Node()).merge(self.roots[key])
        return made

    def _bound(self) -> bool:
        """Fold what has become too many. Whether anything was folded now."""
        before = (self.one_server, self.one_endpoint)
        endpoints = {key.endpoint for key in self.roots} - WIRES
        self.one_server |= len(self.servers) > MOST_SERVERS or len({key.server for key in self.roots}) > MOST_SERVERS
        self.one_endpoint |= len(endpoints) > MOST_ENDPOINTS
        if before == (self.one_server, self.one_endpoint):
            return False
        self._fold()
        return True

    def _fold(self) -> None:
        roots, self.roots = self.roots, {}
        for key, node in roots.items():
            self.roots.setdefault(self._folded(key), Node()).merge(node)
        if self.one_server:
            servers, self.servers = self.servers, {}
            for server, number in servers.items():
                name = server.partition(" ")[0]
                self.servers[name] = self.servers.get(name, 0) + number

    def _folded(self, key: Key) -> Key:
        server = key.server.partition(" ")[0] if self.one_server else key.server
        endpoint = OTHER if self.one_endpoint and key.endpoint not in WIRES else key.endpoint
        return Key(server, key.direction, endpoint, key.form)


def merged(parts: Iterable[Shapes]) -> Shapes:
    """All parts as one."""
    whole = Shapes()
    for part in parts:
        whole.merge(part)
    return whole


def has_error(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Whether an answer tells of an error under a status of success."""
    return isinstance(value, dict) and bool(value.get("error")) and value.get("object") != "response"
