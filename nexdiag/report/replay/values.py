"""Two values beside each other, each on a line: what both share is cut away, what differs is marked. Pure."""

import json

from nexdiag.core.difference import Difference
from nexdiag.report.json import plain
from nexdiag.report.visible import visible

_AROUND = 32
"""Characters of what both share that are shown before and behind the place."""
_MARKED = 80
"""Characters that differ which are shown."""
_WORTH = 8
"""Characters that two values must share for marks to help."""
_MARKS = "⟦", "⟧"


def both(one: Difference) -> list[str]:
    """`- recorded` and `+ sent`; one of them where the other does not exist."""
    left, right = as_json(one.left), as_json(one.right)
    if one.kind == "changed":
        left, right = marked(left, right)
    else:
        left, right = _ends(left), _ends(right)
    rows = [f"- {left}"] if one.kind != "added" else []
    return [*rows, f"+ {right}"] if one.kind != "removed" else rows


def marked(left: str, right: str) -> tuple[str, str]:
    """Both texts, the part in which they differ between ⟦ and ⟧; what both share is cut on both sides."""
    start = common(left, right)
    most = min(len(left), len(right)) - start
    end = common(left[len(left) - most :][::-1], right[len(right) - most :][::-1])
    if start + end < _WORTH:
        return _ends(left), _ends(right)
    return _marked(left, start, end), _marked(right, start, end)


def _marked(text: str, start: int, end: int) -> str:
    stop = len(text) - end
    head, tail = _flat(text[max(0, start - _AROUND) : start]), _flat(text[stop : stop + _AROUND])
    before = "…" if start > _AROUND else ""
    behind = "…" if end > _AROUND else ""
    return f"{before}{head}{_MARKS[0]}{_ends(text[start:stop], _MARKED)}{_MARKS[1]}{tail}{behind}"


def _ends(text: str, limit: int = 2 * _MARKED) -> str:
    """A text on a line; of a long one the beginning and the end."""
    if len(text) <= limit:
        return _flat(text)
    half = limit // 2
    return f"{_flat(text[:half])}…({len(text) - 2 * half:,} characters)…{_flat(text[-half:])}"


def _flat(text: str) -> str:
    """All of it on one line, spaces at its ends included: they may be what differs."""
    return visible(text).replace("\n", "⏎").replace("\t", " ")


def common(left: str, right: str) -> int:
    """How many characters both begin with. By halves: texts may be huge, and comparing slices is fast."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def as_json(value: object) -> str:
    """Any value as JSON text: a number is told from a text that spells it."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
