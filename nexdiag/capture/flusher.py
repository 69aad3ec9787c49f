"""The one who flushes a file to its disk, in a thread of its own: whoever writes never waits for the disk.

What was written survives the death of the process at once; what was flushed survives that of the machine.
"""

import os
import threading
from collections.abc import Callable

PAUSE = 0.01
"""Seconds between two flushes: what is written meanwhile is flushed together."""


class Flusher:
    """Flushes when it is asked to, and as seldom as it can: asking again while it works or rests is one flush."""

    def __init__(self, file: int, failed: Callable[[OSError], None]) -> None:
        """`failed` hears of the first flush that fails; nothing is flushed after that."""
        self._file = file
        self._failed = failed
        self._due = threading.Condition()
        self._over = threading.Event()
        self._asked = 0
        self._done = 0
        self._idle = False
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        """What was written so far is to be flushed soon. Called by one thread at a time."""
        self._asked += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="nexdiag-flusher", daemon=True)
            self._thread.start()
        elif self._idle:
            self._wake()

    def close(self) -> None:
        """Return when everything that was asked for is flushed, or a flush has failed."""
        self._over.set()
        self._wake()
        if self._thread is not None:
            self._thread.join()

    def _wake(self) -> None:
        with self._due:
            self._due.notify()

    def _work(self) -> None:
        while self._wanted():
            asked = self._asked
            try:
                os.fdatasync(self._file)
            except OSError as error:
                self._failed(error)
                return
            self._done = asked
            self._over.wait(PAUSE)

    def _wanted(self) -> bool:
        """Wait until there is something to flush; False when there will be nothing more."""
        with self._due:
            self._idle = True  # before the look: whoever asks after it sees that somebody waits to be woken
            while self._asked == self._done and not self._over.is_set():
                self._due.wait()
            self._idle = False
        return self._asked > self._done
