"""Shape: what was seen at each path of JSON values, so that any two of them add up.

Law: `merge` is associative and commutative, and a shape is the same bytes whatever order its exchanges were read in and
however they were divided. So nothing here forgets by order: a bound, once passed, folds what it bounds (names into
`{*}`, values into "any text"), and folding commutes with adding up.
"""

from collections.abc import Iterator

from nexdiag.diff.drift.builtin import KINDS
from nexdiag.diff.drift.naming import CHOICES, MAP_KEY, is_data, is_free, segment

MOST_VALUES = 24
"""Distinct short texts of a place that are kept; with one more it is no choice."""
MOST_BRANCHES = 64
"""Kinds of objects, of which no published shape knows, that are kept apart; with one more they are one."""
MOST_KEYS = (96, 64, 64, 32, 32, 16, 16, 8)
"""Names of an object, by its depth, that are kept apart; with one more they are data. Below: as the last."""
DEEPEST = 24
"""Levels that are looked into; what is below has a type and nothing more."""
ANY_BRANCH = "[*]"

Place = tuple[str, int]
"""File and exchange."""


class Tally:
    """How often a type, or a value, was seen, and where first."""

    __slots__ = ("example", "first", "n")

    def __init__(self, n: int, first: Place, example: str = "") -> None:
        """Seen so often, and first there."""
        self.n = n
        self.first = first
        self.example = example

    def add(self, other: "Tally") -> None:
        """Both together; the example is of the first."""
        self.n += other.n
        self.first, self.example = min((self.first, self.example), (other.first, other.example))

    def copy(self) -> "Tally":
        """One of its own."""
        return Tally(self.n, self.first, self.example)


