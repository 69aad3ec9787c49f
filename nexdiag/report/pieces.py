"""Two texts word by word, as plain text: what has gone and what is new between marks. Pure.

Law: one way to mark words, in whatever report; the marks are none that prose or JSON holds by chance.
"""

from nexdiag.core.difference import Piece

GONE = ("⟦-", "-⟧")
NEW = ("⟦+", "+⟧")
_MARKS = {"removed": GONE, "added": NEW}


def marked(piece: Piece, text: str) -> str:
    """The text of a piece, as it is to be shown, between the marks of its kind."""
    before, after = _MARKS.get(piece.kind, ("", ""))
    return f"{before}{text}{after}"
