"""Reports as plain lines: findings of `lint`, verdicts of `replay`. No colour, no width: made to be piped."""

from collections.abc import Iterator, Sequence

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Run
from nexdiag.report.visible import both_ends, cut_within, one_line
from nexdiag.report.wording import count, turn_title

_MARKS = {"exact": "✓", "changed": "≠", "missing": "-", "extra": "+", "unchecked": "?"}
_WORDS = 1000
_SUMMARY = 300
"""It may quote a server, from the beginning to the end of what that said."""
_VALUE = 160
_BEFORE = 30
_SHOWN = 6
"""Differences of a turn that are shown; the others are counted."""


def judged(files: Sequence[tuple[str, str, Sequence[Finding], Sequence[str]]]) -> str:
    """For each file: its name, profile, findings, and what was not checked."""
    rows: list[str] = []
    total = 0
    for file, profile, findings, unchecked in files:
        rows.append(f"{one_line(file)}   profile {profile}   {count(len(findings), 'finding')}")
        for finding in findings:
            rows += _finding(finding)
        rows += [f"  not checked: {one_line(text)}" for text in unchecked]
        total += len(findings)
    if len(files) > 1:
        rows.append(f"{count(len(files), 'file')}, {count(total, 'finding')}")
    return "\n".join(rows)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.severity:<7} {finding.code} {finding.rule}   {_place(finding)}"
    yield f"          {both_ends(finding.summary, _SUMMARY)}"
    if finding.server_words:
        yield f"          the server: {both_ends(finding.server_words, 200)}"
    if finding.fix:
        yield f"          fix: {one_line(finding.fix)}"
    if finding.repeats:
        yield f"          again in {count(finding.repeats, 'later exchange')}"


def _place(finding: Finding) -> str:
    """Turn, exchange, message and field; the field may be the address, which no pointer reaches."""
    address = ", the URL" if "url" in finding.facts and finding.location.pointer is None else ""
    return f"{finding.location}{address}".removeprefix(", ")


def replayed(run: Run) -> str:
    """The verdict of a rerun: a line a turn, the first divergence in full, its consequences counted."""
    rows = [f"{one_line(run.name)}   {count(len(run.cassette.exchanges), 'exchange')}   network closed"]
    diverged = False
    for turn in run.replayed:
        title, outcome = turn_title(turn.session, turn.number), f"{_MARKS[turn.outcome]} {turn.outcome:<8}"
        rows.append(f"  {title} {outcome} {one_line(turn.said, 60)}")
        if turn.outcome == "unchecked":
            rows.append(f"    {one_line(turn.note)}")
        elif turn.outcome != "exact" and not diverged:
            rows += _divergence(turn)
            diverged = True
    outcomes = [turn.outcome for turn in run.replayed]
    unchecked = outcomes.count("unchecked")
    changed = len(outcomes) - outcomes.count("exact") - unchecked
    if changed > 1:
        rows.append(f"  the first divergence is shown; {count(changed - 1, 'later turn')} may be its consequence")
    if changed:
        rows.append(f"  ✗ {changed} of {count(len(outcomes), 'turn')} differ")
    elif not unchecked and not run.cassette.tear:
        rows.append("  ✓ exact: live and replayed sessions are equal")
    if unchecked:
        rows.append(f"  not checked: {unchecked} of {count(len(outcomes), 'turn')}")
    if run.cassette.tear:
        rows.append(f"  not checked: the end of the file: {one_line(run.cassette.tear)}")
    return "\n".join(rows)


def _divergence(turn: TurnVerdict) -> Iterator[str]:
    if turn.note:
        yield f"    {one_line(turn.note, 300)}"
    sent = [one for one in turn.differences if not one.pointer.startswith("(")]
    seen = [one for one in turn.differences if one.pointer.startswith("(")]  # what the user saw: it follows
    shown = sent or seen
    for one in shown[:_SHOWN]:
        yield from _difference(one)
    if len(shown) > _SHOWN:
        yield f"    and {len(shown) - _SHOWN} more differences in this turn"
    if sent and seen:
        yield f"    what follows from it: another {', '.join(one.pointer.strip('()') for one in seen)}"


def _difference(one: Difference) -> Iterator[str]:
    yield f"    {one.pointer or '(the whole)'}   {one.kind}"
    left, right = (msgspec.json.encode(value).decode() for value in (one.left, one.right))
    same = _common(left, right) - _BEFORE if one.kind == "changed" else 0
    if one.kind != "added":
        yield f"      - {_from(left, same)}"
    if one.kind != "removed":
        yield f"      + {_from(right, same)}"


def _common(left: str, right: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(left), len(right)))


def _from(text: str, start: int) -> str:
    """The text on a line, from a little before the place where two begin to differ."""
    return one_line(text, _VALUE) if start <= 0 else f"…{one_line(text[start:], _VALUE)}"


def spoken(number: int, said: str, reply: str | None, error: str | None, seconds: float) -> str:
    """One message of a live smoke as it is settled."""
    mark, text = ("✓", reply) if reply is not None else ("✗", error)
    return f"  turn {number} {mark} {one_line(said, 34):<34} → {one_line(text or '', 46):<46} {seconds:5.2f} s"


def diagnosis(finding: Finding) -> str:
    """One finding with what a reader needs to act: where, whose words, what to change."""
    words = cut_within(finding.server_words or "said nothing", _WORDS).split("\n")
    rows = [
        f"    {finding.code} {finding.rule}   {_place(finding)}",
        f"    found       {both_ends(finding.summary, _SUMMARY)}",
        f"    the server  {words[0]}",
        *(f"                {line}" for line in words[1:]),
        f"    fix         {one_line(finding.fix)}",
    ]
    return "\n".join(rows)
