"""A recording → a smaller one: some of its turns, sessions, exchanges, without log or tool runs. Pure.

Law: what stays is as it was: its bytes, its times, and the numbers of turns and exchanges.
"""

import re
from collections.abc import Iterable

import msgspec

from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import LogLine, ToolRun, Turn

_RANGE = re.compile(r"\s*(\d{1,9})?\s*(-)?\s*(\d{1,9})?\s*")


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """What to keep; None is all."""

    turns: str | None = None
    """Numbers and ranges, such as `1,3-5,8-`."""
    session: str | None = None
    exchanges: str | None = None
    log: bool = True
    tools: bool = True
    aside: bool = True
    """Exchanges that belong to no turn."""


def prune(cassette: Cassette, keep: Keep) -> Cassette:
    """What is kept. Raises `UsageError` for what the recording does not hold, `NothingToDo` if nothing would stay."""
    turns = _turns(cassette, keep)
    exchanges = _exchanges(cassette, keep, turns)
    ids = {one.id for one in exchanges}
    if keep.exchanges is not None and keep.turns is None:
        turns = [turn for turn in turns if any(one.id in ids for one in turn.exchanges)]
    if not exchanges and not turns:
        raise NothingToDo("nothing of the recording would stay", hint="look at what it holds: nexdiag cassette show")
    gone = _gone(cassette, turns)
    runs = tuple(run for run in cassette.tool_runs if keep.tools and id(run) not in gone and _of(run, keep))
    log = tuple(line for line in cassette.log if keep.log and id(line) not in gone and _of(line, keep))
    kept_runs, kept_log = {id(run) for run in runs}, {id(line) for line in log}
    return msgspec.structs.replace(
        cassette,
        turns=tuple(
            msgspec.structs.replace(
                turn,
                exchanges=tuple(one for one in turn.exchanges if one.id in ids),
                tool_runs=tuple(run for run in turn.tool_runs if id(run) in kept_runs),
                log=tuple(line for line in turn.log if id(line) in kept_log),
            )
            for turn in turns
        ),
        exchanges=tuple(exchanges),
        tool_runs=runs,
        log=log,
        tear=None,
    )


def numbers(wanted: str, there: Iterable[int], what: str) -> set[int]:
    """The numbers that a list of ranges means, out of those that are there. Raises `UsageError` for any other."""
    known = sorted(set(there))
    have = f"the recording has {what}s {_ranges(known)}" if known else f"the recording has no {what}"
    found: set[int] = set()
    for part in wanted.split(","):
        match = _RANGE.fullmatch(part)
        if match is None or not (match[1] or match[3]):
            raise UsageError(f"{part.strip()!r} is no number and no range of {what}s", hint="such as: 2 or 1,4-6 or 3-")
        first = int(match[1]) if match[1] else 0
        last = int(match[3]) if match[3] else first if not match[2] else 10**9
        meant = {number for number in known if first <= number <= last}
        if not meant:
            raise UsageError(f"there is no {what} {part.strip()}", hint=have)
        found |= meant
    return found


def _ranges(known: list[int]) -> str:
    """`1-5, 7` for what is there."""
    spans: list[list[int]] = []
    for number in known:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans)


def _of(one: Exchange | Turn | ToolRun | LogLine, keep: Keep) -> bool:
    """Whether it is of the session that is wanted."""
    return keep.session is None or one.session == keep.session


def _turns(cassette: Cassette, keep: Keep) -> list[Turn]:
    if keep.session is not None:
        known = {one.session for one in cassette.turns} | {one.session for one in cassette.exchanges}
        if keep.session not in known:
            have = ", ".join(sorted(known - {""})) or "none that is named"
            raise UsageError(f"there is no session {keep.session!r}", hint=f"the recording has: {have}")
    turns = [turn for turn in cassette.turns if _of(turn, keep)]
    if keep.turns is None:
        return turns
    wanted = numbers(keep.turns, (turn.number for turn in turns), "turn")
    return [turn for turn in turns if turn.number in wanted]


def _exchanges(cassette: Cassette, keep: Keep, turns: list[Turn]) -> list[Exchange]:
    """Those of the turns that stay, and those of no turn if they are wanted."""
    owned = {one.id for turn in cassette.turns for one in turn.exchanges}
    wanted = {one.id for turn in turns for one in turn.exchanges}
    known = (one.id for one in cassette.exchanges)
    named = None if keep.exchanges is None else numbers(keep.exchanges, known, "exchange")
    return [
        one
        for one in cassette.exchanges
        if (one.id in wanted or (one.id not in owned and keep.aside and _of(one, keep)))
        and (named is None or one.id in named)
    ]


def _gone(cassette: Cassette, turns: list[Turn]) -> set[int]:
    """The tool runs and log lines of turns that do not stay, by identity."""
    stay = {id(turn) for turn in turns}
    left = [turn for turn in cassette.turns if id(turn) not in stay]
    return {id(one) for turn in left for one in (*turn.tool_runs, *turn.log)}
