"""An answer as faults see it: plain bytes, in blocks that are counted. Pure.

A block of an event stream is one event with all its bytes, however they were cut; what holds no data (comments) is a
block that is not counted. A body that is no event stream is taken in four quarters.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import msgspec

from nexdiag.codec import sse
from nexdiag.codec.encodings import encoding_of, plain_pieces
from nexdiag.codec.wire import wire_of
from nexdiag.core.endpoint import Wire
from nexdiag.core.exchange import Headers, header
from nexdiag.replay.playback import Piece, Playback

_QUARTERS = 4
_BLANK = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)+")
"""What ends an event: a line end, and at least one more."""
_DATA = re.compile(rb"(?:\A|[\r\n])data[:\r\n]")
_MAY_END = re.compile(rb"\[DONE\]|message_stop|response\.(?:completed|incomplete|failed)")
_ENDS = frozenset({"message_stop", "response.completed", "response.incomplete", "response.failed"})


class _Typed(msgspec.Struct):
    type: str = ""


_typed = msgspec.json.Decoder(_Typed)


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces that belong together."""

    pieces: tuple[Piece, ...]
    counts: bool = True

    @property
    def content(self) -> bytes:
        """All of them joined."""
        return b"".join(piece.bytes for piece in self.pieces)

    @property
    def after(self) -> float:
        """Seconds that it took."""
        return sum(piece.after for piece in self.pieces)

    @property
    def held(self) -> float:
        """The same at any speed."""
        return sum(piece.held for piece in self.pieces)

    @property
    def data(self) -> str:
        """The data of its event; the text itself where it is none."""
        parser = sse.Parser()
        events = parser.feed(self.content) + parser.close()
        return "\n".join(event.data for event in events)

    @property
    def ends(self) -> bool:
        """Whether the event says that the stream has ended."""
        if _MAY_END.search(self.content) is None:
            return False
        data = self.data.strip()
        if data == "[DONE]":
            return True
        try:
            return _typed.decode(data).type in _ENDS
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return False

    def holding(self, other: bytes) -> "Block":
        """A block of these bytes, when it was all there."""
        return Block(pieces=(Piece(self.after, other, self.held),), counts=self.counts)


class Answer(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """An answer without its content-encoding, and its blocks."""

    playback: Playback
    blocks: tuple[Block, ...]
    streamed: bool
    wire: Wire | None

    @cached_property
    def counted(self) -> list[int]:
        """Places of the blocks that count: number k is that of chunk k."""
        return [place for place, block in enumerate(self.blocks) if block.counts]

    @cached_property
    def ends(self) -> frozenset[int]:
        """Numbers of the chunks that say that the stream has ended."""
        if not self.streamed:
            return frozenset()
        return frozenset(chunk for chunk, place in enumerate(self.counted) if self.blocks[place].ends)

    def made(self, blocks: Iterable[Block], *, failure: str | None = None, rest: float = 0.0) -> Playback:
        """The answer with these blocks instead; it ends well, or with `failure`."""
        pieces = tuple(piece for block in blocks for piece in block.pieces)
        headers = reframed(self.playback.headers, sum(len(piece.bytes) for piece in pieces))
        made = msgspec.structs.replace(self.playback, pieces=pieces, headers=headers, failure=failure, rest=rest)
        return made if failure is None else _as_announced(made, self.playback.headers)


def _as_announced(made: Playback, headers: Headers) -> Playback:
    """What breaks off was announced as a whole."""
    return msgspec.structs.replace(made, headers=headers)


def read(playback: Playback) -> Answer:
    """Take an answer apart."""
    plain = _plain(playback)
    body = b"".join(piece.bytes for piece in plain.pieces)
    streamed = header(plain.headers, "content-type").strip().lower().startswith("text/event-stream")
    if streamed:
        ends = [found.end() for found in _BLANK.finditer(body)]
    else:
        ends = [len(body) * quarter // _QUARTERS for quarter in range(1, _QUARTERS)]
    places = sorted({0, *ends, len(body)})
    blocks = tuple(
        Block(pieces=pieces, counts=not streamed or _DATA.search(b"".join(one.bytes for one in pieces)) is not None)
        for pieces in _cut(plain.pieces, places)
    )
    return Answer(playback=plain, blocks=blocks, streamed=streamed, wire=wire_of(plain.exchange.request.url))


def reframed(headers: Headers, length: int) -> Headers:
    """The headers with the length that the body now has, where they tell one."""
    return tuple((name, str(length) if name == "content-length" else value) for name, value in headers)


def _plain(playback: Playback) -> Playback:
    """The answer without its content-encoding; the very same where that cannot be undone."""
    encoding = encoding_of(playback.headers)
    if not encoding:
        return playback
    plain = plain_pieces((piece.bytes for piece in playback.pieces), encoding)
    if plain is None:
        return playback
    pieces = tuple(
        Piece(piece.after, content, piece.held) for piece, content in zip(playback.pieces, plain, strict=True)
    )
    headers = tuple(pair for pair in playback.headers if pair[0] != "content-encoding")
    headers = reframed(headers, sum(map(len, plain)))
    return msgspec.structs.replace(playback, pieces=pieces, headers=headers)


def _cut(pieces: Sequence[Piece], places: Sequence[int]) -> Iterator[tuple[Piece, ...]]:
    """The pieces of each stretch between two places; a piece that is cut has its time at its first part."""
    waiting = iter(pieces)
    at, rest = 0, Piece(0.0, b"")
    for _, end in pairwise(places):
        taken: list[Piece] = []
        while at < end:
            while not rest.bytes:
                coming = next(waiting)
                rest = Piece(rest.after + coming.after, coming.bytes, rest.held + coming.held)
            part = rest.bytes[: end - at]
            taken.append(Piece(rest.after, part, rest.held))
            rest = Piece(0.0, rest.bytes[len(part) :])
            at += len(part)
        yield tuple(taken)
