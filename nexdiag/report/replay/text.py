"""Replays as plain lines: a head, a line a turn, each conversation's first divergence, the proof, the verdict.

Law: no colour, no width; a recording of a thousand turns that are exact is a handful of lines. Recorded text is shown
on its line, and no terminal obeys it.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence

from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Replayed, Run
from nexdiag.report.replay import divergence
from nexdiag.report.replay.after import ANEW, client_line, next_command
from nexdiag.report.replay.pairing import against, by_what, in_part, pairing_line, played, unproved
from nexdiag.report.replay.verdict import (
    MARKS,
    divergence_of,
    fails,
    first_divergences,
    of_no_turn,
    ranked,
    recorded_seconds,
    sentence,
    signature,
    title,
    unplayed_why,
    word,
)
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count, seconds

_FOLDED = 6
"""So many turns in a row that came out alike are one line."""
_ROWS = 40
"""Lines of turns that are shown; the others are counted."""
_LONG = 3
"""Lines from which on a row is a divergence: it is never left out."""
_FULL = 3
"""Conversations whose first divergence is shown in full."""
_LISTED = 20
"""Recordings that a summary names."""
_LONGEST = 400
_EXACT = {
    "rerun": "live and replayed sessions are equal",
    "resent": "each recorded request found the answer that was recorded for it",
    "served": "each request that came was the recorded one",
}
"""What is proved where each turn is exact, by the way of the replay."""
_LOOSER = ("prefix", "turn")


def whole(done: Sequence[Replayed], *, verbose: bool = False, speed: float | None = None, brief: bool = False) -> str:
    """All recordings, and the summary."""
    shown = (recording(one, verbose=verbose, speed=speed, brief=brief) for one in done)
    return "\n".join([*shown, summary(done)])


def recording(one: Replayed, *, verbose: bool = False, speed: float | None = None, brief: bool = False) -> str:
    """One recording, when it is done.

    `verbose`: a line for each turn; `speed`: the pace that was chosen; `brief`: one that is exact is one line, for
    it is one of many.
    """
    if one.run is None:
        return "\n".join(_not_played(one))
    if brief and not verbose and word(one) == "exact" and not one.run.expired:
        return _exact_in_brief(one, one.run)
    return "\n".join(_played(one, one.run, verbose=verbose, speed=speed))


def summary(done: Sequence[Replayed]) -> str:
    """What came of all of them, which failed, what they have in common, and the one next command."""
    rows: list[str] = []
    if len(done) != 1:
        rows.append(sentence(done))
        told = ("exact", "answered")
        listed = [one for one in ranked(done) if word(one) not in told and (one.run is not None or one.code)]
        rows += [f"  {MARKS[word(one)]} {one_line(one.path, _LONGEST)}   {_about(one)}" for one in listed[:_LISTED]]
        if len(listed) > _LISTED:
            rows.append(f"  and {len(listed) - _LISTED:,} more")
        rows += _alike(done)
    command = next_command(done)
    return "\n".join([*rows, *([f"Next: {command}"] if command else [])])


def _about(one: Replayed) -> str:
    turn = next(first_divergences(one.run), None) if one.run is not None else None
    if turn is not None:
        return f"{title(turn)} {divergence.short(turn)}"
    return one_line(unplayed_why(one), 160) if one.what else word(one)


def _alike(done: Sequence[Replayed]) -> Iterator[str]:
    """One change of an executor shows in many recordings: it is told once."""
    firsts = [next(first_divergences(one.run), None) for one in done if one.run is not None]
    told = [signature(turn) for turn in firsts if turn is not None]
    if len(told) > 1 and len(set(told)) == 1:
        yield f"  the same divergence in all {len(told)}: mend it once"


def _exact_in_brief(one: Replayed, run: Run) -> str:
    pairs = f"   {pairing_line(run)}" if run.pairing is not None else ""
    again = ", sent again" if run.how == "resent" else ""
    return f"✓ {one_line(one.path, _LONGEST)}   {count(len(run.replayed), 'turn')} exact{again}{pairs}{_took(run)}"


def _not_played(one: Replayed) -> Iterator[str]:
    yield f"{MARKS[word(one)]} {one_line(one.path, _LONGEST)}   {one_line(unplayed_why(one), _LONGEST)}"
    if one.hint:
        yield f"  hint: {one_line(one.hint, _LONGEST)}"


def _played(one: Replayed, run: Run, *, verbose: bool, speed: float | None) -> Iterator[str]:
    pace = "max" if speed is None else f"{speed:g}"
    yield f"▶ {one_line(one.path or run.name, _LONGEST)}   {played(run, 'exchange')}   speed {pace}   network closed"
    yield from _turns(run, verbose=verbose)
    if run.pairing is not None:
        yield f"  pairing   {pairing_line(run)}"
        yield from (f"    {'✗ ' if fails(one) else ''}{row}" for row in against(run))
        yield from (f"    {row}" for row in by_what(run.pairing))
    if unproved(run):
        yield f"  compared  {unproved(run)}"
    if run.how == "resent":
        yield f"  client    it was not run; to run it: {client_line(one)}"
    yield from _verdict(one, run)


def _turns(run: Run, *, verbose: bool) -> Iterator[str]:
    left = 0
    for place, row in enumerate(_rows(run, verbose=verbose)):
        if verbose or place < _ROWS or len(row) > _LONG:
            yield from row
        else:
            left += 1
    if left:
        yield f"  … {count(left, 'more line')} of turns: nexdiag -v replay"


def _rows(run: Run, *, verbose: bool) -> Iterator[list[str]]:
    """A row for a turn, or for a run of turns that came out alike; a divergence stands below its turn."""
    firsts = {id(turn) for turn in first_divergences(run)}
    shown: dict[tuple[str, ...], TurnVerdict] = {}
    errors = {(turn.session, turn.number): turn.error or "" for turn in run.cassette.turns if turn.outcome == "failed"}
    told = (turn for turn in run.replayed if not of_no_turn(turn))  # those are told behind the turns
    for (outcome, note, diverged), group in itertools.groupby(told, lambda turn: _kind(turn, firsts)):
        turns = list(group)
        if len(turns) > _FOLDED and not verbose and not diverged and not any(map(_by_itself, turns)):
            yield [f"  {_span(turns)} {MARKS[outcome]} {outcome}", *_note(outcome, note)]
            continue
        for turn in turns:
            row = f"  {title(turn)} {MARKS[outcome]} {outcome:<9} {one_line(turn.said, 60)}".rstrip()
            below = _full(turn, shown) if diverged else _below(turn) if turn is turns[0] or _by_itself(turn) else []
            yield [row, *below, *_failed(turn, errors)]


def _kind(turn: TurnVerdict, firsts: set[int]) -> tuple[str, str, bool]:
    return turn.outcome, turn.note if not turn.differs else "", id(turn) in firsts


def _below(turn: TurnVerdict) -> list[str]:
    """Why a turn is not checked; what changed in one that is mended."""
    if _by_itself(turn):
        return [f"    {one_line(turn.note, 300)}", *(f"    {row}" for row in divergence.where(turn))]
    if turn.outcome == "mended":
        return [f"    {row}" for row in divergence.where(turn)]
    return _note(turn.outcome, turn.note)


def _failed(turn: TurnVerdict, errors: Mapping[tuple[str, int], str]) -> list[str]:
    """Exact is not well: where the recording failed, the same request has failed again."""
    error = errors.get((turn.session, turn.number)) if turn.outcome == "exact" else None
    return [] if error is None else [f"    it failed, as recorded: {both_ends(error, 300) or 'in no words'}"]


def _by_itself(turn: TurnVerdict) -> bool:
    """Whether it comes after a divergence, and holds another change that does not follow from that."""
    return turn.differs and turn.divergence is None and "differs by itself" in turn.note


def _note(outcome: str, note: str) -> list[str]:
    return [f"    {one_line(note, 300)}"] if note and (outcome == "unchecked" or note.startswith("matched by")) else []


def _full(turn: TurnVerdict, shown: dict[tuple[str, ...], TurnVerdict]) -> list[str]:
    """A divergence below its turn; one that was shown is named, and beyond a few only the place is told."""
    alike = shown.get(signature(turn))
    if alike is not None:
        return [f"    the same divergence as in {title(alike)}"]
    if len(shown) >= _FULL:
        return [f"    {divergence.short(turn)}"]
    shown[signature(turn)] = turn
    return [f"    {row}" for row in divergence.lines(turn)]


def _span(turns: list[TurnVerdict]) -> str:
    """`turns 1 to 412`; `session 2, turn 1 to session 9, turn 4 (57 turns)`."""
    first, last = turns[0], turns[-1]
    if first.session == last.session:
        session = title(first).rpartition("turn ")[0]
        return f"{session}turns {first.number} to {last.number}"
    ends = (title(one) for one in (first, last))
    return f"{' to '.join(ends)} ({count(len(turns), 'turn')})"


def _verdict(one: Replayed, run: Run) -> Iterator[str]:
    outcomes = [turn.outcome for turn in run.replayed]
    counted = len([turn for turn in run.replayed if not of_no_turn(turn)])
    unchecked, differing = outcomes.count("unchecked"), sum(turn.differs for turn in run.replayed)
    firsts = list(first_divergences(run))
    untold = differing - len(firsts)
    if untold > 0 and not any(divergence_of(turn).consequences for turn in firsts):
        yield f"  the first divergence is shown; {count(untold, 'other turn')} may be its consequence"
    took = _took(run)
    if differing:
        yield f"  ✗ {differing} of {count(counted, 'turn')} {'differs' if counted == 1 else 'differ'}{took}"
    if one.what:
        yield f"  ✗ {one_line(one.what, _LONGEST)}{'' if differing else took}"
    elif not differing:
        yield from (row for turn in run.replayed if turn.outcome == "mended" for row in _mended(turn, took))
        if not unchecked and not run.cassette.tear and "mended" not in outcomes:
            yield f"  {_exact(one, run)}{took}"
    beside = [turn for turn in run.replayed if of_no_turn(turn)]
    if unchecked > len(beside):
        yield f"  not checked: {unchecked - len(beside)} of {count(counted, 'turn')}"
    yield from (f"  not checked: {one_line(turn.note, 300)}" for turn in beside)
    if run.cassette.tear and not one.what:
        yield f"  not checked: the end of the file: {one_line(run.cassette.tear)}"
    if run.expired and run.expired not in one.what:
        yield f"  ! expired: {one_line(run.expired, _LONGEST)}"
    if fails(one) and one.hint:
        yield f"  hint: {one_line(one.hint, _LONGEST)}"


def _exact(one: Replayed, run: Run) -> str:
    if word(one) == "changed":
        return "✗ a request had no recording"
    if not run.replayed:
        return "✓ each request had a recording of its own"
    part = f"; {played(run, 'recording')} had a part in it" if in_part(run) else ""
    looser = run.pairing is not None and any(pair.how in _LOOSER for pair in run.pairing.pairs)
    if looser:
        return f"✓ each request was answered from the recording, not each by its own equal{part}"
    return f"✓ exact: {_EXACT.get(run.how, _EXACT['rerun'])}{part}"


def _mended(turn: TurnVerdict, took: str) -> Iterator[str]:
    """`✓ NX101 gone, nothing new`, and why the rest is not checked."""
    gone, _, why = turn.note.partition(ANEW)[0].partition("; ")
    gone = one_line(gone or "what was refused is gone", 200)
    yield f"  ✓ {gone if 'gone' in gone else f'{gone} gone, nothing new'}{took}"
    if why:
        yield f"    {one_line(why, 300)}"


def _took(run: Run) -> str:
    recorded = recorded_seconds(run)
    before = f"   (recorded {seconds(recorded)})" if recorded is not None else ""
    return f"   {seconds(run.seconds)}{before}" if run.seconds else ""
