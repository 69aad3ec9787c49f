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
UNORDERED = frozenset({"tools"})
"""Lists that mean the same in any order (the reference executor sends its tools in a random one)."""
CONVERSATIONS = ("messages", "input")
"""Where the dialects keep the conversation."""
_MARK = re.compile(r"\[redacted [0-9a-f]{8}\]")

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_entries = msgspec.json.Decoder(list[msgspec.Raw])


class Node:
    """A list: the list without its last entry, and what the last entry means."""

    __slots__ = ("before", "depth", "digest")

    def __init__(self, before: "Node | None", digest: Digest) -> None:
        """Tie what the last entry means to the list before it."""
        self.before = before
        self.depth: int = 0 if before is None else before.depth + 1
        self.digest = digest


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
        self._empty = Node(None, digest())
        self._nodes: dict[Digest, Node] = {}
        self._of_link: dict[Link, Node] = {}
        self._of_text: dict[bytes, Digest] = {}
        self._of_set: dict[Link, Digest] = {}

    def read(self, request: Request) -> Reading:
        """What the request means. Secrets that were redacted are told apart, where their placeholders are."""
        parts = [request.method.upper().encode("utf-8", "replace"), request.path.encode("utf-8", "replace")]
        values = values_of(request.body)
        if values is None:
            return Reading(key=digest(*parts, b"raw", request.body.join()), conversation=None)
        for name in sorted(values):
            parts += [name.encode("utf-8", "replace"), self._value(name, values[name])]
        conversation = next((self._list(values[name]) for name in CONVERSATIONS if name in values), None)
        return Reading(key=digest(*parts), conversation=conversation)

    def fields(self, request: Request) -> dict[str, Digest]:
        """What each field of its body means, the conversation left out; empty where it is no JSON object."""
        values = values_of(request.body) or {}
        return {name: self._value(name, value) for name, value in values.items() if name not in CONVERSATIONS}

    def _value(self, name: str, value: bytes | Link) -> Digest:
        if name in UNORDERED:
            return self._unordered(value)
        node = self._list(value)
        if node is not None:
            return digest(b"list", node.digest)
        assert isinstance(value, bytes)  # links are always lists
        return _kept(self._of_text, value, lambda: digest(b"value", meaning(value)))

    def _list(self, value: bytes | Link) -> Node | None:
        """The node of a list; None for what is none."""
        if isinstance(value, Link):
            return self._node(value)
        entries = entries_of(value)
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
        known = digest(node.digest, _kept(self._of_text, entry, lambda: digest(meaning(entry))))
        return self._nodes.setdefault(known, Node(node, known))

    def _unordered(self, value: bytes | Link) -> Digest:
        if isinstance(value, Link):
            return _kept(self._of_set, value, lambda: _of_all(link.raw for link in value.chain()))
        entries = entries_of(value)
        return digest(b"value", meaning(value)) if entries is None else _of_all(entries)


def address_of(request: Request) -> list[bytes]:
    """Method and path with its query, whoever the host is. A secret in it that was redacted stands for any other."""
    pieces = _MARK.split(request.path)
    return [piece.encode("utf-8", "replace") for piece in (request.method.upper(), str(len(pieces)), *pieces)]


def secrets_of(request: Request) -> list[str]:
    """The placeholders of secrets in its URL, in order."""
    return _MARK.findall(request.path)


def values_of(body: Body) -> dict[str, bytes | Link] | None:
    """The fields by name, however the body is kept; None if it is no JSON object, has a name twice, or is too deep."""
    try:
        if body.raw is None:
            named: dict[str, bytes | Link] = {
                msgspec.json.decode(field.key, type=str): field.value for field in body.fields
            }
            return named if len(named) == len(body.fields) else None
        if depth(body.raw) > DEEPEST:
            return None
        body.raw.decode()
        return _once(body.raw, {key: bytes(value) for key, value in _fields.decode(body.raw).items()})
    except (ValueError, RecursionError):
        return None


def _once(raw: bytes, fields: dict[str, bytes]) -> dict[str, bytes | Link] | None:
    """The fields; None if one stood there twice."""
    return {**fields} if _texts(raw) == len(fields) * 2 + sum(map(_texts, fields.values())) else None


def entries_of(value: bytes) -> list[bytes] | None:
    """The entries of a JSON text that is a list; None if it is none."""
    if not value.lstrip().startswith(b"["):
        return None
    try:
        return [bytes(entry) for entry in _entries.decode(value)]
    except (ValueError, RecursionError):
        return None


def _of_all(entries: Iterable[bytes]) -> Digest:
    return digest(b"set", *sorted(meaning(entry) for entry in entries))


def meaning(raw: bytes) -> bytes:
    """The one text for all JSON texts that mean the same; for one with a name twice in an object, that text."""
    try:
        made = msgspec.json.encode(msgspec.json.decode(raw), order="deterministic")
    except (ValueError, RecursionError):
        return raw
    return made if b"{" not in raw or _texts(made) == _texts(raw) else raw


def value_of(raw: bytes) -> object:
    """The value of a JSON text. Raises `ValueError` for what is none, or has a name twice in an object."""
    value = msgspec.json.decode(raw)
    if b"{" in raw and _texts(msgspec.json.encode(value)) != _texts(raw):
        raise ValueError
    return value


def _texts(raw: bytes) -> int:
    """How many quotes begin or end a text: fewer, where a reader has dropped a name that stood twice in an object."""
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    return raw.count(b'"')


def _kept(memory: dict[_Key, Digest], key: _Key, make: Callable[[], Digest]) -> Digest:
    found = memory.get(key)
    if found is None:
        found = memory[key] = make()
    return found


def digest(*parts: bytes) -> Digest:
    """Equal for equal parts."""
    whole = blake2b(digest_size=16)
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.digest()
