"""The messages of two requests, one by one: which became which, which came and which went. Pure.

A chat sends its history again each time. Law: what was aligned in an earlier request stays so, and only what is new
behind it is looked at, so that a thousand turns cost what their text costs.
"""

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.body import Body, Link
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Request
from nexdiag.diff.align import Pair, aligned

NAMES = ("messages", "input")
"""Fields of a request that hold a conversation."""
Value = bytes | Link
_STEMS = 7
_NEAR = 400
"""Characters of two texts by whose words their kinship is judged."""
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """The messages that two requests differ in, beside what both had before."""

    name: str = ""
    pairs: tuple[Pair, ...] = ()
    """Places in the two requests."""
    left: tuple[object, ...] = ()
    right: tuple[object, ...] = ()
    """Their values, one for each pair; None where it has none."""
    known: tuple[Difference, ...] = ()
    """What an earlier request differed in, of which all messages are sent again before these."""
    resent: bool = False
    """Whether no earlier request is the beginning of this one: then these may be messages that were sent before."""


class Conversation:
    """Remembers how far chats have been compared."""

    def __init__(self) -> None:
        """Nothing has been compared yet."""
        self._stems: list[tuple[Link, Link, tuple[Difference, ...]]] = []
        """Of the chats that spoke last, the newest at the end."""

    def entries(self, name: str, left: Link, right: Link) -> Entries:
        """What differs in these two, behind what was compared before."""
        stem = next((one for one in reversed(self._stems) if _goes_on(left, one[0]) and _goes_on(right, one[1])), None)
        self._stems = [one for one in self._stems if one is not stem][-_STEMS:]
        self._stems.append((left, right, ()))
        if stem is not None:
            return _behind(name, (left, right), (stem[0].depth, stem[1].depth), stem[2])
        shared = shared_depth(left, right)
        return msgspec.structs.replace(_behind(name, (left, right), (shared, shared), ()), resent=True)

    def keep(self, known: tuple[Difference, ...]) -> None:
        """What the requests differ in that were compared last: who goes on from them, carries it on."""
        if self._stems:
            left, right, _ = self._stems[-1]
            self._stems[-1] = left, right, known


def fields_of(request: Request) -> dict[str, Value] | None:
    """The fields of a body by name; None where it is no JSON object."""
    body: Body = request.body
    try:
        if body.raw is None:
            return {msgspec.json.decode(field.key, type=str): field.value for field in body.fields}
        return {key: bytes(value) for key, value in _object.decode(body.raw).items()}
    except (ValueError, RecursionError):
        return None


def list_of(value: Value | None) -> Link | None:
    """A list as links; None for what is none, or empty."""
    if value is None or isinstance(value, Link):
        return value
    try:
        entries = _list.decode(value)
    except (ValueError, RecursionError):
        return None
    link: Link | None = None
    for entry in entries:
        link = Link(bytes(entry), link)
    return link


def value_of(value: Value) -> object:
    """The value that a field has; its text where it is no JSON."""
    if isinstance(value, Link):
        return [value_of(link.raw) for link in value.chain()]
    try:
        return jsontext.read(value)
    except (ValueError, RecursionError):
        return value.decode(errors="replace")


def _goes_on(now: Link, before: Link) -> bool:
    then = now.at(before.depth)
    return then is not None and then.digest == before.digest


def shared_depth(left: Link, right: Link) -> int:
    """How many messages two conversations have in common from the beginning on."""
    at, other = left.at(right.depth), right.at(left.depth)
    while at is not None and other is not None and at.digest != other.digest:
        at, other = at.before, other.before
    return 0 if at is None or other is None else at.depth


def _tail(link: Link, depth: int) -> list[bytes]:
    texts: list[bytes] = []
    at: Link | None = link
    while at is not None and at.depth > depth:
        texts.append(at.raw)
        at = at.before
    return texts[::-1]


def _behind(name: str, both: tuple[Link, Link], starts: tuple[int, int], known: tuple[Difference, ...]) -> Entries:
    texts = [_tail(link, start) for link, start in zip(both, starts, strict=True)]
    if texts[0] == texts[1]:
        return Entries(name=name, known=known)
    values = [[value_of(text) for text in side] for side in texts]
    keys = [[_key(value) for value in side] for side in values]
    found = aligned(keys[0], keys[1], lambda i, j: kinship(values[0][i], values[1][j]))
    pairs = [(i, j) for i, j in found if i is None or j is None or keys[0][i] != keys[1][j]]
    return Entries(
        name=name,
        pairs=tuple((None if i is None else i + starts[0], None if j is None else j + starts[1]) for i, j in pairs),
        left=tuple(None if i is None else values[0][i] for i, _ in pairs),
        right=tuple(None if j is None else values[1][j] for _, j in pairs),
        known=known,
    )


def _key(value: object) -> bytes:
    try:
        return msgspec.json.encode(value, order="deterministic")
    except (UnicodeEncodeError, RecursionError):
        return ascii(value).encode()


def kinship(left: object, right: object) -> float:
    """How much of one message is in the other: role first, then the tools that it calls, then its words.

    0 for messages of two kinds: one of them is gone, and the other has come.
    """
    if not isinstance(left, dict) or not isinstance(right, dict):
        return 0.01 if type(left) is type(right) else 0.001
    if [left.get(key) for key in ("role", "type")] != [right.get(key) for key in ("role", "type")]:
        return 0.005 if _words(left) & _words(right) else 0.001
    called = _called(left) == _called(right)
    mine, yours = _words(left), _words(right)
    return 0.1 + 0.3 * called + len(mine & yours) / max(1, len(mine | yours))


def _called(message: dict[str, object]) -> list[object]:
    calls = message.get("tool_calls")
    inner = [one.get("function") for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []
    return [one.get("name") for one in inner if isinstance(one, dict)] + [message.get("name")]


def _words(message: dict[str, object]) -> set[str]:
    content: object = message.get("content", message.get("output"))
    if isinstance(content, list):
        content = " ".join(str(part.get("text")) for part in content if isinstance(part, dict))
    return set(content[:_NEAR].split()) if isinstance(content, str) else set()
