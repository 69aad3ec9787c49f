"""Differences between two JSON values, insertion-aware: lists are aligned before they are compared.

An entry put into a list is one difference, not one for every entry after it; an entry that changed is compared with
the entry that it was.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.diff.align import Pair, aligned

_DEEPEST = 100
"""Levels that are looked into; what differs below is one difference. Python's stack bears no more for sure."""


def compare(left: Any, right: Any, pointer: str = "") -> Iterator[Difference]:  # noqa: ANN401 - any JSON value
    """All places where the two differ, in the order of the left side; pointers are the left side's.

    The pointer of what the right side has more is where it stands there.
    """
    yield from _compare(left, right, pointer, 0)


def _compare(left: Any, right: Any, pointer: str, depth: int) -> Iterator[Difference]:  # noqa: ANN401 - any JSON value
    if depth < _DEEPEST and isinstance(left, dict) and isinstance(right, dict):
        yield from _objects(left, right, pointer, depth)
    elif depth < _DEEPEST and isinstance(left, list | tuple) and isinstance(right, list | tuple):
        yield from _lists(left, right, pointer, depth)
    elif type(left) is not type(right) or _text(left) != _text(right):
        yield Difference(pointer=pointer, left=left, right=right)


def _objects(left: dict[str, Any], right: dict[str, Any], pointer: str, depth: int) -> Iterator[Difference]:
    for key, value in left.items():
        where = f"{pointer}/{_escaped(key)}"
        if key in right:
            yield from _compare(value, right[key], where, depth + 1)
        else:
            yield Difference(pointer=where, left=value, kind="removed")
    for key, value in right.items():
        if key not in left:
            yield Difference(pointer=f"{pointer}/{_escaped(key)}", right=value, kind="added")


def _lists(left: Sequence[Any], right: Sequence[Any], pointer: str, depth: int) -> Iterator[Difference]:
    for i, j in _aligned(left, right):
        if i is not None and j is not None:
            for one in _compare(left[i], right[j], f"{pointer}/{i}", depth + 1):
                yield _shifted(one, pointer, i, j)
        elif i is not None:
            yield Difference(pointer=f"{pointer}/{i}", left=left[i], kind="removed")
        elif j is not None:
            yield Difference(pointer=f"{pointer}/{j}", right=right[j], kind="added")


def _aligned(left: Sequence[Any], right: Sequence[Any]) -> Iterator[Pair]:
    """The entries that differ, each with its counterpart, in order."""
    before, after = [_text(entry) for entry in left], [_text(entry) for entry in right]
    for i, j in aligned(before, after, lambda i, j: _kinship(left[i], right[j])):
        if i is None or j is None or before[i] != after[j]:
            yield i, j


def _kinship(left: Any, right: Any) -> float:  # noqa: ANN401 - any JSON value
    """How much of one is in the other. Strangers have a little too: one in the place of the other is one difference."""
    if isinstance(left, dict) and isinstance(right, dict):
        equal = sum(_text(left[key]) == _text(right[key]) for key in left.keys() & right)
        return 0.01 + equal / max(1, len(left | right))
    return 0.01 if type(left) is type(right) else 0.001


def _shifted(one: Difference, pointer: str, left: int, right: int) -> Difference:
    """The right side's pointer, where the entry stands at another place there."""
    if left == right:
        return one
    rest = (one.right_pointer or one.pointer)[len(f"{pointer}/{left}") :]
    return msgspec.structs.replace(one, right_pointer=f"{pointer}/{right}{rest}")


def _text(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """The one text of all equal values."""
    try:
        return msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:  # half an emoji
        return ascii(value).encode()
    except RecursionError:  # it cannot be compared, so it is equal to nothing
        return f"too deep: {id(value)}".encode()


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
