"""Tells what passes, line by line, while a command runs: in a thread of its own, so that nothing waits for a terminal.

Law: a command that has taken the terminal for itself (a full screen, a prompt) is not written into: the lines wait.
"""

import contextlib
import queue
import termios
import threading
from collections.abc import Callable
from typing import TextIO

from nexdiag.capture.witness import Told
from nexdiag.report import passing

_LONGEST = 1000
"""Exchanges that may wait for a reader of our lines. What is beyond is counted, not kept."""
_TAKEN = termios.ICANON | termios.ECHO
_LOCAL_MODES = 3


class Teller:
    """Takes what the proxy's thread tells of exchanges, and tells a line for each."""

    def __init__(
        self, told: Callable[[str], None], *, live: bool = True, taken: Callable[[], bool] = lambda: False
    ) -> None:
        """`live`: a line for each exchange. `taken` says whether somebody else has the terminal just now."""
        self.turn: int | None = None
        """The turn that the last exchange belonged to."""
        self._told = told
        self._live = live
        self._taken = taken
        self._queue: queue.Queue[Told | str | None] = queue.Queue(_LONGEST)
        self._held: list[str] = []
        self._dropped = 0
        self._open: tuple[str, int | None] | None = None
        self._thread = threading.Thread(target=self._work, name="nexdiag-teller", daemon=True)
        self._thread.start()

    def exchange(self, told: Told) -> None:
        """A round trip begins, or has ended; its secrets are out of it. Never waits."""
        if not told.ended:
            return
        self.turn = told.turn if told.turn is not None else self.turn
        if not self._live:
            return
        try:
            self._queue.put_nowait(told)
        except queue.Full:
            self._dropped += 1

    def say(self, line: str) -> None:
        """A line of another kind."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(line)

    def close(self) -> None:
        """Tell what is left. The terminal is ours again."""
        self._taken = lambda: False
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (one := self._queue.get()) is not None:
            with contextlib.suppress(Exception):  # telling must never break what it tells of
                self._held.append(self._line(one) if isinstance(one, Told) else one)
                if not self._taken():
                    self._let_go()
        with contextlib.suppress(Exception):
            self._let_go()
            if self._dropped:
                self._told(f"and {self._dropped} more exchanges: nobody read these lines fast enough")

    def _let_go(self) -> None:
        held, self._held = self._held, []
        for line in held:
            self._told(line)

    def _line(self, told: Told) -> str:
        turn = (told.session, told.turn)
        opens, self._open = turn != self._open, turn if told.turn is not None else self._open
        return passing.line(passed(told), opens=opens)


def passed(told: Told) -> passing.Passed:
    """What the line of a round trip says."""
    return passing.Passed(
        method=told.method,
        path=told.path,
        status=told.status,
        turn=told.turn,
        session=told.session,
        messages=told.messages,
        tokens=told.usage.input_tokens,
        chunks=told.chunks if told.streamed else None,
        first_byte=told.first_byte or 0.0,
        duration=told.duration,
        calls=told.calls,
        refusal=told.refusal or None,
    )


def terminal_taken(stream: TextIO | None) -> Callable[[], bool]:
    """Whether the terminal that `stream` writes on is in another mode than now: without echo, or key by key."""
    modes = _modes(stream)
    return lambda: modes is not None and _modes(stream) != modes


def _modes(stream: TextIO | None) -> int | None:
    if stream is None:  # the shell has closed it (`2>&-`)
        return None
    try:
        local: int = termios.tcgetattr(stream.fileno())[_LOCAL_MODES]
    except (OSError, ValueError, termios.error):
        return None
    return local & _TAKEN
