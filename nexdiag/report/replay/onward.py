"""A replay that goes on live, in lines for a terminal: one for each turn as it is over, and what came of it all."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.turn import Turn
from nexdiag.report.replay import divergence
from nexdiag.report.visible import one_line

_SAID = 40
_REPLY = 60
_WHY = 200


class Passed(Protocol):
    """One turn that is over."""

    @property
    def turn(self) -> Turn:
        """The turn."""

    @property
    def verdict(self) -> TurnVerdict | None:
        """For one that was played; None for a live one."""


class Onward(Protocol):
    """What came of it."""

    @property
    def path(self) -> Path | None:
        """The new recording."""

    @property
    def played(self) -> Sequence[TurnVerdict]:
        """The turns that were played."""

    @property
    def live(self) -> Sequence[Turn]:
        """The turns that were said live."""

    @property
    def trouble(self) -> str | None:
        """Why recording stopped before its end."""

    @property
    def mixed(self) -> str:
        """Why no one replay can ask for all of it; empty where one can."""


def passed(one: Passed) -> str:
    """`  turn 2 ✓ played   Two.   → Yes.`, or `live` in its place."""
    turn, verdict = one.turn, one.verdict
    good = turn.outcome == "answered" if verdict is None else verdict.outcome == "exact"
    how = "live  " if verdict is None else "played" if good else verdict.outcome
    came = turn.reply if verdict is not None or good else turn.error or turn.outcome
    said, told = one_line(turn.said, _SAID), one_line(came or "", _REPLY)
    took = f"   {turn.duration:.1f} s" if verdict is None else ""
    return f"  turn {turn.number} {'✓' if good else '✗'} {how}   {said}   → {told}{took}"


def outcome(came: Onward) -> str:
    """What is there now, and what to do next."""
    if came.path is None:
        return "\n".join(_stopped(came.played))
    failed = sum(turn.outcome != "answered" for turn in came.live)
    counts = f"{_counted(len(came.played), 'turn')} as recorded · {len(came.live)} live"
    lines = [f"  saved {one_line(str(came.path))}   {counts}" + (f" · {failed} failed" if failed else "")]
    if came.trouble is not None:
        lines.append(f"  ✗ {one_line(came.trouble)}")
    if came.mixed:
        lines.append(f"  ! replayed whole, it would differ: {one_line(came.mixed, _WHY)}")
    shown = one_line(shlex.quote(str(came.path)))
    lines.append(f"  Next: {'nexdiag report' if failed or came.mixed else 'nexdiag replay'} {shown}")
    return "\n".join(lines)


def _stopped(played: Sequence[TurnVerdict]) -> list[str]:
    """Where it stopped: nothing was sent, nothing was written."""
    first = next((one for one in played if one.outcome != "exact"), None)
    if first is None:
        return ["  ✗ nothing went live"]
    lines = [f"  ✗ turn {first.number} is {first.outcome}: nothing went live, and nothing was written"]
    lines += [f"    {row}" for row in divergence.lines(first)] if first.differs else []
    lines.append(f"  Next: mend it, or record again from there: --from {first.number}")
    return lines


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
