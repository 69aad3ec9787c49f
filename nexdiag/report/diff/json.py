"""Comparison → JSON, as scripts read it: `nexdiag.diff/1`. The shape is a promise (docs/reference/diff.md)."""

from collections.abc import Sequence
from typing import Any

from nexdiag.core.comparison import Comparison, Explanation, Place, Row, Side
from nexdiag.core.difference import Difference
from nexdiag.report.diff.told import verdict
from nexdiag.report.json import dump, finding_fields

SCHEMA = "nexdiag.diff/1"


def whole(found: Sequence[Comparison], *, unfolded: bool = False) -> str:
    """All comparisons, one for each pair of files."""
    return dump({"schema": SCHEMA, "pairs": [_one(one, unfolded=unfolded) for one in found]}, indent=2)


def _one(found: Comparison, *, unfolded: bool) -> dict[str, Any]:
    del unfolded  # a script folds for itself
    told = found.explanation
    return {
        "left": side_fields(found.left),
        "right": side_fields(found.right),
        "mode": found.mode,
        "verdict": verdict(found),
        "differences": len(found.differences()),
        "first": found.first,
        "rows": [_row(row) for row in found.rows],
        "aside": [{"rule": one.rule, "count": one.count, "example": one.example} for one in found.aside],
        "findings": {
            "new": [finding_fields(one) for one in found.findings.new],
            "gone": [finding_fields(one) for one in found.findings.gone],
            "still": [finding_fields(one) for one in found.findings.still],
        },
        "explanation": None if told is None else _explanation(told),
        "unchecked": list(found.unchecked),
    }


def side_fields(side: Side) -> dict[str, Any]:
    """One of the two."""
    return {name: getattr(side, name) for name in side.__struct_fields__}


def _row(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "title": row.title,
        "left": _place(row.left),
        "right": _place(row.right),
        "consequence": row.consequence,
        "carried": row.carried,
        "differences": [difference_fields(one) for one in row.differences],
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else {"turn": place.turn, "session": place.session, "exchange": place.exchange}


def difference_fields(one: Difference) -> dict[str, Any]:
    """A difference; its values stand where it is new, and are not told again where it is carried on."""
    told: dict[str, Any] = {
        "aspect": one.aspect,
        "kind": one.kind,
        "pointer": one.pointer,
        "right_pointer": one.right_pointer or one.pointer,
        "quiet": one.quiet,
        "inherited": one.inherited,
    }
    if not one.inherited:
        told |= {"left": one.left} if one.kind != "added" else {}
        told |= {"right": one.right} if one.kind != "removed" else {}
        told["words"] = [
            {"kind": piece.kind, **({"length": len(piece.text)} if piece.kind == "left out" else {"text": piece.text})}
            for piece in one.words
        ]
    return told


def _explanation(told: Explanation) -> dict[str, Any]:
    return {
        "failing": told.failing,
        "row": told.row,
        "cause": told.cause,
        "differences": list(told.differences),
        "finding": None if told.finding is None else finding_fields(told.finding),
        "sentence": told.sentence,
        "certain": told.certain,
    }
