"""Changing bytes that came in pieces, so that the pieces stay. Pure."""

from collections.abc import Iterable, Sequence

import msgspec


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of a whole to be put in the place of others."""

    start: int
    end: int
    text: bytes


def splice(pieces: Iterable[bytes], edits: Sequence[Edit]) -> list[bytes]:
    """The pieces with the edits made: new text stands in the piece where the old began.

    The edits are in order, and none touches another's bytes.
    """
    spliced, at, nearest = [], 0, 0
    for piece in pieces:
        kept, done, end = [], at, at + len(piece)
        while nearest < len(edits) and edits[nearest].start < end:
            edit = edits[nearest]
            kept.append(piece[done - at : max(done, edit.start) - at])
            if edit.start >= at:
                kept.append(edit.text)
            done = min(end, edit.end)
            if edit.end > end:
                break
            nearest += 1
        spliced.append(b"".join([*kept, piece[done - at :]]))
        at = end
    return spliced
