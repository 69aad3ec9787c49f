"""Answers that are asked for again and again, ready as they go over the wire. In a bounded memory.

Law: what is kept is made of a recording alone, of its chunks and of nothing that a fault or a way of splitting has made
of them. Only what was asked for twice is kept: most of a recording is played once.
"""

from collections.abc import Callable, Iterable, Sequence

from nexdiag.core.exchange import Chunk
from nexdiag.http1.heads import Framing
from nexdiag.replay.playback import AsRecorded, Playback
from nexdiag.replay.serving import onwire

Blocks = Callable[[Playback, Framing], Iterable[bytes]]
"""As `onwire.blocks`."""
MOST = 16 * 1024 * 1024
"""Bytes that are kept of all answers together."""
_LARGEST = 64 * 1024
"""Bytes of one answer that is kept."""
_MOST_SEEN = 100_000


class Ready:
    """Bodies on the wire, by the recording that they are of."""

    def __init__(self, most: int = MOST) -> None:
        """Keep at most so many bytes."""
        self._most = most
        self._size = 0
        self._seen: set[int] = set()
        self._kept: dict[tuple[int, Framing], tuple[Sequence[Chunk], bytes]] = {}

    def blocks(self, played: Playback, framed: Framing) -> Iterable[bytes]:
        """The body as `onwire.blocks` gives it, joined where it is kept."""
        pieces = played.pieces
        if not isinstance(pieces, AsRecorded) or framed is Framing.NONE:
            return onwire.blocks(played, framed)
        key = (played.exchange.id, framed)
        kept = self._kept.get(key)
        if kept is not None and kept[0] is pieces.chunks:
            return (kept[1], *onwire.last(played, framed)) if kept[1] else onwire.blocks(played, framed)
        if played.exchange.id in self._seen:
            self._keep(key, pieces)
        elif len(self._seen) < _MOST_SEEN:
            self._seen.add(played.exchange.id)
        return onwire.blocks(played, framed)

    def _keep(self, key: tuple[int, Framing], pieces: AsRecorded) -> None:
        raws = pieces.raws
        small = sum(map(len, raws)) <= min(_LARGEST, self._most // 2)
        body = b"".join(onwire.framed_blocks(raws, key[1])) if small else b""  # then that it is too large is known
        if self._size + len(body) > self._most or len(self._kept) >= _MOST_SEEN:
            self._kept.clear()
            self._size = 0
        self._kept[key] = (pieces.chunks, body)
        self._size += len(body)
