"""`nexdiag replay CASSETTE... --serve` without its door: serves until it is told to stop, and tells what came of it."""

import contextlib
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from nexdiag.core.run import Replayed
from nexdiag.replay.serving.served import ANSWERED, Served
from nexdiag.report.visible import one_line
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.serving import serving
from nexdiag.runner.replaying.served.together import Together

Inbox = queue.SimpleQueue[Served | None]
"""The one kind of queue that may be written from within a signal. None: it is over."""
_LONGEST = 1000
"""Requests that may wait to be told. What is beyond is counted, not kept."""
_GAP = "   "
_PAUSE = 0.05
"""Seconds in which lines are gathered."""


@contextlib.contextmanager
def signals(inbox: Inbox) -> Iterator[None]:
    """Say that it is over at SIGINT and SIGTERM. A second one breaks nothing off."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda number, frame: inbox.put(None))
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def listen(  # noqa: PLR0913 - what is served, and who hears of it
    paths: Sequence[Path],
    how: How,
    *,
    told: Callable[[str], None],
    listening: Callable[[str], None],
    port: int = 0,
    environ: Mapping[str, str] = os.environ,
    until: Callable[[Inbox], AbstractContextManager[None]] = signals,
    pause: Callable[[], None] = lambda: time.sleep(_PAUSE),
) -> tuple[Replayed, ...]:
    """Serve recordings; what came of each, when it is over. `told` hears a line for each request that has ended.

    `listening` hears, once, where it listens. Raises as `serving` does, and `NothingToDo` if no request came.
    """
    inbox: Inbox = queue.SimpleQueue()
    dropped = 0

    def tell(text: str) -> None:
        with contextlib.suppress(OSError):  # whoever read these lines may have gone: clients are served all the same
            told(text)

    def heard(served: Served) -> None:
        nonlocal dropped
        if inbox.qsize() < _LONGEST:
            inbox.put(served)
        else:
            dropped += 1

    with until(inbox), serving(paths, how, port=port, heard=heard, environ=environ) as server:
        listening(server.url)
        for some in _batches(inbox, pause):
            tell("\n".join(line(one, server.together) for one in some))
    late = [one for one in _waiting(inbox) if one is not None]  # answered while it was ending
    if late:
        tell("\n".join(line(one, server.together) for one in late))
    if dropped:
        tell(f"and {dropped} more requests: nobody read these lines fast enough")
    done = server.verdicts()
    for why in server.unstruck:
        tell(f"! {one_line(why, 300)}")
    return done


def _batches(inbox: Inbox, pause: Callable[[], None]) -> Iterator[list[Served]]:
    """What came since the last time, until it is over. A thread that woke each time would slow the server down."""
    over = False
    while not over:
        came = [inbox.get(), *_waiting(inbox)]
        over = None in came
        some = [one for one in came if one is not None]
        if some:
            yield some
        if not over:
            pause()


def _waiting(inbox: Inbox) -> Iterator[Served | None]:
    """What is there already."""
    with contextlib.suppress(queue.Empty):
        while True:
            yield inbox.get_nowait()


def line(served: Served, together: Together) -> str:
    """`turn 1   POST /v1/chat/completions   200   exchange 0`."""
    path = served.target.partition("?")[0]  # a key may stand in its query
    parts = [f"{one_line(served.method, 10)} {one_line(path, 80)}"]
    parts += [str(served.status)] if served.status is not None else []
    turn = ""
    if served.exchange is not None:
        recording, exchange = together.home(served.exchange)
        turn = f"turn {exchange.turn}" if exchange.turn is not None else ""
        several = f" of {one_line(recording.path.name, 80)}" if len(together.recordings) > 1 else ""
        parts += [f"exchange {exchange.id}{several}"]
    parts += [f"{served.what}: {one_line(served.why, 300)}"] if served.why else []
    parts[0] = ("" if served.what == ANSWERED else "✗ ") + parts[0]
    return _GAP.join([f"{turn:<7}", *parts])
