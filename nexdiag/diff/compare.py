"""Differences between two JSON values, insertion-aware: lists are aligned before they are compared.

An entry put into a list is one difference, not one for every entry after it.
"""

import difflib
from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.core.difference import Difference


def compare(left: Any, right: Any, pointer: str = "") -> Iterator[Difference]:  # noqa: ANN401 - any JSON value
    """All places where the two differ, in the order of the left side; pointers are the left side's."""
    if isinstance(left, dict) and isinstance(right, dict):
        yield from _objects(left, right, pointer)
    elif isinstance(left, list | tuple) and isinstance(right, list | tuple):
        yield from _lists(list(left), list(right), pointer)
    elif type(left) is not type(right) or left != right:
        yield Difference(pointer=pointer, left=left, right=right)


def _objects(left: dict[str, Any], right: dict[str, Any], pointer: str) -> Iterator[Difference]:
    for key, value in left.items():
        where = f"{pointer}/{_escaped(key)}"
        if key in right:
            yield from compare(value, right[key], where)
        else:
            yield Difference(pointer=where, left=value, kind="removed")
    for key, value in right.items():
        if key not in left:
            yield Difference(pointer=f"{pointer}/{_escaped(key)}", right=value, kind="added")


def _lists(left: list[Any], right: list[Any], pointer: str) -> Iterator[Difference]:
    keys = [[msgspec.json.encode(entry, order="deterministic") for entry in side] for side in (left, right)]
    matcher = difflib.SequenceMatcher(None, *keys, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        pairs = min(b - a, d - c)
        for i in range(pairs):
            for one in compare(left[a + i], right[c + i], f"{pointer}/{a + i}"):
                yield _shifted(one, pointer, a + i, c + i)
        for i in range(a + pairs, b):
            yield Difference(pointer=f"{pointer}/{i}", left=left[i], kind="removed")
        for i in range(c + pairs, d):
            yield Difference(pointer=f"{pointer}/{i}", right=right[i], kind="added")


def _shifted(one: Difference, pointer: str, left: int, right: int) -> Difference:
    """The right side's pointer, where the entry stands at another place there."""
    if left == right:
        return one
    rest = (one.right_pointer or one.pointer)[len(f"{pointer}/{left}") :]
    return msgspec.structs.replace(one, right_pointer=f"{pointer}/{right}{rest}")


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