class Node:
    """What was seen at one path."""

    __slots__ = (
        "branches",
        "children",
        "deep",
        "exchanges",
        "folded",
        "free",
        "items",
        "lacked",
        "last",
        "length",
        "n",
        "object_last",
        "objects",
        "types",
        "values",
        "whole",
        "withheld",
    )

    def __init__(self, *, free: bool = False) -> None:
        """Nothing seen yet. `free`: its texts are no choice."""
        self.n = 0
        self.exchanges = 0
        """In how many it was seen. Below names that are data it says nothing: see `loose`."""
        self.objects = 0
        """In how many of them it was an object, so that it could have had fields."""
        self.last = self.object_last = -1
        self.free = free
        self.types: dict[str, Tally] = {}
        self.children: dict[str, Node] = {}
        self.branches: dict[str, Node] = {}
        """Objects that say what they are, each kind for itself."""
        self.items: Node | None = None
        self.values: dict[str, Tally] | None = None if free else {}
        """Short words, while they are few; None for any text, or where `withheld`."""
        self.withheld = False
        """Its short words were left out when it was stored: it may be a choice, or not."""
        self.length: tuple[int, int] | None = None
        """Of texts and lists, the least and the most."""
        self.lacked: Place | None = None
        """Where an object that could have had this field first had it not."""
        self.whole: set[str] | None = None
        """Fields that no object has lacked so far: while one reader reads, and nowhere else."""
        self.folded = False
        """Its names are data: all are under `{*}`."""
        self.deep = False
        """Something below was too deep to be looked into."""

    def child(self, key: str, depth: int) -> "Node":
        """The place of a field. One name too many, and all are one."""
        if self.folded:
            return self.children[MAP_KEY]
        found = self.children.get(key)
        if found is not None:
            return found
        if key != MAP_KEY and is_data(key):
            return self.child(MAP_KEY, depth)
        made = self.children[key] = Node(free=key == MAP_KEY or is_free(key))
        objects = self.types.get("object")
        if objects is not None and objects.n > 1:  # there were some before this one, and none of them had it
            made.lacked = objects.first
        if len(self.children) > MOST_KEYS[min(depth, len(MOST_KEYS) - 1)]:
            self.fold(depth)
            return self.children[MAP_KEY]
        return made

    def branch(self, label: str, depth: int) -> "Node":
        """The place of a kind of object."""
        found = self.branches.get(label)
        if found is None:
            if ANY_BRANCH in self.branches and label not in KINDS:
                return self.branches[ANY_BRANCH]
            found = self.branches[label] = Node()
            if self._many_kinds():
                self._fold_branches(depth)
                return self.branches[ANY_BRANCH]
        return found

    def _many_kinds(self) -> bool:
        """Whether there are more kinds than are kept apart, and they are apart."""
        labels = self.branches.keys()
        return len(labels) > MOST_BRANCHES and ANY_BRANCH not in labels and len(labels - KINDS) > MOST_BRANCHES

    def merge(self, other: "Node", depth: int = 0) -> None:
        """Take in what another saw."""
        before = _object_of(self)
        self.n += other.n
        self.exchanges += other.exchanges
        self.objects += other.objects
        self.deep |= other.deep
        _merge_tallies(self.types, other.types)
        self._merge_values(other)
        self.length = wider(self.length, other.length)
        self._merge_children(other, depth, before)
        self._merge_branches(other, depth)
        if other.items is not None:
            if self.items is None:
                self.items = Node(free=self.free)
            self.items.merge(other.items, depth + 1)

    def _merge_values(self, other: "Node") -> None:
        anything = any(one.values is None and not one.withheld for one in (self, other))
        self.withheld = (self.withheld or other.withheld) and not anything
        if self.values is not None and other.values is not None:
            _merge_tallies(self.values, other.values)
            if len(self.values) <= MOST_VALUES:
                return
        self.values = None

    def _merge_children(self, other: "Node", depth: int, before: "Place | None") -> None:
        if other.folded and not self.folded:
            self.fold(depth)
        missing = self.children.keys() - other.children.keys()
        for key, node in other.children.items():
            name = MAP_KEY if self.folded else key
            if name not in self.children:
                self.children[name] = Node(free=node.free or name == MAP_KEY)
                self.children[name].lacked = before
            child = self.children[name]
            child.merge(node, depth + 1)
            child.lacked = _earlier(child.lacked, node.lacked)
        for key in missing:
            self.children[key].lacked = _earlier(self.children[key].lacked, _object_of(other))
        if not self.folded and len(self.children) > MOST_KEYS[min(depth, len(MOST_KEYS) - 1)]:
            self.fold(depth)

    def _merge_branches(self, other: "Node", depth: int) -> None:
        if ANY_BRANCH in other.branches and ANY_BRANCH not in self.branches:
            self._fold_branches(depth)
        for label, node in other.branches.items():
            name = ANY_BRANCH if ANY_BRANCH in self.branches and label not in KINDS else label
            self.branches.setdefault(name, Node()).merge(node, depth)
        if self._many_kinds():
            self._fold_branches(depth)

    def fold(self, depth: int) -> None:
        """All names are data from here on. What is below any of them is one place, and its texts are no choice."""
        folded = Node(free=True)
        for node in self.children.values():
            folded.merge(node, depth + 1)
        self.children, self.folded, self.whole = {MAP_KEY: folded}, True, None

    def _fold_branches(self, depth: int) -> None:
        """The kinds that nobody published are one from here on; the others stay what they are."""
        folded = Node()
        for label in sorted(self.branches.keys() - KINDS):
            folded.merge(self.branches.pop(label), depth)
        self.branches[ANY_BRANCH] = folded

    def below(self) -> "Iterator[tuple[str, Node]]":
        """Every place right below, with what its pointer goes on with."""
        yield from ((f"/{segment(key)}", node) for key, node in self.children.items())
        yield from self.branches.items()
        if self.items is not None:
            yield "/*", self.items

    def walk(self, pointer: str = "") -> "Iterator[tuple[str, Node]]":
        """Every place below, with its pointer, and itself."""
        yield pointer, self
        for more, node in self.below():
            yield from node.walk(pointer + more)


def loose(part: str) -> bool:
    """Whether below this part of a pointer exchanges are not counted: there many names, or kinds, are one place."""
    return part in (f"/{MAP_KEY}", ANY_BRANCH)


def is_choice(node: Node, name: str) -> bool:
    """Whether the texts of a place are a closed set, as far as can be told.

    There are at least thirty, few kinds of them, and by Good and Turing's estimate (the share of those that came once)
    the next would be a new one in at most one case of twenty. "No new ones in the last third" would say the same, but
    depends on the order.
    """
    seen = node.types.get("string")
    if not node.values or seen is None:
        return False
    if name in CHOICES:
        return True
    once = sum(one.n == 1 for one in node.values.values())
    few = len(node.values) <= max(3, int(seen.n**0.5))
    return seen.n >= 30 and few and once * 20 <= seen.n  # noqa: PLR2004 - as the docstring says


def _merge_tallies(into: dict[str, Tally], more: dict[str, Tally]) -> None:
    for name, tally in more.items():
        if name in into:
            into[name].add(tally)
        else:
            into[name] = tally.copy()


def _object_of(node: Node) -> Place | None:
    """Where an object was first seen at a node."""
    tally = node.types.get("object")
    return None if tally is None else tally.first


def _earlier(one: Place | None, other: Place | None) -> Place | None:
    return min(one, other) if one is not None and other is not None else one or other


def wider(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    """The least and the most of both."""
    if one is None or other is None:
        return one or other
    return min(one[0], other[0]), max(one[1], other[1])
