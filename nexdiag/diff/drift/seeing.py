"""Values → nodes: each value at its place, one exchange after the other.

Law: within an exchange order decides nothing, so that parts of a corpus add up to the same as the whole.
"""

from collections.abc import Mapping
from typing import Any

from nexdiag.diff.drift.naming import DISCRIMINATORS, LABEL, MAP_KEY, MAPS, OPAQUE, OPAQUE_IN
from nexdiag.diff.drift.shape import DEEPEST, MOST_VALUES, Node, Place, Tally, wider

LONGEST_EXAMPLE = 80
"""Characters of a text that is kept as an example. It is kept whole or not at all: half a secret would not be known."""


class Reader:
    """Puts values into nodes, one exchange after the other, in the order of file and exchange."""

    def __init__(self) -> None:
        """Before the first."""
        self._clock = 0
        self._place: Place = ("", 0)

    def at(self, file: str, exchange: int) -> None:
        """What follows is of this exchange. To be called in rising order."""
        self._clock += 1
        self._place = (file, exchange)

    def see(self, node: Node, value: Any, depth: int = 0, *, by: tuple[str, ...] = (), inside: str = "") -> None:  # noqa: ANN401 - any JSON value
        """A value at its place. `by`: what tells apart the objects there; `inside`: the branch that it is within."""
        node.n += 1
        if node.last != self._clock:
            node.last = self._clock
            node.exchanges += 1
        kind = _KINDS.get(type(value), "string")
        tally = node.types.get(kind)
        if tally is None:
            node.types[kind] = Tally(1, self._place, _example(value, kind))
        else:
            tally.n += 1
            if tally.first is self._place:  # of several in the exchange that is first: by no order but their own
                tally.example = min(tally.example, _example(value, kind))
        if kind == "string":
            self._string(node, value)
        elif kind == "object":
            if node.object_last != self._clock:
                node.object_last = self._clock
                node.objects += 1
            self._object(node, value, depth, by, inside)
        elif kind == "list":
            node.length = wider(node.length, (len(value), len(value)))
            self.entries(node, value, depth, by)

    def entries(self, node: Node, values: list[Any], depth: int, by: tuple[str, ...]) -> None:
        """The entries of a list that stands at a node."""
        if depth >= DEEPEST:
            node.deep = True
            return
        if node.items is None:
            node.items = Node(free=node.free)
        for value in values:
            self.see(node.items, value, depth + 1, by=by)

    def _string(self, node: Node, value: str) -> None:
        size = len(value)
        if node.length is None:
            node.length = (size, size)
        elif not node.length[0] <= size <= node.length[1]:
            node.length = wider(node.length, (size, size))
        values = node.values
        if values is None:
            return
        known = values.get(value)
        if known is not None:
            known.n += 1
        elif len(values) < MOST_VALUES and LABEL.fullmatch(value):
            values[value] = Tally(1, self._place)
        else:
            node.values = None

    def _object(self, node: Node, value: dict[str, Any], depth: int, by: tuple[str, ...], inside: str) -> None:
        if depth >= DEEPEST:
            node.deep = True
            return
        for name in by:
            label = value.get(name)
            if type(label) is str and LABEL.fullmatch(label):
                written = f"[{name}={label}]"
                branch = node.branch(written, depth)
                self.see(branch, value, depth, inside=written)
                self.lacks(node, _NO_FIELDS)  # beside the kinds it has none, as adding up takes it
                return
        opaque = OPAQUE_IN.get(inside, _NOTHING)
        for key, entry in value.items():
            self.field(node, key, _HIDDEN.get(type(entry), entry) if key in opaque else entry, depth)
        self.lacks(node, value)

    def lacks(self, node: Node, held: Mapping[str, Any]) -> None:
        """Note which fields an object, that was just seen at a node, has not, and others had."""
        if node.folded:
            return
        if node.whole is None:
            node.whole = {key for key, child in node.children.items() if child.lacked is None}
        if not held.keys() >= node.whole:
            for key in node.whole - held.keys():
                node.children[key].lacked = self._place
            node.whole &= held.keys()

    def field(self, node: Node, key: str, value: Any, depth: int = 0) -> None:  # noqa: ANN401 - any JSON value
        """A field of an object that stands at a node."""
        child = node.child(key, depth)
        if key in OPAQUE:
            self.see(child, _HIDDEN.get(type(value), value), depth + 1)
        elif key in MAPS and type(value) is dict:
            self._map(child, value, depth + 1)
        else:
            self.see(child, value, depth + 1, by=DISCRIMINATORS.get(key, ()))

    def head(self, node: Node, kind: str, size: int | None = None) -> None:
        """That a value of this type stands there, whatever is in it; of a list, with so many entries."""
        shown = f"a list of {size:,}" if size is not None else kind
        node.n += 1
        if node.last != self._clock:
            node.last = self._clock
            node.exchanges += 1
            node.objects += kind == "object"
        tally = node.types.get(kind)
        if tally is None:
            node.types[kind] = Tally(1, self._place, shown)
        else:
            tally.n += 1
            if tally.first is self._place:
                tally.example = min(tally.example, shown)
        if size is not None:
            node.length = wider(node.length, (size, size))

    def _map(self, node: Node, value: dict[str, Any], depth: int) -> None:
        """An object whose names are data."""
        self.see(node, {}, depth)
        if not node.folded:
            node.fold(depth)
        for entry in value.values():
            self.see(node.children[MAP_KEY], entry, depth + 1)


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "list",
    dict: "object",
}
_HIDDEN: dict[type, Any] = {dict: {}, list: []}
_NOTHING: frozenset[str] = frozenset()
_NO_FIELDS: dict[str, Any] = {}


def _example(value: Any, kind: str) -> str:  # noqa: ANN401 - any JSON value
    """What a reader is shown of a value: short ones whole, others by their size."""
    if kind == "string":
        return f'"{value}"' if len(value) <= LONGEST_EXAMPLE else f"a text of {len(value):,} characters"
    if kind == "object":
        return "{}" if not value else f"an object of {len(value):,}"
    if kind == "list":
        return "[]" if not value else f"a list of {len(value):,}"
    if kind == "integer" and not -(10**18) < value < 10**18:
        return "a huge number"
    return {"null": "null", "boolean": str(value).lower()}.get(kind) or repr(value)
