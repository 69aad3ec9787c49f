"""Comparison → JSON Lines: one difference a line, with where it stands. Folded consequences only on request."""

from collections.abc import Iterator, Sequence

from nexdiag.core.comparison import Comparison
from nexdiag.report.diff.json import difference_fields
from nexdiag.report.json import dump


def whole(found: Sequence[Comparison], *, unfolded: bool = False) -> str:
    """All lines, each ended; nothing where nothing differs."""
    return "".join(f"{line}\n" for one in found for line in _lines(one, unfolded=unfolded))


def _lines(found: Comparison, *, unfolded: bool) -> Iterator[str]:
    for number, row in enumerate(found.rows):
        place = row.right or row.left
        for one in row.differences:
            if one.inherited and not unfolded:
                continue
            yield dump(
                {
                    "left_file": found.left.name,
                    "right_file": found.right.name,
                    "row": number,
                    "first": number == found.first,
                    "consequence": row.consequence,
                    "turn": None if place is None else place.turn,
                    "session": "" if place is None else place.session,
                    "exchange": None if place is None else place.exchange,
                    **difference_fields(one),
                }
            )
