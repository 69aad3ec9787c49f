"""What counts in a request, and what does not: white space, the order of keys, and the order of tools. Pure.

Every list is known as a node of one tree, in which equal lists are the same node. A node is made once per link,
so that reading a request that goes on from another costs what its new text costs.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import TypeVar

import msgspec

from nexdiag.codec.body import DEEPEST, depth
from nexdiag.core.body import Body, Link
from nexdiag.core.exchange import Request

Digest = bytes
_Key = TypeVar("_Key")
_UNORDERED = frozenset({"tools"})
"""Lists that mean the same in any order (the reference executor sends its tools in a random one)."""
_CONVERSATIONS = ("messages", "input")
"""Where the dialects keep the conversation."""
_MARK = re.compile(r"\[redacted [0-9a-f]{8}\]")

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_entries = msgspec.json.Decoder(list[msgspec.Raw])


class Node:
    """A list: the list without its last entry, and what the last entry means."""

    __slots__ = ("before", "depth", "digest", "exchanges", "first", "next")

    def __init__(self, before: "Node | None", digest: Digest) -> None:
        """A list that no recording has yet."""
        self.before = before
        self.depth: int = 0 if before is None else before.depth + 1
        self.digest = digest
        self.next: list[Node] = []
        """The recorded lists that are longer by one, in the order recorded."""
        self.exchanges: list[int] = []
        """The recorded exchanges whose conversation is just this list."""
        self.first: int | None = None
        """The first recorded exchange whose conversation begins with this list; None if none does."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A request as matching sees it."""

    key: Digest
    """Equal for requests that mean the same."""
    conversation: Node | None
    """Its list of messages, if it has one."""


class Canonical:
    """Reads requests. Remembers each list and each long text that it has read."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._empty = Node(None, _digest())
        self._nodes: dict[Digest, Node] = {}
        self._of_link: dict[Link, Node] = {}
        self._of_text: dict[bytes, Digest] = {}
        self._of_set: dict[Link, Digest] = {}

    def read(self, request: Request) -> Reading:
        """What the request means. A secret in the URL that was redacted stands for any other."""
        parts = [request.method.upper().encode(), _MARK.sub("*", request.path).encode("utf-8", "replace")]
        values = _values(request.body)
        if values is None:
            return Reading(key=_digest(*parts, b"raw", request.body.join()), conversation=None)
        for name in sorted(values):
            parts += [name.encode("utf-8", "replace"), self._value(name, values[name])]
        conversation = next((self._list(values[name]) for name in _CONVERSATIONS if name in values), None)
        return Reading(key=_digest(*parts), conversation=conversation)

    def fields(self, request: Request) -> dict[str, Digest]:
        """What each field of its body means, the conversation left out; empty where it is no JSON object."""
        values = _values(request.body) or {}
        return {name: self._value(name, value) for name, value in values.items() if name not in _CONVERSATIONS}

    def _value(self, name: str, value: bytes | Link) -> Digest:
        if name in _UNORDERED:
            return self._unordered(value)
        node = self._list(value)
        if node is not None:
            return _digest(b"list", node.digest)
        assert isinstance(value, bytes)  # links are always lists
        return _kept(self._of_text, value, lambda: _digest(b"value", _meaning(value)))

    def _list(self, value: bytes | Link) -> Node | None:
        """The node of a list; None for what is none."""
        if isinstance(value, Link):
            return self._node(value)
        entries = _list_of(value)
        if entries is None:
            return None
        node = self._empty
        for entry in entries:
            node = self._longer(node, entry)
        return node

    def _node(self, last: Link) -> Node:
        new: list[Link] = []
        link: Link | None = last
        while link is not None and link not in self._of_link:
            new.append(link)
            link = link.before
        node = self._of_link[link] if link is not None else self._empty
        for link in reversed(new):
            node = self._of_link[link] = self._longer(node, link.raw)
        return node

    def _longer(self, node: Node, entry: bytes) -> Node:
        digest = _digest(node.digest, _kept(self._of_text, entry, lambda: _digest(_meaning(entry))))
        return self._nodes.setdefault(digest, Node(node, digest))

    def _unordered(self, value: bytes | Link) -> Digest:
        if isinstance(value, Link):
            return _kept(self._of_set, value, lambda: _of_all(link.raw for link in value.chain()))
        entries = _list_of(value)
        return _digest(b"value", _meaning(value)) if entries is None else _of_all(entries)


def _values(body: Body) -> dict[str, bytes | Link] | None:
    """The fields by name, however the body is kept; None if it is no JSON object, or too deep to be read."""
    try:
        if body.raw is None:
            return {msgspec.json.decode(field.key, type=str): field.value for field in body.fields}
        if depth(body.raw) > DEEPEST:
            return None
        body.raw.decode()
        return {key: bytes(value) for key, value in _fields.decode(body.raw).items()}
    except (ValueError, RecursionError):
        return None


def _list_of(value: bytes) -> list[bytes] | None:
    if not value.lstrip().startswith(b"["):
        return None
    try:
        return [bytes(entry) for entry in _entries.decode(value)]
    except (ValueError, RecursionError):
        return None


def _of_all(entries: Iterable[bytes]) -> Digest:
    return _digest(b"set", *sorted(_meaning(entry) for entry in entries))


def _meaning(raw: bytes) -> bytes:
    """The one text for all JSON texts that mean the same."""
    try:
        return msgspec.json.encode(msgspec.json.decode(raw), order="deterministic")
    except (ValueError, RecursionError):
        return raw


def _kept(memory: dict[_Key, Digest], key: _Key, make: Callable[[], Digest]) -> Digest:
    found = memory.get(key)
    if found is None:
        found = memory[key] = make()
    return found


def _digest(*parts: bytes) -> Digest:
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.digest()
