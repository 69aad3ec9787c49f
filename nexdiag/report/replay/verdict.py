"""What came of each recording, as every format tells it: a word, whether it fails, its first divergences. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.core.replayed import Divergence, TurnVerdict
from nexdiag.core.run import Replayed, Run
from nexdiag.report.json import as_text
from nexdiag.report.wording import count, turn_title

MARKS = {
    "exact": "✓", "changed": "≠", "missing": "-", "extra": "+", "unchecked": "?", "mended": "✓",
    "failed": "✗", "broken": "✗", "nothing": "?", "skipped": "?", "answered": "✓",
}  # fmt: skip
"""Of the outcomes of turns, and of what came of recordings."""
FAILS = ("broken", "changed", "failed")
"""What came of recordings for which a command fails."""
_ORDER = (*FAILS, "unchecked", "nothing", "skipped", "mended", "answered", "exact")
_FORMED = {
    "broken": "could not be replayed", "changed": "changed", "failed": "failed", "unchecked": "in part not checked",
    "nothing": "held nothing to replay", "skipped": "not played", "mended": "mended", "answered": "answered",
    "exact": "exact",
}  # fmt: skip


def word(one: Replayed) -> str:
    """What came of it, in a word.

    `exact`, `mended`, `answered` (some client asked, and had its answers), `unchecked`, `changed`, `failed` (every
    turn is the same, but it may not pass), `broken`, `nothing`, or `skipped` (also what was chosen may not fit it).
    """
    if one.run is None:
        return {0: "skipped", UsageError.exit_code: "skipped", NothingToDo.exit_code: "nothing"}.get(one.code, "broken")
    outcomes = {turn.outcome for turn in one.run.replayed}
    pairing = one.run.pairing
    if one.run.differs or (not outcomes and pairing is not None and pairing.misses):
        return "changed"
    if one.code:
        return "failed"
    if "mended" in outcomes:
        return "mended"
    if "unchecked" in outcomes or one.run.cassette.tear:
        return "unchecked"
    return "exact" if outcomes else "answered"


def fails(one: Replayed) -> bool:
    """Whether a command that replays it fails. What held nothing to replay, or was not played, does not."""
    return word(one) in FAILS


def ranked(done: Iterable[Replayed]) -> list[Replayed]:
    """The worst first; among equals as they came."""
    return sorted(done, key=lambda one: _ORDER.index(word(one)))


def tally(done: Iterable[Replayed]) -> str:
    """`1 changed, 7 exact`: the worst first."""
    counted = Counter(word(one) for one in done)
    return ", ".join(f"{counted[key]:,} {_FORMED[key]}" for key in _ORDER if counted[key])


def sentence(done: Sequence[Replayed]) -> str:
    """All recordings in a line: `✗ 8 recordings: 1 changed, 7 exact`."""
    if not done:
        return "? no recording was replayed"
    words = {word(one) for one in done}
    mark = "✗" if words & {*FAILS} else "✓" if words - {"nothing", "skipped"} else "?"
    return f"{mark} {count(len(done), 'recording')}: {tally(done)}"


def title(turn: TurnVerdict) -> str:
    """`turn 2`, `session 3, turn 2`; a verdict without a turn is on what was sent outside turns."""
    return turn_title(turn.session, turn.number) if turn.number > 0 else "outside turns"


def of_no_turn(turn: TurnVerdict) -> bool:
    """Whether a verdict tells what was not checked in the whole recording: nothing was said or sent there."""
    return turn.outcome == "unchecked" and turn.number == 0 and not turn.said


def unplayed_why(one: Replayed) -> str:
    """Why it was not replayed, without the path that stands beside it."""
    return one.what.removeprefix(f"{one.path} ").removeprefix(one.path)


def outcomes(run: Run) -> dict[str, int]:
    """How many turns came out how."""
    return dict(Counter(turn.outcome for turn in run.replayed))


def first_divergences(run: Run) -> Iterator[TurnVerdict]:
    """The first turn of each conversation that differs, those first of which is known where they do.

    What was sent outside turns is a conversation of its own. A turn that was looked at closer goes before one that was
    not: what only was not asked for tells less than what was asked for in its place.
    """
    firsts: dict[tuple[str, bool], TurnVerdict] = {}
    for turn in run.replayed:
        key = turn.session, turn.number > 0
        held = firsts.get(key)
        if turn.differs and (held is None or (held.divergence is None and turn.divergence is not None)):
            firsts[key] = turn
    yield from sorted(firsts.values(), key=lambda turn: turn.divergence is None)


def divergence_of(turn: TurnVerdict) -> Divergence:
    """Where a turn differs; made of its differences where nobody has looked closer."""
    if turn.divergence is not None:
        return turn.divergence
    sent = [one for one in turn.differences if not one.pointer.startswith("(")]
    first = next(iter(sent or turn.differences), None)
    return Divergence(
        turn=turn.number, session=turn.session, first=first, more=max(0, len(sent) - 1), why=turn.note, advice=""
    )


def follows(turn: TurnVerdict) -> tuple[str, ...]:
    """What the user saw otherwise, where that follows from a changed request: `reply`, `error`, ..."""
    seen = [one for one in turn.differences if one.pointer.startswith("(")]
    first = divergence_of(turn).first
    return tuple(dict.fromkeys(one.pointer.strip("()") for one in seen if one != first))


def signature(turn: TurnVerdict) -> tuple[str, ...]:
    """Equal for divergences that tell the same: one change of an executor shows in every conversation."""
    found = divergence_of(turn)
    first = found.first
    if first is None:
        return turn.outcome, found.method, found.path, found.why
    return first.kind, first.pointer, as_text(first.left), as_text(first.right)


def recorded_seconds(run: Run) -> float | None:
    """How long the recording took; None where its times tell nothing."""
    times = [(one.started, one.started + one.duration) for one in run.cassette.exchanges]
    if not times:
        return None
    took = max(end for _, end in times) - min(begin for begin, _ in times)
    return took if math.isfinite(took) and took >= 0 else None


def plain_error(one: Replayed) -> dict[str, object] | None:
    """Why a recording was not replayed, or may not pass; None where neither is so."""
    if not one.what:
        return None
    return msgspec.to_builtins({"what": one.what, "hint": one.hint, "code": one.code})  # type: ignore[no-any-return]  # builtins of a dict are one
