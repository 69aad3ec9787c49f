"""What an executor survives: the table of a campaign, as plain lines and as JSON.

Rows are kinds of fault, columns the turns that they struck; a cell holds the marks of all that struck there, the worst
first, with their number. What was not survived stands below it in words, with the command that shows it alone.
"""

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from nexdiag.core.fault import Fault
from nexdiag.core.survival import LOST, OUTCOMES, Struck, Survival
from nexdiag.report.json import plain
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count, seconds

SCHEMA = "nexdiag.survival/1"
MARKS = {
    "exact": "✓", "recovered": "↻", "told": "!", "unseen": "~", "idle": "·", "silent": "✗", "hung": "∞", "crashed": "☠",
}  # fmt: skip
_MEANING = {
    "exact": "as recorded",
    "recovered": "as recorded, after a retry",
    "told": "told in one line",
    "unseen": "changed, and nobody could have seen it",
    "idle": "struck nothing",
    "silent": "changed, and nobody was told",
    "hung": "would wait for ever",
    "crashed": "raised",
}
_COLUMNS = 8
"""Turns that have a column of their own; of more, all stand in one."""
_LOST = 12
"""Faults that are shown in full; the others are counted."""
_TOLD = 10
_WORDS = 160


def table(survival: Survival) -> str:
    """One campaign: the table, what its marks mean, what users saw, what was not survived."""
    struck = survival.struck
    waited = max((one.seconds for one in struck), default=0.0)
    size = f"{count(survival.turns, 'turn')}   {count(len(struck), 'fault')}, one a run   seed {survival.seed}"
    rows = [f"{one_line(survival.name)}   {size}   network closed   {seconds(survival.seconds)}"]
    rows += _grid(struck)
    rows += _legend(struck)
    rows += _told(struck)
    rows += [f"  not tried: {one_line(what)}" for what in survival.unchecked]
    if waited:
        longest = max(struck, key=lambda one: one.seconds)
        rows.append(f"  longest: {seconds(waited)} ({longest.text}), as a user would have waited")
    rows += _lost(survival)
    return "\n".join(rows)


