"""Comparison → one HTML file: both recordings side by side, the first divergence in sight.

Law: as in `report.html`, the page loads nothing and runs its own script alone; recorded text is escaped or packed.
Verdict, explanation, first divergence and what was set aside stand without scripts.
"""

import json
from typing import Any

from nexdiag.core.comparison import Comparison, Place, Row
from nexdiag.core.difference import Difference
from nexdiag.core.run import Run
from nexdiag.report.diff.sections import asides, divergence, explained, findings, foot, head, sides
from nexdiag.report.diff.told import place_of, title_of, weighty, where
from nexdiag.report.html import page
from nexdiag.report.json import as_text
from nexdiag.report.markup import element, text
from nexdiag.report.page.blocks import SIZES, Column, open_block
from nexdiag.report.payload import run_payload
from nexdiag.report.summary import run_facts
from nexdiag.report.visible import one_line

_LONGEST = 20_000
"""Characters of a value that a row holds; the exchange beside it holds all."""


def render(found: Comparison, left: Run, right: Run) -> str:
    """The page of a comparison; `left` and `right` are the two recordings that were compared, as runs."""
    both = [run_payload(run_facts(run), number) for number, run in enumerate((left, right), 1)]
    rows, texts = Column(0, "rows"), Column(0, "texts")
    for row in found.rows:
        rows.add(_row(row, texts))
    note = element("noscript", element("p", "Scripts are off: only the first divergence is shown."))
    explorer = element("div", class_="explorer")
    told = (sides(found), explained(found), divergence(found), findings(found), asides(found), note, explorer)
    return page(
        "diff",
        title=(text(f"{one_line(found.left.name, 60)} ↔ {one_line(found.right.name, 60)} · nexdiag"),),
        masthead=(head(found),),
        runs=(),
        sections=(element("section", *told, class_="comparison"),),
        foot=(foot(found),),
        indexes=(open_block("nexdiag-0-index", _index(found)),),
        blocks=[*rows.blocks(), *texts.blocks(), *(piece for one in both for piece in (one.index, *one.blocks))],
    )


def _index(found: Comparison) -> dict[str, Any]:
    """What the list of rows shows, column by column."""
    rows = found.rows
    return {
        "sides": (found.left.name, found.right.name),
        "first": found.first,
        "sizes": SIZES,
        "rows": {
            "kind": [row.kind for row in rows],
            "title": [title_of(row) for row in rows],
            "left": [where(row.left) if row.left else None for row in rows],
            "right": [where(row.right) if row.right else None for row in rows],
            "leftExchange": [row.left.exchange if row.left else None for row in rows],
            "rightExchange": [row.right.exchange if row.right else None for row in rows],
            "consequence": [int(row.consequence) for row in rows],
            "weight": [len(weighty(row)) for row in rows],
            "aspects": [", ".join(dict.fromkeys(one.aspect for one in row.differences)) for row in rows],
        },
    }


def _row(row: Row, texts: Column) -> dict[str, Any]:
    return {
        "title": title_of(row),
        "where": place_of(row),
        "left": _place(row.left),
        "right": _place(row.right),
        "consequence": row.consequence,
        "carried": row.carried,
        "differences": [_difference(one, texts) for one in row.differences],
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return {"turn": place.turn, "session": place.session, "exchange": place.exchange} if place else None


def _difference(one: Difference, texts: Column) -> dict[str, Any]:
    """Values and words as numbers: what row after row carries on stands in the page once."""
    moved = one.right_pointer not in (None, one.pointer)
    return {
        "pointer": f"{one.pointer} ↔ {one.right_pointer}" if moved else one.pointer,
        "kind": one.kind,
        "aspect": one.aspect,
        "left": None if one.kind == "added" else _once(_value(one.left), texts),
        "right": None if one.kind == "removed" else _once(_value(one.right), texts),
        "words": _once(json.dumps([(piece.kind, piece.text) for piece in one.words]), texts) if one.words else None,
        "inherited": one.inherited,
        "quiet": one.quiet,
    }


def _once(text: str, texts: Column) -> int:
    return texts.once(text.encode("utf-8", "surrogatepass"), text)


def _value(value: object) -> str:
    written = as_text(value)
    more = len(written) - _LONGEST
    return written if more <= 0 else f"{written[:_LONGEST]}… ({more:,} more characters: see both, as recorded)"
