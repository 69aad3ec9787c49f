"""What is said when a scope ends: of a miss that was swallowed, a recording of nothing, a recording not asked for."""

import itertools
import warnings
from collections.abc import Iterator
from typing import NoReturn

from nexdiag.codec.fault import encode
from nexdiag.core.errors import CassetteError, NothingToDo, Unmatched
from nexdiag.runner.tape.tape import Tape

_NOBODY = "is the client one of httpx or httpx2, and called in this process, within the scope?"
_DEAD = 'is the server up? a test that wants the failure itself records it with record_mode="all"'
_DEEPEST = 100
"""Errors behind errors that are looked at."""


def close_with(tape: Tape, error: BaseException | None, *, all_played: bool = False) -> None:
    """Say what is to be said of a tape that is closed; `error` ended its block, and goes on if this returns.

    Raises `Unmatched` for requests without a recording, also where the client made another error of it;
    `NothingToDo` where no request came by, or a fault struck nothing; `CassetteError` for unplayed recordings, with
    `all_played`.
    Warns where the recording is not whole.
    """
    if tape.trouble is not None:
        warnings.warn(tape.trouble, RuntimeWarning, stacklevel=4)
    if error is not None:
        _beside(tape, error)
        return
    if tape.refused:
        _missed(tape, None)
    if tape.idle:
        _nothing(tape)
    if tape.unkept and tape.plan.into == "new" and not tape.recorded:
        raise NothingToDo(unkept(tape), hint=_DEAD)
    if tape.unstruck:
        hint = "leave the fault out, or ask for what it strikes"
        names = ", ".join(map(encode, tape.unstruck))
        raise NothingToDo(f"a fault has struck nothing of {tape.name}: {names}", hint=hint)
    if all_played and tape.unplayed:
        first = tape.unplayed[0]
        raise CassetteError(
            f"{len(tape.unplayed)} recorded exchanges of {tape.name} were not played, the first is exchange {first.id} "
            f"({first.request.method} {first.request.path})",
            hint="record it again, or leave out all_played=True",
        )


def unkept(tape: Tape) -> str:
    """That a connection failed, and was not recorded."""
    return f"the connection failed, which is not recorded to {tape.name}: {tape.unkept[0]}"


def dead(tape: Tape) -> str:
    """That a connection failed long ago, and the recording of it was played."""
    first = tape.dead[0]
    what = f"exchange {first.id} of {tape.name} is a recorded failure, played as it was: {first.failure}"
    return f"{what}; no server was asked now"


def _beside(tape: Tape, error: BaseException) -> None:
    """The block raised: for want of a recording, or perhaps so."""
    if isinstance(error, Exception):
        if tape.unkept:
            error.add_note(f"nexdiag: {unkept(tape)}; {_DEAD}")
        if tape.dead:
            error.add_note(f'nexdiag: {dead(tape)}; record again with record_mode="rewrite"')
    if not tape.refused or not isinstance(error, Exception) or any(error is one for one in tape.refused):
        return
    if any(cause is one for cause in _causes(error) for one in tape.refused):
        _missed(tape, error)
    error.add_note(f"nexdiag: {tape.refused[0].what}")


def _missed(tape: Tape, error: Exception | None) -> NoReturn:
    first, count = tape.refused[0], len({one.what for one in tape.refused})
    more = f"; and {count - 1} more" if count > 1 else ""
    raise Unmatched(first.what + more, hint=first.hint) from error


def _nothing(tape: Tape) -> None:
    """No request came by: an error where one was to be recorded, or where somebody went live instead."""
    records = tape.plan.into != "nowhere"
    if not records and not (tape.strangers and tape.cassette.exchanges):
        return
    what = f"no exchange was recorded to {tape.name}" if records else f"no exchange of {tape.name} was played"
    if not tape.strangers:
        raise NothingToDo(f"{what}: no request was made", hint=_NOBODY)
    went = "; ".join(f"{one.name} at {one.place}" for one in tape.strangers)
    hints = dict.fromkeys(f"{one.name}: {one.hint}" for one in tape.strangers)
    raise NothingToDo(f"{what}: past it went {went}", hint="; ".join(hints))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, all that is in it, and all that stands behind it."""
    waiting, seen = [error], {id(error)}
    for _ in itertools.repeat(None, _DEEPEST):
        if not waiting:
            return
        one = waiting.pop()
        yield one
        inner = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        for cause in (one.__cause__, one.__context__, *inner):
            if cause is not None and id(cause) not in seen:
                seen.add(id(cause))
                waiting.append(cause)