def _grid(struck: Sequence[Struck]) -> list[str]:
    """The table itself."""
    if not struck:
        return []
    places = list(dict.fromkeys(map(_place, struck)))
    if len(places) > _COLUMNS:
        titles, cells = ["all turns"], [dict(_by_kind(struck))]
    else:
        titles = places
        cells = [dict(_by_kind([one for one in struck if _place(one) == place])) for place in places]
    kinds = list(dict.fromkeys(_kind(one.fault) for one in struck))
    grid = [["", *titles], *([kind, *(_cell(column.get(kind, [])) for column in cells)] for kind in kinds)]
    widths = [max(len(row[column]) for row in grid) for column in range(len(grid[0]))]
    lines = ("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in grid)
    return [f"  {line.rstrip()}" for line in lines]


def _by_kind(struck: Sequence[Struck]) -> Iterator[tuple[str, list[Struck]]]:
    for kind in dict.fromkeys(_kind(one.fault) for one in struck):
        yield kind, [one for one in struck if _kind(one.fault) == kind]


def _cell(struck: Sequence[Struck]) -> str:
    """The marks, the worst first; how many there are of each, where there is more than one."""
    counts = Counter(one.outcome for one in struck)
    marks = [(MARKS[outcome], counts[outcome]) for outcome in reversed(OUTCOMES) if counts[outcome]]
    return " ".join(mark if len(struck) == 1 else f"{mark}{number}" for mark, number in marks) or "-"


def _legend(struck: Sequence[Struck]) -> list[str]:
    counts = Counter(one.outcome for one in struck)
    return [
        f"  {MARKS[outcome]} {counts[outcome]:>4} {outcome:<9} {_MEANING[outcome]}{_besides(outcome, struck)}"
        for outcome in OUTCOMES
        if counts[outcome]
    ]


def _besides(outcome: str, struck: Sequence[Struck]) -> str:
    """What else is to be said of all that came out so."""
    uncounted = sum(one.outcome == outcome == "exact" and "tokens" in one.differs for one in struck)
    if uncounted:
        return f"; {count(uncounted, 'time')} without its tokens counted"
    if outcome == "told":
        told = [one for one in struck if one.outcome == outcome]
        behind, later = sum(one.behind for one in told), sum(one.later for one in told)
        return f"; {later} of {count(behind, 'turn')} behind them answered" if behind else ""
    return ": what came was a whole answer, well formed" if outcome == "unseen" else ""


def _told(struck: Sequence[Struck]) -> list[str]:
    """What users saw: the first words of each kind."""
    first = {_kind(one.fault): one for one in reversed(struck) if one.outcome == "told"}
    kinds = [kind for kind in dict.fromkeys(_kind(one.fault) for one in struck) if kind in first]
    width = max(map(len, kinds), default=0)
    rows = [f"    {kind:<{width}}   {one_line(first[kind].error, _WORDS)}" for kind in kinds[:_TOLD]]
    return ["  what was told:", *rows] if rows else []


def _lost(survival: Survival) -> Iterator[str]:
    lost = survival.lost
    if not survival.struck:
        yield "  nothing was tried: it holds no answer to lay a fault over (one that was refused is left alone)"
        return
    if not lost:
        yield "  ✓ survived: nothing was lost without a word, nothing hung, nothing crashed"
        return
    yield f"  ✗ not survived: {len(lost)} of {count(len(survival.struck), 'fault')}"
    for one in lost[:_LOST]:
        yield f"    {MARKS[one.outcome]} {one.outcome:<8} {one.text}   {one_line(one.error, _WORDS)}"
        yield f"      nexdiag replay {shlex.quote(one_line(survival.name, 400))} --fault {shlex.quote(one.text)}"
    if len(lost) > _LOST:
        yield f"    and {len(lost) - _LOST} more; all of them with --format json"


def _kind(fault: Fault) -> str:
    """The row of a fault: its kind; a status by its number, what comes before the head by itself."""
    named = fault.kind in ("status", "content-type") or (fault.kind == "stall" and fault.value == "head")
    return f"{fault.kind}:{fault.value}" if named and fault.value else fault.kind


def _place(struck: Struck) -> str:
    """The column."""
    fault = struck.fault
    turn = "each turn" if fault.turn is None else f"turn {fault.turn}"
    session = f"{one_line(struck.session, 12)}: " if struck.session else ""
    return f"{session}{turn}" + (f".{fault.exchange}" if fault.exchange > 1 else "")


def tables(survivals: Sequence[Survival]) -> str:
    """Several campaigns, and their sum."""
    rows = [table(one) for one in survivals]
    if len(survivals) > 1:
        struck = [one for survival in survivals for one in survival.struck]
        lost = sum(one.lost for one in struck)
        rows.append(f"{count(len(survivals), 'recording')}, {count(len(struck), 'fault')}, {lost} not survived")
    return "\n\n".join(rows)


def survival_json(survivals: Sequence[Survival]) -> str:
    """The same as facts: every fault of every recording, with what came of it."""
    whole = {"schema": SCHEMA, "files": [_fields(one) for one in survivals]}
    return json.dumps(plain(whole), indent=2, allow_nan=False)


def _fields(survival: Survival) -> dict[str, Any]:
    counts = Counter(one.outcome for one in survival.struck)
    return {
        "file": survival.name,
        "seed": survival.seed,
        "turns": survival.turns,
        "seconds": survival.seconds,
        "counts": {outcome: counts[outcome] for outcome in OUTCOMES},
        "survived": bool(survival.struck) and not any(counts[outcome] for outcome in LOST),
        "faults": [_struck(one) for one in survival.struck],
        "unchecked": list(survival.unchecked),
    }


def _struck(one: Struck) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(one)
    return {
        "fault": one.text,
        "kind": one.fault.kind,
        "session": one.session,
        "turn": one.fault.turn,
        "exchange": one.fault.exchange,
        "chunk": one.fault.chunk,
        "outcome": one.outcome,
        "retries": one.retries,
        "seconds": one.seconds,
        "told": one.error,
        "differs": fields.get("differs", []),
        "turns_behind": one.behind,
        "answered_behind": one.later,
    }
