"""Differences between two JSON values, insertion-aware: lists are aligned before they are compared.

An entry put into a list is one difference, not one for every entry after it; an entry that changed is compared with
the entry that it was.
"""

import difflib
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from nexdiag.core.difference import Difference

_DEEPEST = 100
"""Levels that are looked into; what differs below is one difference. Python's stack bears no more for sure."""
_MOST_PAIRS = 250_000
"""Of entries that are worth aligning: what differs more than that has no useful alignment."""
_MOST_KIN = 2_500
"""Of entries whose kinship is worth the look."""

_Pair = tuple[int | None, int | None]
"""Places in the left and in the right list; None where an entry has no counterpart."""


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


def _aligned(left: Sequence[Any], right: Sequence[Any]) -> Iterator[_Pair]:
    """The entries that differ, each with its counterpart, in order."""
    before, after = [_text(entry) for entry in left], [_text(entry) for entry in right]
    start, ends = 0, (len(before), len(after))
    while start < min(ends) and before[start] == after[start]:
        start += 1
    while min(ends) > start and before[ends[0] - 1] == after[ends[1] - 1]:
        ends = ends[0] - 1, ends[1] - 1
    blocks: list[tuple[str, int, int, int, int]] = [("replace", 0, ends[0] - start, 0, ends[1] - start)]
    if (ends[0] - start) * (ends[1] - start) <= _MOST_PAIRS:
        rest = before[start : ends[0]], after[start : ends[1]]
        blocks = list(difflib.SequenceMatcher(None, *rest, autojunk=False).get_opcodes())
    for kind, a, b, c, d in blocks:
        if kind != "equal":
            yield from _paired(left, right, range(start + a, start + b), range(start + c, start + d))


def _paired(left: Sequence[Any], right: Sequence[Any], these: range, those: range) -> Iterator[_Pair]:
    """Entries of which none has its equal: who became whom. Where there are too many, it goes by their order."""
    if len(these) * len(those) > _MOST_KIN:
        yield from itertools.zip_longest(these, those)
        return
    kinship = [[_kinship(left[i], right[j]) for j in those] for i in these]
    best = _best(kinship, len(those))
    i = j = 0
    while i < len(these) and j < len(those):
        if best[i][j] == best[i + 1][j + 1] + kinship[i][j]:
            yield these[i], those[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield these[i], None
            i += 1
        else:
            yield None, those[j]
            j += 1
    yield from ((place, None) for place in these[i:])
    yield from ((None, place) for place in those[j:])


def _best(kinship: list[list[float]], width: int) -> list[list[float]]:
    """The most kinship that can be had from entry i of the left and j of the right on, in their order."""
    best = [[0.0] * (width + 1) for _ in range(len(kinship) + 1)]
    for i in reversed(range(len(kinship))):
        for j in reversed(range(width)):
            best[i][j] = max(best[i + 1][j + 1] + kinship[i][j], best[i + 1][j], best[i][j + 1])
    return best


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
