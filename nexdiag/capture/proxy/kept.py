"""The recorder beside the traffic: whatever it raises or takes, what passes goes on.

Law: an exchange of up to `HELD` is on disk before its last piece is handed on, so that a death of this process loses
nothing whose end a client has seen. What is not small, or may not be when it is decoded, is read and written by a
thread: the loop, and with it all other traffic, never waits. What is larger than `HELD` has another one: nothing waits
behind it.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from nexdiag.capture.proxy.times import Moment, Times
from nexdiag.capture.recorder import ENDED_FIRST
from nexdiag.codec.encodings import encoding_of
from nexdiag.core.exchange import UNFINISHED, Headers, Request

INLINE = 32 * 1024
"""Bytes of request and answer up to which an exchange is read and written by the loop: one to five milliseconds."""
HELD = 1024 * 1024
"""Bytes up to which the last piece waits until the exchange is written."""
PATIENCE = 0.25
"""Seconds that a last piece waits at most, where it takes very long to write."""
MOST = 256 * 1024 * 1024
"""Bytes of an answer that are kept; what is longer is passed on all the same."""
_UNPACKED = 64
"""How many times as large what is compressed is taken for: how large it is nobody knows before it is read."""
_PLAIN = ("", "identity")
_TOO_LONG = f"{UNFINISHED}: only the first {MOST // 2**20} MiB of the answer were kept"


class Passing(Protocol):
    """A round trip under way, as a recorder takes it."""

    def head(self, status: int, headers: Headers) -> None:
        """The response head came."""

    def chunk(self, piece: bytes) -> None:
        """A piece of the body came."""

    def end(self, failure: str | None = None) -> None:
        """The round trip is over."""


Begin = Callable[[Request], Passing]
"""A request goes out: `Recorder.begin`, or who stands before it."""


class Keeper:
    """Guards the traffic from the recording, and tells once what is wrong with it."""

    def __init__(
        self,
        begin: Begin,
        *,
        trouble: Callable[[], str | None] = lambda: None,
        told: Callable[[str], None] = lambda trouble: None,
        times: Times | None = None,
    ) -> None:
        """`trouble` says why the recording has stopped, if it has; `told` hears of it once.

        `times` are the recorder's clocks, so that what it is told late is recorded with the time when it was.
        """
        self.take = begin
        self.times = Times() if times is None else times
        self._trouble = trouble
        self._told = told
        self._silent = False
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nexdiag-keeping")
        self._for_large = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nexdiag-keeping-large")
        self._writing: set[asyncio.Future[None]] = set()
        self.under_way: set[Kept] = set()

    def begin(self, request: Request, size: int) -> "Kept":
        """A request goes out; `size` is that of its body."""
        return Kept(self, request, size)

    @property
    def free(self) -> bool:
        """Whether no thread is writing: the recorder would make the loop wait for it."""
        return not self._writing

    def in_thread(self, work: Callable[[], None], then: Callable[[], None], *, large: bool) -> None:
        """Do it beside the loop; `then` is called on the loop afterwards. What is `large` lets nothing else wait."""
        threads = self._for_large if large else self._threads
        future = asyncio.get_running_loop().run_in_executor(threads, work)
        self._writing.add(future)

        def written(future: asyncio.Future[None]) -> None:
            self._writing.discard(future)
            then()

        future.add_done_callback(written)

    def report(self, error: Exception | None = None) -> None:
        """Tell what is wrong with the recording, the first time that something is."""
        try:
            trouble = f"recording failed: {type(error).__name__}: {error}" if error is not None else self._trouble()
            if trouble is not None and not self._silent:
                self._silent = True
                self._told(trouble)
        except Exception:  # noqa: BLE001 - even stderr may be gone; the traffic goes on
            self._silent = True

    async def close(self) -> None:
        """End what is under way, as far as it came, and wait until everything is written."""
        for kept in list(self.under_way):
            kept.end(ENDED_FIRST)
        while self._writing:
            await asyncio.gather(*self._writing, return_exceptions=True)
        self._threads.shutdown()
        self._for_large.shutdown()


class Kept:
    """One exchange, and the recorder's hand on it. Nothing here raises.

    What is large is told to the recorder by a thread, with the times at which it was: reading it takes a while.
    """

    def __init__(self, keeper: Keeper, request: Request, size: int) -> None:
        """A request goes out; `size` is that of its body."""
        self._keeper = keeper
        self._passing: Passing | None = None
        self._size = size
        self._answered = 0
        self._over = False
        self._packed = encoding_of(request.headers) not in _PLAIN
        self._late = size > INLINE or self._packed or not keeper.free
        self._words: list[tuple[Moment, _Word]] = []
        self._begun = threading.Event()
        keeper.under_way.add(self)
        if self._late:
            moment = keeper.times.now()
            keeper.in_thread(lambda: self._begin(request, moment), lambda: None, large=self._large)
        else:
            self._begin(request, None)

    @property
    def _large(self) -> bool:
        return (self._size + self._answered) * (_UNPACKED if self._packed else 1) > HELD

    def _begin(self, request: Request, moment: Moment | None) -> None:
        try:
            with contextlib.nullcontext() if moment is None else self._keeper.times.at(moment):
                self._passing = self._keeper.take(request)
        except Exception as error:  # noqa: BLE001 - recording must never break what it records
            self._keeper.report(error)
        finally:
            self._begun.set()

    def head(self, status: int, headers: Headers) -> None:
        """The response head came."""
        self._packed = self._packed or encoding_of(headers) not in _PLAIN
        self._tell(lambda passing: passing.head(status, headers))

    def chunk(self, piece: bytes) -> None:
        """A piece of the body came."""
        self._answered += len(piece)
        if self._answered > MOST:
            self.end(_TOO_LONG)
        elif not self._over:
            self._tell(lambda passing: passing.chunk(piece))

    def end(self, failure: str | None = None, then: Callable[[], None] = lambda: None) -> None:
        """The round trip is over. `then` hands on the last piece: it is called, now or later, whatever happens."""
        self._keeper.under_way.discard(self)
        if self._over:
            then()
            return
        self._over = True
        size = self._size + self._answered
        if not self._late and not self._packed and size <= INLINE and self._keeper.free:
            self._end(lambda passing: passing.end(failure))
            then()
            return
        moment = self._keeper.times.now()
        work = self._told_late([*self._words, (moment, lambda passing: passing.end(failure))])
        if size <= HELD:
            self._keeper.in_thread(work, _once(then, PATIENCE), large=self._large)
        else:
            self._keeper.in_thread(work, lambda: None, large=True)
            then()

    def _tell(self, word: "_Word") -> None:
        self._late = self._late or not self._keeper.free  # the recorder may be locked; the order of words must stay
        if self._late:
            self._words.append((self._keeper.times.now(), word))
        else:
            self._do(word)

    def _told_late(self, words: "list[tuple[Moment, _Word]]") -> Callable[[], None]:
        def work() -> None:
            self._begun.wait()  # the other thread may be at it
            for moment, word in words[:-1]:
                with self._keeper.times.at(moment):
                    self._do(word)
            with self._keeper.times.at(words[-1][0]):
                self._end(words[-1][1])

        return work

    def _end(self, word: "_Word") -> None:
        if self._passing is not None:
            self._do(word)
            self._keeper.report()

    def _do(self, word: "_Word") -> None:
        if self._passing is None:
            return
        try:
            word(self._passing)
        except Exception as error:  # noqa: BLE001 - recording must never break what it records
            self._passing = None
            self._keeper.report(error)


_Word = Callable[[Passing], None]
"""What is told to a passing."""


def _once(work: Callable[[], None], seconds: float) -> Callable[[], None]:
    """What does the work when it is called, or after so many seconds if it was not."""
    done = False

    def do() -> None:
        nonlocal done
        if not done:
            done = True
            timer.cancel()
            work()

    timer = asyncio.get_running_loop().call_later(seconds, do)
    return do
