"""What one chat tells, handed on to any number of followers. No I/O, no clock.

Law: a follower that joins late hears the turn under way from its beginning; one that reads too slowly is dropped with a
word, and neither the turn nor the others wait for it; each turn that was begun ends exactly once.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

import msgspec

from nexdiag.agent.daemon.protocol import OVERLOADED, Told, refusal, telling
from nexdiag.agent.progress import (
    Progress,
    ReasoningDelta,
    TextDelta,
    ToolBuilding,
    TurnEnded,
    TurnStarted,
    Waiting,
)
from nexdiag.core.turn import Turn

_MOST_LINES = 2000
_MOST_BYTES = 8 * 1024**2
_DELTAS = (TextDelta, ReasoningDelta)
_LATEST = (ToolBuilding, Waiting)
"""Of these only the last word counts."""


class Follower:
    """One who follows: lines that wait to be sent."""

    def __init__(self, lines: list[bytes]) -> None:
        """It begins with what the turn under way has told so far, however much."""
        self._lines = deque(lines)
        self._begun = len(lines)
        """Of the lines that wait, those it began with: they are no sign of slowness."""
        self._bytes = 0
        self._over = False
        self._came = asyncio.Event()

    def put(self, line: bytes) -> bool:
        """Hand it one line; False if it is dropped for its slowness."""
        if self._over:
            return False
        if len(self._lines) - self._begun >= _MOST_LINES or self._bytes + len(line) > _MOST_BYTES:
            self._lines.clear()
            self.end(OVERLOADED)
            return False
        self._lines.append(line)
        self._bytes += len(line)
        self._came.set()
        return True

    def end(self, why: str) -> None:
        """The last line."""
        if not self._over:
            self._lines.append(refusal(why))
            self._over = True
        self._came.set()

    def rest(self) -> list[bytes]:
        """What waits to be sent."""
        lines = list(self._lines)
        self._lines.clear()
        return lines

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """Each line as it comes, until the last."""
        while True:
            while self._lines:
                line = self._lines.popleft()
                if self._begun:
                    self._begun -= 1
                else:
                    self._bytes = max(self._bytes - len(line), 0)
                yield line
            if self._over:
                return
            self._came.clear()
            await self._came.wait()


class _Piece(msgspec.Struct):
    """One thing of the turn under way; text that comes in pieces is kept as such until somebody wants it."""

    told: Told
    texts: list[str]

    def whole(self) -> Told:
        progress = self.told.progress
        if self.texts and isinstance(progress, TextDelta | ReasoningDelta):
            progress = msgspec.structs.replace(progress, text="".join(self.texts))
        return msgspec.structs.replace(self.told, progress=progress)


class Feed:
    """What a chat tells."""

    def __init__(self) -> None:
        """Nobody follows yet."""
        self.running = False
        """A turn is under way."""
        self.turn = 0
        """The number of the turn under way, or of the last one."""
        self._seq = 0
        self._request_id: str | None = None
        self._open = False
        """A question is being settled, and no turn of it has ended yet."""
        self._pieces: list[_Piece] = []
        self._followers: set[Follower] = set()

    def begin(self, request_id: str | None) -> None:
        """The next turn is that of this question."""
        self._request_id, self._open = request_id, True

    def tell(self, progress: Progress) -> None:
        """Hand on what was told. What is told outside of a turn is kept for nobody; a second end of a turn is none."""
        if isinstance(progress, TurnEnded):
            if not self.running:
                return
            self._open = False
        if isinstance(progress, TurnStarted):
            self.running, self.turn, self._pieces = True, progress.turn.number, []
        self._seq += 1
        told = Told(seq=self._seq, turn=self.turn, progress=progress, request_id=self._request_id)
        if self._followers:
            line = telling(told)
            self._followers = {one for one in self._followers if one.put(line)}
        if isinstance(progress, TurnEnded):
            self.running, self._pieces = False, []
        elif self.running:
            self._keep(told)

    def settle(self, turn: Turn) -> None:
        """The question has come to this: where its turn did not tell that, because it had none or broke, it is told."""
        if not self._open:
            return
        if not self.running:
            self.tell(TurnStarted(turn=msgspec.structs.replace(turn, outcome="unfinished", reply=None, error=None)))
        self.tell(TurnEnded(turn=msgspec.structs.replace(turn, number=self.turn)))

    def follow(self) -> tuple[dict[str, object], Follower]:
        """The greeting of a new follower, and the follower."""
        follower = Follower([telling(piece.whole()) for piece in self._pieces])
        self._followers.add(follower)
        return {"following": True, "running": self.running, "turn": self.turn}, follower

    def leave(self, follower: Follower) -> None:
        """It follows no more."""
        self._followers.discard(follower)

    def end(self, why: str) -> None:
        """Send all followers away."""
        for follower in self._followers:
            follower.end(why)
        self._followers = set()

    def _keep(self, told: Told) -> None:
        """For those who join later: pieces of one text as one, and of what only the latest word counts, the latest."""
        progress, last = told.progress, self._pieces[-1] if self._pieces else None
        if (
            last is not None
            and type(last.told.progress) is type(progress)
            and isinstance(progress, (*_DELTAS, *_LATEST))
        ):
            last.told = told
            if isinstance(progress, TextDelta | ReasoningDelta):
                last.texts.append(progress.text)
            return
        self._pieces.append(_Piece(told=told, texts=[progress.text] if isinstance(progress, _DELTAS) else []))
