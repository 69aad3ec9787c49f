"""Marks of words."""

from nexdiag.core.difference import Piece
from nexdiag.report.pieces import marked


def test_what_has_gone_and_what_is_new_is_marked() -> None:
    """And nothing else is."""
    kinds = ("same", "removed", "added", "left out")
    assert [marked(Piece(kind=kind, text="x"), "y") for kind in kinds] == ["y", "⟦-y-⟧", "⟦+y+⟧", "y"]
