"""Which tape a request meets: that of the innermost scope of its context (task or thread), or of where that was begun.

A thread or task that knows of no scope is in the only one that is open. With several open beside each other nobody can
tell which: it goes past them, or is refused if one of them only plays.
"""

import threading
from contextvars import ContextVar

from nexdiag.core.errors import Unmatched
from nexdiag.runner.tape.tape import Tape


class Frame:
    """A scope that was entered."""

    def __init__(self, tape: Tape, outer: "Frame | None") -> None:
        """`outer` is the scope around it, in its own context."""
        self.tape = tape
        self.outer = outer
        self.open = True


_here: ContextVar[Frame | None] = ContextVar("nexdiag_tape", default=None)
_lock = threading.Lock()
_open: list[Frame] = []


def enter(tape: Tape) -> Frame:
    """A scope begins, within the one of this context."""
    frame = Frame(tape, _of_this_context())
    with _lock:
        _open.append(frame)
    _here.set(frame)
    return frame


def leave(frame: Frame) -> None:
    """A scope has ended; perhaps in another context than it began in (a fixture's, a generator's)."""
    frame.open = False
    with _lock:
        _open.remove(frame)
    if _here.get() is frame:
        _here.set(_of_this_context())


def tapes_here() -> list[Tape]:
    """The tape that is meant here; none outside of all scopes; several if nobody can tell which it is."""
    if not _open:  # the usual case, asked for every request while methods are patched
        return []
    frame = _of_this_context()
    if frame is not None:
        return [frame.tape]
    with _lock:
        outer = {id(one.outer) for one in _open}
        return [one.tape for one in _open if id(one) not in outer]


def tape_here() -> Tape | None:
    """The tape of a request that is made here; None if it is to go its own way.

    Raises `Unmatched` if several could be meant, and one of them only plays: a replay must not go live by chance.
    """
    tapes = tapes_here()
    if len(tapes) < 2:  # noqa: PLR2004 - one, or none
        return tapes[0] if tapes else None
    if any(tape.plan.into == "nowhere" for tape in tapes):
        names = ", ".join(str(tape.path) for tape in tapes)
        hint = "begin the thread within its scope: contextvars.copy_context().run(...), or asyncio.to_thread(...)"
        raise Unmatched(f"a thread that knows of no cassette made a request while several are open: {names}", hint=hint)
    return None


def _of_this_context() -> Frame | None:
    frame = _here.get()
    while frame is not None and not frame.open:
        frame = frame.outer
    return frame
