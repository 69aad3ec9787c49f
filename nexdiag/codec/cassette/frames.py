"""What the pieces of a stream have in common: pieces ⇄ one frame and what each of them says within it.

The events of a stream differ in a few words each. A frame is what stands before and after these words; a piece is
then the text within the frame, or several such texts where it holds several events, or the piece as it is.

Law: `unframed(frame, framed(frame, piece)) == piece` for every frame and every piece.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

Frame = tuple[str, str]
"""What stands before and after."""
NONE: Frame = ("", "")
_SAMPLE = 8
"""Pieces that are looked at to find the frame."""
_FEWEST = 3
"""With fewer pieces a frame saves nothing."""
_END = b"\n\n"


class Whole(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A piece that the frame does not fit: as text, or in base64 where it is no UTF-8."""

    text: str | None = None
    base64: str | None = None


Framed = str | list[str] | Whole


def frame_of(pieces: Sequence[bytes]) -> Frame:
    """The frame that saves most; the empty one where none saves anything."""
    units = _units(pieces)
    if len(units) < _FEWEST:
        return NONE
    head = _most(one[: _common(one, other)] for one, other in pairwise(units))
    backwards = [unit[len(head) :][::-1] for unit in units if unit.startswith(head)]
    tail = _most(one[: _common(one, other)] for one, other in pairwise(backwards))[::-1]
    try:
        return head.decode(), tail.decode()
    except UnicodeDecodeError:  # it ends within a character
        return NONE


def framed(frame: Frame, piece: bytes) -> Framed:
    """The piece, said within the frame if it fits."""
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        return Whole(base64=base64.b64encode(piece).decode())
    head, tail = frame
    if not (text.startswith(head) and text.endswith(tail) and len(text) >= len(head) + len(tail)):
        return Whole(text=text)
    inner = text[len(head) : len(text) - len(tail)]
    joint = tail + head
    return inner.split(joint) if joint and joint in inner else inner


def unframed(frame: Frame, said: Framed) -> bytes:
    """The piece again. Raises ValueError for base64 that is none."""
    if isinstance(said, Whole):
        return (said.text or "").encode() if said.base64 is None else base64.b64decode(said.base64, validate=True)
    head, tail = frame
    inner = said if isinstance(said, str) else (tail + head).join(said)
    return f"{head}{inner}{tail}".encode()


def made(frame: Frame, said: Iterable[object]) -> int:
    """How many bytes the frame adds to what the pieces say."""
    if frame == NONE:
        return 0
    units = sum(max(1, len(one)) if isinstance(one, list) else isinstance(one, str) for one in said)
    return len("".join(frame).encode()) * units


def _units(pieces: Sequence[bytes]) -> list[bytes]:
    """The first events of a stream; the first pieces of anything else."""
    first = pieces[:_SAMPLE]
    body = b"".join(first)
    if body.startswith((b"data:", b"event:", b":")) and _END in body:
        return [unit + _END for unit in body.split(_END)[:_SAMPLE] if unit]
    return list(first)


def _most(beginnings: Iterable[bytes]) -> bytes:
    """The beginning that saves most: a longer one saves more where it fits, and fits less often."""
    seen = Counter(beginnings)
    saved = {one: len(one) * sum(count for text, count in seen.items() if text.startswith(one)) for one in seen}
    return max(saved, key=lambda one: saved[one], default=b"")


def _common(one: bytes, other: bytes) -> int:
    """How many bytes both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
