"""Whether the counts of a shape can have been counted: what a file of shapes is held to, before anything divides by it.

Law: all that a reader ever counted fits; what a hand wrote into a file, or took out, may not.
"""

from nexdiag.diff.drift.naming import MAP_KEY, NO_JSON
from nexdiag.diff.drift.shape import ANY_BRANCH, Node, Tally

_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "object", "list", NO_JSON})
_MOST = 2**53
_DEEPEST = 200
"""Parts of a pointer. What is learned ends far above: at `shape.DEEPEST` levels."""


def misfit(node: Node, pointer: str = "", depth: int = 0) -> str:
    """The first place whose counts do not fit, and why; empty where all do."""
    if depth > _DEEPEST:
        return "it is nested too deeply"
    told = _own(node) or _below(node)
    if told:
        return f"{pointer[:200] or '/'}: {told}"
    return next((told for part, one in node.below() if (told := misfit(one, pointer + part, depth + 1))), "")


def _own(node: Node) -> str:
    """What is wrong with the counts of a node by itself."""
    tallies = [*node.types.values(), *(node.values or {}).values()]
    if not node.types.keys() <= _TYPES:
        return f"{min(node.types.keys() - _TYPES)[:40]!r} is no type"
    if any(not _positive(one) for one in tallies) or (node.lacked is not None and node.lacked[1] < 0):
        return "a count is below 1, or too large"
    if sum(one.n for one in node.types.values()) != node.n:
        return f"its types do not add up to n {node.n:,}"
    objects = min(node.exchanges, _of(node, "object"))
    if not (min(1, node.n) <= node.exchanges <= node.n and 0 <= node.objects <= objects):
        return f"n {node.n:,} was not seen in {node.exchanges:,} exchanges, {node.objects:,} with an object"
    if sum(one.n for one in (node.values or {}).values()) > _of(node, "string"):
        return "its values are more than its texts"
    low, high = node.length or (0, 0)
    return "" if 0 <= low <= high <= _MOST else "its lengths are none"


def _below(node: Node) -> str:
    """What is wrong between a node and those right below it."""
    objects = _of(node, "object")
    if node.folded and not node.children.keys() <= {MAP_KEY}:
        return "its names are data and stand apart"
    if any(key != MAP_KEY and one.exchanges > node.objects for key, one in node.children.items()):
        return "a field is in more exchanges than objects are"
    if sum(one.n for one in node.branches.values()) > objects:
        return "its kinds are more than its objects"
    if any(label != ANY_BRANCH and one.exchanges > node.exchanges for label, one in node.branches.items()):
        return "a kind is in more exchanges than all kinds are"
    if node.items is not None and node.items.n and not _of(node, "list"):
        return "there are entries of no list"
    return ""


def _positive(tally: Tally) -> bool:
    return 1 <= tally.n <= _MOST and tally.first[1] >= 0


def _of(node: Node, kind: str) -> int:
    tally = node.types.get(kind)
    return 0 if tally is None else tally.n
