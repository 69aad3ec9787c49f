"""Answers cut into other pieces than they came in: the bytes are the same, and so is the time that they take. Pure.

    recorded   as they came
    whole      all at once, at the end
    byte       one byte a piece
    utf8       cut also within each character of several bytes
    data       cut also within the word `data:` of each event, and between CR and LF

A body with a content-encoding is cut at every byte by the last two: what stands in it cannot be seen.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import overload

import msgspec

from nexdiag.codec.encodings import encoding_of
from nexdiag.core.errors import UsageError
from nexdiag.replay.playback import Piece, Playback

Split = Callable[[Playback], Playback]
_INSIDE = re.compile(rb"[\x80-\xbf]")
"""A byte of a character that is not its first."""
_DATA = re.compile(rb"(?:\A|(?<=[\r\n]))da(?=ta:)|\r(?=\n)")
"""Behind this an event, or a line end, is cut."""


def splitter(name: str) -> Split:
    """The way of splitting that has this name. Raises `UsageError`."""
    try:
        return _WAYS[name]
    except KeyError:
        from difflib import get_close_matches  # noqa: PLC0415 - a server is to listen soon, and seldom needs it

        near = get_close_matches(name[:60], _WAYS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"no such way to split: wanted {', '.join(_WAYS)}, found {name[:60]!r}", hint=hint) from None


class Recut(Sequence[Piece]):
    """Pieces that are cut further, made when they are sent: a stream of a million bytes is as many pieces."""

    def __init__(self, pieces: Sequence[Piece], cuts: Callable[[bytes], Sequence[int]]) -> None:
        """`cuts` gives the places in the joined bytes at which a new piece begins, in order."""
        self._pieces = pieces
        self._cuts = cuts

    def __iter__(self) -> Iterator[Piece]:
        """Each in order; the first part of a recorded piece comes when that came."""
        cuts, at, start = self._places, 0, 0
        for piece in self._pieces:
            end, begin, after, held = start + len(piece.bytes), start, piece.after, piece.held
            while at < len(cuts) and cuts[at] < end:
                if cuts[at] > begin:
                    yield Piece(after, piece.bytes[begin - start : cuts[at] - start], held)
                    begin, after, held = cuts[at], 0.0, 0.0
                at += 1
            yield Piece(after, piece.bytes[begin - start :], held)
            start = end

    def __len__(self) -> int:
        """How many there are."""
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, place: int) -> Piece: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Piece, ...]: ...
    def __getitem__(self, place: int | slice) -> Piece | tuple[Piece, ...]:
        """The piece at a place: all are made for it."""
        return tuple(self)[place]

    @cached_property
    def _places(self) -> Sequence[int]:
        return self._cuts(b"".join(piece.bytes for piece in self._pieces))


def _recorded(answer: Playback) -> Playback:
    return answer


def _whole(answer: Playback) -> Playback:
    if len(answer.pieces) == 0:
        return answer
    after, held = (sum(getattr(piece, name) for piece in answer.pieces) for name in ("after", "held"))
    joined = b"".join(piece.bytes for piece in answer.pieces)
    return msgspec.structs.replace(answer, pieces=(Piece(after, joined, held),))


def _byte(answer: Playback) -> Playback:
    return msgspec.structs.replace(answer, pieces=Recut(answer.pieces, _everywhere))


def _utf8(answer: Playback) -> Playback:
    return _at(answer, lambda joined: [found.start() for found in _INSIDE.finditer(joined)])


def _data(answer: Playback) -> Playback:
    return _at(answer, lambda joined: [found.end() for found in _DATA.finditer(joined)])


def _at(answer: Playback, cuts: Callable[[bytes], Sequence[int]]) -> Playback:
    squeezed = encoding_of(answer.headers) not in ("", "identity")
    return msgspec.structs.replace(answer, pieces=Recut(answer.pieces, _everywhere if squeezed else cuts))


def _everywhere(joined: bytes) -> Sequence[int]:
    return range(1, len(joined))


_WAYS: Mapping[str, Split] = MappingProxyType(
    {"recorded": _recorded, "whole": _whole, "byte": _byte, "utf8": _utf8, "data": _data}
)
