"""Replays → Markdown, to paste into a comment or to show as a step's summary.

Law: it stays under the size it is given, and tells what it left out. Recorded text stands in code alone: no link, no
picture, no mention and no markup can come of it.
"""

from collections.abc import Iterator, Sequence

from nexdiag.core.replayed import Pairing
from nexdiag.core.run import Replayed, Run
from nexdiag.report.limits import PASTED
from nexdiag.report.markdown import backticks, cell, code, fitting, plain, size
from nexdiag.report.replay import divergence
from nexdiag.report.replay.after import client_line, next_command
from nexdiag.report.replay.pairing import against, asked_again, in_part, pairing_line, unproved
from nexdiag.report.replay.verdict import (
    MARKS,
    first_divergences,
    of_no_turn,
    outcomes,
    ranked,
    sentence,
    signature,
    title,
    unplayed_why,
    word,
)
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count, seconds

_ROWS = 50
"""Recordings in the table; those that are exact are counted where there are more."""
_LEFT = 400
"""Bytes kept for what was left out, and for the next command."""


def whole(done: Sequence[Replayed], *, limit: int = PASTED) -> str:
    """A page of at most `limit` bytes."""
    head = f"### nexdiag replay\n\n{plain(sentence(done))}\n"
    room = limit - _LEFT - size(head)
    rows, left_rows = fitting(list(_table(done)), room)
    room -= sum(map(size, rows))
    details, left_details = fitting(list(_details(done)), room)
    parts = [head, *rows, *details]
    if left_rows or left_details:
        left = f"{left_rows + left_details:,} more are left out: a page has room for so much"
        parts.append(f"\n_{left}. See `--format json`._\n")
    command = next_command(done)
    if command and size(command) < _LEFT // 2:
        parts.append(f"\nNext: {code(command)}\n")
    return "".join(parts).rstrip("\n")


def _table(done: Sequence[Replayed]) -> Iterator[str]:
    """Its head, and each of its rows."""
    listed = ranked(done)
    if len(listed) > _ROWS:
        listed = [one for one in listed if word(one) != "exact"][:_ROWS]
    if not listed:
        return
    yield "\n| | recording | turns | pairs | time |\n|---|---|---|---|---|\n"
    for one in listed:
        yield f"| {MARKS[word(one)]} {word(one)} | {cell(one.path)} | {_cells(one)} |\n"
    if len(listed) < len(done):
        yield f"\n{count(len(done) - len(listed), 'more recording')} not in the table.\n"


def _cells(one: Replayed) -> str:
    if one.run is None:
        return " | | "
    turns = ", ".join(f"{times:,} {outcome}" for outcome, times in outcomes(one.run).items())
    pairing = one.run.pairing
    pairs = _pairs(one.run, pairing) if pairing is not None else ""
    return f"{turns} | {pairs} | {seconds(one.run.seconds) if one.run.seconds else ''}"


def _pairs(run: Run, pairing: Pairing) -> str:
    if not pairing.one_to_one or in_part(run):
        return f"{len(pairing.pairs)} of {len(run.cassette.exchanges)}"
    again = asked_again(pairing)
    return "; ".join(["each recording", *again]) if again else "one to one"


def _details(done: Sequence[Replayed]) -> Iterator[str]:
    """What is to be said beyond the table, the worst first; a divergence that came before is only named."""
    seen: set[tuple[str, ...]] = set()
    for one in ranked(done):
        rows = [one_line(text, 400) for text in (unplayed_why(one), one.hint and f"hint: {one.hint}") if text]
        rows += list(_notes(one))
        if rows:
            yield f"\n{code(one_line(one.path, 160))}\n" + "".join(f"- {code(row)}\n" for row in rows)
        for turn in first_divergences(one.run) if one.run is not None else ():
            headed = f"{code(one_line(one.path, 160))} {plain(title(turn))}: {turn.outcome}"
            if signature(turn) in seen:
                yield f"\n{headed}, the same divergence as above\n"
            else:
                seen.add(signature(turn))
                yield f"\n{headed}\n\n{_fenced(divergence.lines(turn), 'diff')}\n"


def _notes(one: Replayed) -> Iterator[str]:
    run = one.run
    if run is None:
        return
    if run.pairing is not None and list(against(run)):
        yield pairing_line(run)
        yield from against(run)
    if unproved(run):
        yield f"proved: {unproved(run)}"
    if run.how == "resent":
        yield f"client: it was not run; to run it: {client_line(one)}"
    for turn in run.replayed:
        if turn.outcome == "mended":
            yield f"{title(turn)} mended: {one_line(turn.note, 300)}"
    yield from (f"not checked: {one_line(turn.note, 300)}" for turn in run.replayed if of_no_turn(turn))
    unchecked = [turn for turn in run.replayed if turn.outcome == "unchecked" and not of_no_turn(turn)]
    if unchecked:
        yield f"not checked: {count(len(unchecked), 'turn')}: {one_line(unchecked[0].note, 300)}"
    if run.cassette.tear:
        yield f"not checked: the end of the file: {one_line(run.cassette.tear, 300)}"
    if run.expired and run.expired not in one.what:
        yield f"expired: {one_line(run.expired, 300)}"


def _fenced(rows: Sequence[str], language: str = "text") -> str:
    """Lines in a block of code, whose fence is longer than any row of backticks in them."""
    text = "\n".join(row.removeprefix("  ") for row in rows)
    fence = "`" * max(3, backticks(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"
