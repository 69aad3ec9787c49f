"""Several processes that do the same work on many things: what they give comes in order, and one that dies is told.

Law: no work is lost or done twice. An interrupt, or a reader that wants no more, ends every process. Processes are made
anew, not forked: a fork copies locks and threads of whoever asks.
"""

import contextlib
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")
_PATIENCE = 5.0
"""Seconds that a process has to end its own children; then it is killed."""


def cores() -> int:
    """How many processes can work beside each other."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(work: Callable[[In], Out], todo: Sequence[In], jobs: int, died: Callable[[In, str], Out]) -> Iterator[Out]:
    """What `work` gives for each, in order; `died` answers for one whose process died.

    Processes know `work` by its name: it is a function of a module, or a partial of one.
    """
    done: dict[int, Out] = {}
    waiting = deque(enumerate(todo))
    with _crew(work, min(jobs, len(todo))) as crew:
        for wanted in range(len(todo)):
            while wanted not in done:
                for worker in crew:
                    if worker.task is None and waiting:
                        worker.give(*waiting.popleft())
                for connection in wait([worker.connection for worker in crew if worker.task is not None]):
                    worker = next(one for one in crew if one.connection is connection)
                    place, came = worker.take(died)
                    done[place] = came
            yield done.pop(wanted)


class _Worker(Generic[In, Out]):
    """One process, and what it works on."""

    def __init__(self, work: Callable[[In], Out]) -> None:
        self._work = work
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.task: tuple[int, In] | None = None
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs, self._work), daemon=True)
        self.process.start()
        theirs.close()

    def give(self, place: int, task: In) -> None:
        """Let it work on this. One that dies of it is noticed when its answer is taken."""
        if not self.process.is_alive():  # of something else, while it had nothing to do
            self.end()
            self._start()
        self.task = place, task
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def take(self, died: Callable[[In, str], Out]) -> tuple[int, Out]:
        """What it has done; if it died of it, that is told, and another takes its place."""
        assert self.task is not None
        place, task = self.task
        try:
            came: Out = self.connection.recv()
        except (EOFError, OSError):
            self.process.join(_PATIENCE)
            why = _death(self.process.exitcode)
            self.end()
            self._start()
            return place, died(task, why)
        self.task = None
        return place, came

    def end(self) -> None:
        """It ends, whatever it does."""
        self.connection.close()
        self.process.terminate()
        self.process.join(_PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


@contextlib.contextmanager
def _crew(work: Callable[[In], Out], jobs: int) -> Iterator[list[_Worker[In, Out]]]:
    crew: list[_Worker[In, Out]] = []
    try:
        for _ in range(jobs):
            crew.append(_Worker(work))  # noqa: PERF401 - those that were started are ended if a later one cannot be
        yield crew
    finally:
        for worker in crew:
            worker.process.terminate()
        for worker in crew:
            worker.end()


def _death(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"it was ended by {signal.Signals(-code).name}"
    return f"it ended with exit code {code}"


def _serve(connection: Connection, work: Callable[[In], Out]) -> None:  # pragma: no cover - it runs in another process
    """The other process: it works until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; who asked decides
    signal.signal(signal.SIGTERM, _end)
    try:
        while True:
            connection.send(work(connection.recv()))
    except (EOFError, OSError):
        return
    except Exception:  # noqa: BLE001 - a traceback on a terminal may hold recorded text: it is told as a death
        raise SystemExit(1) from None


def _end(number: int, frame: object) -> None:  # pragma: no cover - likewise
    del frame
    raise SystemExit(128 + number)
