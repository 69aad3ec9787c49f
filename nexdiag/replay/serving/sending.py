"""Sending: one answer on its way to a client, piece by piece, at the pace that was chosen.

Law: what needs no wait goes out together, so that a recorded stream costs one write; what does not fit the client waits
here and is not made. It ends by telling its connection so, once, and whoever listens what became of it, once.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from nexdiag.http1.heads import Asked, Framing
from nexdiag.replay.playback import Playback
from nexdiag.replay.serving import onwire
from nexdiag.replay.serving.onwire import Ending
from nexdiag.replay.serving.ready import Blocks
from nexdiag.replay.serving.served import ANSWERED, FAILED, LEFT

_SLICE = 64 * 1024
"""Bytes of a large answer that are handed on at once."""
_LOOK = 0.002
"""Seconds between two looks at whether the client has all that it is to have before its connection is reset."""
_LOOKS = 2500
"""After so many of them it is reset all the same: the client does not read."""

Ended = Callable[[str, str], None]
"""Hears what became of it (a word of `served`), and why."""


class Connection(Protocol):
    """Who asked."""

    @property
    def unsent(self) -> int:
        """Bytes that are on their way."""

    def send(self, piece: bytes) -> None:
        """Hand bytes to the client."""

    def finished(self, *, keep: bool) -> None:
        """The answer is whole; `keep`: the connection may be used again."""

    def cut(self, *, hard: bool) -> None:
        """The answer broke off: the client must see it break, and not end."""


class Handle(Protocol):
    """Something that will be called."""

    def cancel(self) -> None:
        """It will not."""


class Timer(Protocol):
    """An event loop, as far as it is wanted here; a test has one that it moves by hand."""

    def time(self) -> float:
        """Now, in seconds."""

    def call_at(self, when: float, callback: Callable[[], object], /) -> Handle:
        """Call it then."""


class Sending:
    """One answer of a recording."""

    def __init__(  # noqa: PLR0913 - each is something outside
        self,
        played: Playback,
        asked: Asked,
        connection: Connection,
        timer: Timer,
        *,
        speed: float | None = None,
        origin: str = "",
        blocks: Blocks = onwire.blocks,
        ended: Ended = lambda what, why: None,
    ) -> None:
        """Send what is played to who asked. `speed` 1 waits as recorded, 10 a tenth of it, None not at all."""
        self._played = played
        self._connection = connection
        self._timer = timer
        self._speed = speed
        self._blocks = blocks
        self._ended = ended
        self._framing = onwire.framing(played, asked)
        self._keep = asked.keep and self._framing is not Framing.CLOSE
        self._head = b""
        if played.status is not None:
            self._head = onwire.head(played.status, played.headers, self._framing, keep=self._keep, origin=origin)
        self._items = self._script()
        self._due = 0.0
        self._waiting: Handle | None = None
        self._silent = False
        self._paused = False
        self._last = False
        self._over = False

    def start(self) -> None:
        """Begin."""
        self._due = self._timer.time()
        self._go()

    # What the connection tells.

    def pause(self) -> None:
        """The client takes no more for now."""
        self._paused = True

    def resume(self) -> None:
        """The client takes more."""
        self._paused = False
        if self._waiting is None and not self._silent:
            self._go()

    def client_gone(self) -> None:
        """The connection is closed."""
        if not self._over:
            self._stop()
            self._ended(LEFT, "the client left before the answer was whole")

    def client_ended(self) -> None:
        """The client sends no more. One that is made to wait has gone: it would not notice, and nobody else would."""
        self._last = True
        if self._waiting is not None or self._silent:
            self._leave()

    # What is sent.

    def _script(self) -> Iterator[float | bytes]:
        """Seconds to wait, and bytes to send, in order."""
        played = self._played
        if played.status is None:
            if not onwire.never_connected(played.failure):
                yield self._seconds(played.after, played.held)
            return
        yield self._seconds(played.after, played.held)
        yield self._head
        if not self._speed and not onwire.waits(played):
            yield from self._blocks(played, self._framing)
            return
        for after, held, raw in onwire.body(played, self._framing):
            yield self._seconds(after, held)
            yield raw
        yield self._seconds(played.rest)

    def _seconds(self, after: float, held: float = 0.0) -> float:
        return held + (after / self._speed if self._speed else 0.0)

    def _go(self) -> None:
        """Send until there is something to wait for: a moment, the client, or nothing more."""
        self._waiting = None
        try:
            self._send()
        except Exception as error:  # noqa: BLE001 - whatever a recording holds, the server lives
            self._stop()
            self._ended(FAILED, type(error).__name__)
            self._connection.cut(hard=True)

    def _send(self) -> None:
        parts: list[bytes] = []
        size = 0
        while not self._paused:
            item = next(self._items, None)
            if isinstance(item, bytes):
                parts.append(item)
                size += len(item)
                if size >= _SLICE:
                    self._connection.send(b"".join(parts))
                    parts, size = [], 0
            elif item is None or self._must_wait(item):
                if parts:
                    self._connection.send(b"".join(parts))
                if item is None:
                    self._end()
                elif self._last:
                    self._leave()
                else:
                    self._waiting = self._timer.call_at(self._due, self._go)
                return

    def _must_wait(self, seconds: float) -> bool:
        """Moments are counted from the beginning, so that late timers do not add up."""
        if seconds > 0:
            self._due += seconds
            return self._due > self._timer.time()
        return False

    def _end(self) -> None:
        ending = onwire.ending(self._played.failure, self._framing)
        if ending is Ending.SILENCE:
            self._silent = True
            if self._last:
                self._leave()
        elif ending is Ending.RESET:
            self._reset(_LOOKS)
        else:
            self._tell()
            if self._played.failure is None and self._head:
                self._connection.finished(keep=self._keep)
            else:
                self._connection.cut(hard=False)

    def _reset(self, looks: int) -> None:
        """Reset the connection when the client has what it is to have: a reset overtakes what is on its way."""
        if self._over:
            return
        self._silent = True
        if looks and self._connection.unsent:
            self._waiting = self._timer.call_at(self._timer.time() + _LOOK, lambda: self._reset(looks - 1))
            return
        self._tell()
        self._connection.cut(hard=True)

    def _tell(self) -> None:
        self._stop()
        self._ended(ANSWERED, self._played.failure or "")

    def _leave(self) -> None:
        self._stop()
        self._ended(LEFT, "the client left before the answer was whole")
        self._connection.cut(hard=False)

    def _stop(self) -> None:
        self._over = True
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
