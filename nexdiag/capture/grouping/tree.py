"""What a request asks, as grouping sees it: a place in the tree of all conversations, and the shape of the request.

Equal beginnings are the same nodes. A request that goes on from an earlier one is read from where that ended;
of texts only the digests are kept, but for the last few lists.
"""

import re
from collections import deque
from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from nexdiag.capture.grouping.entries import Entry, Kind, entries, plain_said, said, system_text
from nexdiag.codec.encodings import plain_request
from nexdiag.codec.lenient import fields, read, words
from nexdiag.codec.wire import wire_of
from nexdiag.core.body import Link
from nexdiag.core.exchange import Request

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])
_CHATS = re.compile(r"/api/chat/?$")
"""Ollama's own wire: its requests are those of chat completions, as far as grouping looks."""
_HINTS = ("thread-id", "session-id", "session_id", "conversation-id", "conversation_id")
"""Headers by which clients name a conversation."""
_HEAD = 4000
"""Characters of a system prompt that are kept, to tell one sort of request from another."""
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_OPENING = 4
_RECENT = 8
"""Lists whose text is remembered: comparing is far cheaper than reading."""
_MOST = 1_000_000
"""Entries of one list: more are no conversation."""
_NOTHING = Entry(kind="other", key=b"")


class Node:
    """A conversation so far: the one before it, and its last entry."""

    __slots__ = ("answers", "before", "depth", "key", "kind", "next", "own", "passed", "users", "waiting")

    def __init__(self, before: "Node | None" = None, entry: Entry = _NOTHING) -> None:
        """After `before`."""
        self.before = before
        self.kind: Kind = entry.kind
        self.key = entry.key
        self.own = entry.own
        self.depth: int = 0 if before is None else before.depth + 1
        self.answers: int = 0 if before is None else before.answers + (entry.kind in ("assistant", "call", "tool"))
        """How many entries are not the user's."""
        self.next: dict[bytes, Node] = {}
        self.users: Node = self
        """The same conversation in the tree of what users said, and of nothing else."""
        self.waiting: list[object] = []
        """The sessions whose latest request is just this list."""
        self.passed: object | None = None
        """The session that last had a request with this list, and went on."""

    def after(self, entry: Entry) -> "Node":
        """This conversation and one entry more."""
        node = self.next.get(entry.key)
        if node is None:
            node = self.next[entry.key] = Node(self, entry)
            if self.users is not self:
                node.users = self.users.after(entry) if entry.kind == "user" else self.users
        return node


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request of a conversation."""

    node: Node
    """Its whole list."""
    messages: int = 0
    """How many messages it holds, those of the system with them."""
    model: str = ""
    tools: bool = False
    limit: int | None = None
    """The most tokens that the answer may have."""
    formed: bool = False
    """Whether the answer must be JSON of a given form."""
    system: str = ""
    """The beginning of the system prompt."""
    hint: str = ""
    """The id that the client itself gives to its conversation, where it does."""
    named: str = ""
    """The id of a conversation that the server keeps: the request holds only what is new."""
    retry: bool = False
    """The client says that it sends this again."""
    tail: Link | tuple[bytes, ...] = ()

    def said(self) -> str:
        """What the user said last, as it stands on the wire."""
        found = (text for raw in _backwards(self.tail) if (text := said(raw)) is not None)
        return next(found, "")

    def opening(self) -> str:
        """What the list begins with: where a client puts the summary of what it cut away."""
        chain = self.tail if isinstance(self.tail, tuple) else [link.raw for link in self.tail.chain()]
        return "\n".join(text for raw in chain[:_OPENING] if (text := said(raw)) is not None)


class _Read(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A list that was read just now."""

    base: Node
    node: Node
    system: str = ""
    text: bytes
    """Without its last bracket: what a longer list begins with."""
    count: int = 0
    tail: tuple[bytes, ...] = ()


