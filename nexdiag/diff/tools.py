"""Declared tools, by their names: which came, which went, and what changed in a schema. Pure.

The order of tools means nothing, nor does that of the names in a schema's `required`.
"""

from collections.abc import Iterator
from typing import Any

from nexdiag.core.difference import Difference
from nexdiag.diff.compare import compare
from nexdiag.diff.reading import Reading, made

_UNORDERED = frozenset({"required", "enum"})
_DEEPEST = 60


def compare_tools(left: object, right: object, reading: Reading, *, name: str = "tools") -> Iterator[Difference]:
    """All differences of two lists of tools, in the order of the left one."""
    if not isinstance(left, list) or not isinstance(right, list):
        before, after = ({name: value} if value is not None else {} for value in (left, right))
        yield from (made("tools", one) for one in compare(before, after))
        return
    there = _places(right)
    here = _places(left)
    both = [(i, there[key]) for key, i in here.items() if key in there]
    if [j for _, j in both] != sorted(j for _, j in both):
        reading.asides.add("order", f"/{name}", *([key[0] for key in side] for side in (here, there)))
    for key, i in here.items():
        j = there.get(key)
        if j is None:
            yield made("tools", Difference(pointer=f"/{name}/{i}", left=left[i], kind="removed"))
            continue
        for one in compare(_sorted(left[i]), _sorted(right[j]), f"/{name}/{i}"):
            yield made("tools", _shifted(one, name, i, j))
        if left[i] != right[j] and _sorted(left[i]) == _sorted(right[j]):
            reading.asides.add("order", f"/{name}/{i}", key[0], key[0])
    for key, j in there.items():
        if key not in here:
            yield made("tools", Difference(pointer=f"/{name}/{j}", right=right[j], kind="added"))


def named(tool: object) -> str:
    """The name of a tool, on any wire; its type where it has none (`web_search`)."""
    inner = tool.get("function", tool) if isinstance(tool, dict) else tool
    if isinstance(inner, dict):
        return str(inner.get("name", inner.get("type")))
    return repr(inner)


def _places(tools: list[Any]) -> dict[tuple[str, int], int]:
    """Where each stands, by its name; one of several of a name by how many came before."""
    seen: dict[str, int] = {}
    found = {}
    for place, tool in enumerate(tools):
        name = named(tool)
        found[name, seen.get(name, 0)] = place
        seen[name] = seen.get(name, 0) + 1
    return found


def _shifted(one: Difference, name: str, i: int, j: int) -> Difference:
    if i == j:
        return one
    rest = (one.right_pointer or one.pointer)[len(f"/{name}/{i}") :]
    return Difference(
        pointer=one.pointer, left=one.left, right=one.right, kind=one.kind, right_pointer=f"/{name}/{j}{rest}"
    )


def _sorted(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """The schema with its unordered names in order."""
    if depth > _DEEPEST:
        return value
    if isinstance(value, dict):
        return {key: _ordered(key, _sorted(one, depth + 1)) for key, one in value.items()}
    return [_sorted(one, depth + 1) for one in value] if isinstance(value, list) else value


def _ordered(key: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if key in _UNORDERED and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return sorted(value)
    return value
