"""The one who flushes a file to its disk, in a thread of its own: whoever writes never waits for the disk.

What was written survives the death of the process at once; what was flushed survives that of the machine.
"""

import os
import threading
from collections.abc import Callable


class Flusher:
    """Flushes as often as it is asked to, and as seldom as it can: asking twice while it works is one flush."""

    def __init__(self, file: int, failed: Callable[[OSError], None]) -> None:
        """`failed` hears of the first flush that fails; nothing is flushed after that."""
        self._file = file
        self._failed = failed
        self._due = threading.Condition()
        self._asked = 0
        self._done = 0
        self._over = False
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        """What was written so far is to be flushed soon."""
        with self._due:
            self._asked += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="nexdiag-flusher", daemon=True)
                self._thread.start()
            self._due.notify()

    def close(self) -> None:
        """Return when everything that was asked for is flushed, or a flush has failed."""
        with self._due:
            self._over = True
            self._due.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while True:
            with self._due:
                self._due.wait_for(lambda: self._over or self._asked > self._done)
                if self._asked == self._done:
                    return
                asked = self._asked
            try:
                os.fdatasync(self._file)
            except OSError as error:
                self._failed(error)
                return
            self._done = asked
