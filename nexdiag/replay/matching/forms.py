"""Values and lists as one reader sees them: somebody with days that are now, and directories that are its own. Pure."""

from collections.abc import Iterable, Iterator

import msgspec

from nexdiag.core.body import Link
from nexdiag.core.exchange import Request
from nexdiag.replay.matching.canonical import UNORDERED, Digest, digest, entries_of
from nexdiag.replay.matching.dates import Now
from nexdiag.replay.matching.directories import Places
from nexdiag.replay.matching.setting import GONE, Date, Laid, Setter, Taken

_REACH = 8192
"""How many entries back the call is looked for that a result answers. One that is further counts by its id."""


class FormNode:
    """A list without what is volatile: the list before, and what its last entry means."""

    __slots__ = ("before", "dates", "depth", "digest", "ids", "next", "noted", "opening", "quotes", "taken")

    def __init__(self, before: "FormNode | None", known: Digest) -> None:
        """Nothing is set aside in its last entry yet."""
        self.before = before
        self.depth: int = 0 if before is None else before.depth + 1
        self.digest = known
        self.ids: tuple[str, ...] = ()
        """Generated ids that stand in the last entry, and in none before it."""
        self.dates: tuple[Date, ...] = ()
        """Those of the last entry."""
        self.quotes: bool = before is not None and before.quotes
        """Whether any entry holds a date that is known, and not now."""
        self.noted = False
        self.taken: Taken = {} if before is None else before.taken
        """What was set aside up to here, by the rows of the table."""
        self.opening: tuple[Digest, bool] | None = None if before is None else before.opening
        """The first message of the user; whether a person wrote it, and no program between tags."""
        self.next: dict[bytes, FormNode] = {}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a body."""

    digest: Digest | None
    """None if it is set aside in whole."""
    taken: Taken = {}
    dates: tuple[Date, ...] = ()
    node: FormNode | None = None
    """Where it is a list."""
    opening: Digest | None = None
    """What a conversation begins with: the first message of the user; of a text, the text."""


class Reader:
    """Reads fields. Remembers each list and each text that it has read."""

    def __init__(self, setter: Setter, now: Now, places: Places) -> None:
        """By these rules, at this time and place."""
        self._setter = setter
        self._now = now
        self._places = places
        self._roots: dict[str, FormNode] = {}
        self._of_link: dict[tuple[str, Link], FormNode] = {}
        self._seen: set[str] = set()
        """Generated ids of all lists: one that is not here need not be looked for."""
        self._of_field: dict[tuple[str, bytes | Link], Field] = {}

    def field(self, name: str, value: bytes | Link) -> Field:
        """What a field means."""
        states = self._setter.behind(name)
        node = self._list(name, value) if name not in UNORDERED and self._setter.keeps(states) else None
        if node is not None:
            opening = node.opening[0] if node.opening else None
            return Field(digest=digest(b"list", node.digest), taken=node.taken, node=node, opening=opening)
        found = self._of_field.get((name, value))
        if found is None:
            laid = self._laid(name, value)
            if name in UNORDERED and isinstance(laid.value, list):
                known: Digest | None = digest(b"set", *sorted(map(_encoded, laid.value)))
            else:
                known = None if laid.value is GONE else digest(b"value", _encoded(laid.value))
            taken = _folded({}, laid)
            found = self._of_field[name, value] = Field(digest=known, taken=taken, dates=laid.dates, opening=known)
        return found

    def view(self, values: dict[str, bytes | Link] | None, request: Request) -> object:
        """The body as a value, with marks for what is set aside; as text if it is no JSON object."""
        if values is None:
            return request.body.join().decode(errors="replace")
        shown: dict[str, object] = {}
        for name, value in values.items():
            node = self.field(name, value).node
            made = self._laid(name, value).value if node is None else list(self._shown(name, value))
            if made is not GONE:
                shown[name] = made.decode(errors="replace") if isinstance(made, bytes) else made
        return shown

    def _shown(self, name: str, value: bytes | Link) -> Iterator[object]:
        node = self._root(name)
        for entry in _entries(value) or ():
            made = self._walked(name, node, entry)[0].value
            node = self._longer(name, node, entry)
            if made is not GONE:
                yield made.decode(errors="replace") if isinstance(made, bytes) else made

    def _laid(self, name: str, value: bytes | Link) -> Laid:
        whole = value if isinstance(value, bytes) else b"[%s]" % b",".join(_entries(value) or ())
        return self._setter.walk(whole, self._setter.behind(name), self._now, self._places, lambda one: "new", name)

    def _root(self, name: str) -> FormNode:
        found = self._roots.get(name)
        if found is None:
            found = self._roots[name] = FormNode(None, digest())
        return found

    def _list(self, name: str, value: bytes | Link) -> FormNode | None:
        """The node of a list; None for what is none."""
        node = self._root(name)
        if isinstance(value, bytes):
            entries = entries_of(value)
            for entry in entries or ():
                node = self._longer(name, node, entry)
            return None if entries is None else node
        new: list[Link] = []
        link: Link | None = value
        while link is not None and (name, link) not in self._of_link:
            new.append(link)
            link = link.before
        node = self._of_link[name, link] if link is not None else node
        for link in reversed(new):
            node = self._of_link[name, link] = self._longer(name, node, link.raw)
        return node

    def _longer(self, name: str, node: FormNode, entry: bytes) -> FormNode:
        found = node.next.get(entry)
        if found is None:
            found = node.next[entry] = self._made(node, *self._walked(name, node, entry))
        return found

    def _made(self, node: FormNode, laid: Laid, ids: tuple[str, ...]) -> FormNode:
        if laid.value is GONE:  # as if it had never been there
            made = FormNode(node.before, node.digest)
            made.ids, made.dates, made.opening, made.quotes = node.ids, node.dates, node.opening, node.quotes
            made.taken = _folded(node.taken, laid)
            return made
        form = digest(_encoded(laid.value))
        made = FormNode(node, digest(node.digest, form))
        made.ids, made.dates = ids, laid.dates
        made.quotes = node.quotes or any(not own for _, own, _ in laid.dates)
        made.taken = _folded(node.taken, laid)
        if isinstance(laid.value, dict) and laid.value.get("role") == "user" and not (node.opening and node.opening[1]):
            said = not _tagged(laid.value.get("content"))
            made.opening = (form, said) if said or node.opening is None else node.opening
        return made

    def _walked(self, name: str, node: FormNode, entry: bytes) -> tuple[Laid, tuple[str, ...]]:
        """The entry without what is volatile, and the generated ids that are new in it."""
        ids: list[str] = []
        states = self._setter.behind(name, str(node.depth))
        laid = self._setter.walk(entry, states, self._now, self._places, lambda one: self._number(one, node, ids))
        return laid, tuple(ids)

    def _number(self, one: str, node: FormNode | None, ids: list[str]) -> str | None:
        """Where an id was first seen, counted from here: which call a result answers still counts."""
        if one in ids:
            return f"0.{ids.index(one)}"
        for distance in range(1, _REACH) if one in self._seen else ():
            if node is None:
                break
            if one in node.ids:
                return f"{distance}.{node.ids.index(one)}"
            node = node.before
        else:
            if one in self._seen:
                return None
        self._seen.add(one)
        ids.append(one)
        return "new"


def _entries(value: bytes | Link) -> Iterable[bytes] | None:
    return entries_of(value) if isinstance(value, bytes) else [link.raw for link in value.chain()]


def _encoded(made: object) -> bytes:
    return made if isinstance(made, bytes) else msgspec.json.encode(made, order="deterministic")


def _folded(before: Taken, laid: Laid) -> Taken:
    if not laid.taken:
        return before
    return before | {row: digest(before.get(row, b""), *originals) for row, originals in laid.taken.items()}


def _tagged(content: object) -> bool:
    """Whether a program wrote it for the user: `<environment_context>…`."""
    if isinstance(content, list):
        content = next((part.get("text") for part in content if isinstance(part, dict)), None)
    return not isinstance(content, str) or content.lstrip().startswith("<")