class Reader:
    """Reads requests, and remembers the digest of each list that it has read."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self.users = Node()
        self.root = Node()
        self.root.users = self.users
        self._after: dict[bytes, Node] = {}
        """What a text comes to after a node."""
        self._known: dict[bytes, tuple[Node, str]] = {}
        """What a list that is links comes to."""
        self._named: dict[str, Node] = {}

        self._recent: deque[_Read] = deque(maxlen=_RECENT)

    def answered(self, named: str, node: Node) -> None:
        """A server has kept this conversation under that id."""
        self._named[named] = node

    def read(self, request: Request) -> Asked | None:
        """What the request asks; None for one that is of no conversation."""
        if request.method.upper() != "POST":
            return None
        wire = wire_of(request.url) or ("chat" if _CHATS.search(request.url.partition("?")[0]) else None)
        parts = _parts(request) if wire else None
        if parts is None:
            return None
        kept = parts.get("input" if wire == "responses" else "messages")
        named = _named(parts) if wire == "responses" else ""
        base = self._named.get(named, self.root)
        read = self._list(kept, base)
        if read is None:
            return None
        node, system, count, tail = read
        own = words(_value(parts.get("instructions"))) or _system(_value(parts.get("system")))
        return Asked(
            node=node,
            messages=count,
            model=words(_value(parts.get("model")))[:200],
            tools=_filled(parts.get("tools")),
            limit=next((n for name in _LIMITS if type(n := _value(parts.get(name))) is int), None),
            formed=_formed(parts),
            system=(own or system)[:_HEAD],
            hint=next((value for name in _HINTS if (value := request.header(name))), ""),
            named=named,
            retry=request.header("x-stainless-retry-count") not in ("", "0"),
            tail=tail,
        )

    def _list(self, kept: bytes | Link | None, base: Node) -> tuple[Node, str, int, Link | tuple[bytes, ...]] | None:
        if isinstance(kept, Link):
            return (*self._chain(kept, base), kept.depth, kept)
        if kept is None:
            return None
        if kept[:1] == b'"':
            asked = words(_value(kept))
            raw = msgspec.json.encode({"role": "user", "content": asked})
            return self._along(plain_said(asked), base), "", 1, (raw,)
        read = self._texts(kept.strip(), base)
        return None if read is None else (read.node, read.system, read.count, read.tail)

    def _texts(self, kept: bytes, base: Node) -> "_Read | None":
        """A list that is text: where it begins with one that was read just now, only the rest is looked into."""
        start = next((read for read in self._recent if read.base is base and _goes_on(read.text, kept)), None)
        start = start or _Read(base=base, node=base, text=b"[")
        rest = b"[" + kept[len(start.text) :].lstrip().removeprefix(b",")
        try:
            texts = tuple(map(bytes, _list.decode(rest))) if kept[:1] == b"[" else None
        except (ValueError, RecursionError):
            return None
        if texts is None or len(texts) > _MOST:
            return None
        place = start.node, start.system
        for text in texts:
            place = self._add(text, *place, base=base)
        node, system = place
        read = _Read(
            base=base,
            node=node,
            system=system,
            text=kept[:-1],
            count=start.count + len(texts),
            tail=texts if start.count == 0 else (*start.tail[-1:], *texts),
        )
        if start in self._recent:
            self._recent.remove(start)
        self._recent.appendleft(msgspec.structs.replace(read, tail=_spoken(read.tail)))
        return read

    def _chain(self, last: Link, base: Node) -> tuple[Node, str]:
        """The node of a list that is links, and its system prompt: only new links are looked into."""
        name = self._name(base)
        new: list[Link] = []
        link: Link | None = last
        while link is not None and name + link.digest not in self._known:
            new.append(link)
            link = link.before
        place = (base, "") if link is None else self._known[name + link.digest]
        for link in reversed(new):
            place = self._known[name + link.digest] = self._add(link.raw, *place, base=base)
        return place

    def _add(self, raw: bytes, node: Node, system: str, *, base: Node) -> tuple[Node, str]:
        """The conversation with one entry more; a system prompt is none, so that a date in it makes nothing new."""
        name = id(node).to_bytes(8, "big") + blake2b(raw, digest_size=16).digest()
        after = self._after.get(name)
        if after is None:
            after = self._after[name] = self._along(entries(raw), node)
        prompt = system_text(raw) if after is node is base else None
        return after, system if prompt is None else f"{system}\n{prompt}"[:_HEAD]

    def _name(self, base: Node) -> bytes:
        return b"" if base is self.root else id(base).to_bytes(8, "big")

    def _along(self, found: Iterable[Entry], node: Node) -> Node:
        for entry in found:
            node = node.after(entry)
        return node


def _goes_on(text: bytes, kept: bytes) -> bool:
    """Whether the list begins with the one of that text."""
    return kept.startswith(text) and kept[len(text) : len(text) + 16].lstrip()[:1] in (b",", b"]")


def _spoken(tail: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The user's latest words of it alone: what is needed when the list goes on."""
    return next(((raw,) for raw in reversed(tail) if said(raw) is not None), ())


def _parts(request: Request) -> dict[str, bytes | Link] | None:
    """The fields of the body by name; None if it is no JSON object, or too deep to be read."""
    body = request.body
    try:
        if body.raw is None:
            return {msgspec.json.decode(field.key, type=str): field.value for field in body.fields}
        raw = plain_request(request).body.join()
        return {key: bytes(value) for key, value in _object.decode(raw).items()}
    except (ValueError, RecursionError):
        return None


def _value(raw: bytes | Link | None) -> object:
    if not isinstance(raw, bytes):
        return None
    try:
        return read(raw)
    except ValueError:
        return None


def _system(value: object) -> str:
    """The system prompt of the Messages wire: text, or blocks of it."""
    return words(value) if isinstance(value, str) else _blocks(value)


def _blocks(value: object) -> str:
    return "\n".join(words(fields(block).get("text")) for block in value) if isinstance(value, list) else ""


def _filled(value: bytes | Link | None) -> bool:
    return isinstance(value, Link) or bool(_value(value))


def _formed(parts: dict[str, bytes | Link]) -> bool:
    form = fields(_value(parts.get("response_format")))
    text = fields(fields(_value(parts.get("text"))).get("format"))
    return any(words(value.get("type")).startswith("json") for value in (form, text))


def _named(parts: dict[str, bytes | Link]) -> str:
    previous = words(_value(parts.get("previous_response_id")))
    conversation = _value(parts.get("conversation"))
    kept = words(conversation) or words(fields(conversation).get("id"))
    return f"response {previous}" if previous else f"conversation {kept}" if kept else ""


def _backwards(tail: Link | tuple[bytes, ...]) -> Iterable[bytes]:
    if isinstance(tail, tuple):
        yield from reversed(tail)
        return
    link: Link | None = tail
    while link is not None:
        yield link.raw
        link = link.before
