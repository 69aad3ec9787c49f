"""Report → Markdown, sized to paste: the verdict, for each run cause, fix and turns, and what was not checked.

Law: it stays under the size it is given, the worst stands first, and each part tells what it left out. Recorded text
stands in code alone: no link, picture, mention or markup can come of it.
"""

from collections.abc import Iterator

import msgspec

from nexdiag.core.judged import Judged
from nexdiag.core.run import Report
from nexdiag.report.limits import PASTED
from nexdiag.report.lint import md as findings
from nexdiag.report.markdown import cell, code, plain, size
from nexdiag.report.run.told import told
from nexdiag.report.summary import ICONS, RunFacts, headline, refusal_phrase, run_facts
from nexdiag.report.turns import TurnFacts
from nexdiag.report.visible import both_ends, one_line
from nexdiag.report.wording import count, seconds, tokens

_ORDER = ("failed", "torn", "differs", "warned", "empty", "passed")
_TURNS = 30
"""Rows of a run's turns: the first ones and those that failed; the others are counted."""
_SHARE = 0.6
"""Of the page, for the runs; the findings have the rest."""


def whole(report: Report, *, limit: int = PASTED) -> str:
    """A page of at most `limit` bytes."""
    runs = tuple(run_facts(run) for run in report.runs)
    verdict = headline(report, runs)
    head = f"### nexdiag report: {code(one_line(report.title, 120))}\n\n"
    head += f"{ICONS[verdict.word]} {plain(one_line(verdict.sentence, 400))}\n"
    room = limit - size(head)
    parts, most, left = [head], int(room * _SHARE), ""
    ranked = sorted(runs, key=lambda facts: _ORDER.index(facts.verdict.word))
    for place, facts in enumerate(ranked):
        text = _run(facts, several=len(runs) > 1)
        if size(text) > most:
            text = _run(facts, several=len(runs) > 1, turns=0)
        if size(text) > most:
            left = findings.left_out(len(ranked) - place, "more run")
            break
        most -= size(text)
        parts.append(text)
    shown = {id(facts.cause) for facts in ranked[: len(parts) - 1]}
    rest = [_without(one, shown) for one in told(report, runs)]
    room = limit - size("".join([*parts, left]))
    return ("".join([*parts, left]) + findings.parts(rest, room)).rstrip("\n")


def _without(one: Judged, shown: set[int]) -> Judged:
    """Without the causes, which stand above."""
    return msgspec.structs.replace(one, findings=tuple(found for found in one.findings if id(found) not in shown))


def _run(facts: RunFacts, *, several: bool, turns: int = _TURNS) -> str:
    rows = [f"\n#### {ICONS[facts.verdict.word]} {code(one_line(facts.run.name, 120))}\n\n"] if several else ["\n"]
    if several and facts.run.cassette.name not in ("", facts.run.name):
        rows.append(f"{code(one_line(facts.run.cassette.name, 200))}: ")
    if several:
        rows.append(f"{plain(one_line(facts.verdict.sentence, 400))}\n\n")
    rows += _cause(facts)
    rows.append(f"- **numbers** {_numbers(facts)}\n")
    rows += _turns(facts, turns) if turns else ["\n_the turns have no room here_\n"]
    return "".join(rows)


def _cause(facts: RunFacts) -> Iterator[str]:
    cause = facts.cause
    if cause is None:
        return
    refused = refusal_phrase(facts, cause)
    named = f"{plain(one_line(cause.code, 20))} {plain(one_line(cause.rule, 60))}"
    where = f" at {code(one_line(str(cause.location), 200))}" if str(cause.location) else ""
    yield f"- **cause** {named}{where}" + (f", {plain(one_line(refused))}" if refused else "") + "\n"
    yield f"- **found** {code(both_ends(cause.summary, 400) or '(nothing was said)')}\n"
    if cause.server_words:
        yield f"- **the server** {code(both_ends(cause.server_words, 400))}\n"
    if cause.fix:
        yield f"- **fix** {code(one_line(cause.fix, 400))}\n"


def _numbers(facts: RunFacts) -> str:
    counts = facts.counts
    spent = f", {tokens(counts.input_tokens)} + {tokens(counts.output_tokens)} tokens" if counts.input_tokens else ""
    took = f", {seconds(counts.duration)}" if counts.duration else ""
    return f"{count(counts.turns, 'turn')}, {count(counts.exchanges, 'exchange')}{spent}{took}"


def _turns(facts: RunFacts, most: int) -> Iterator[str]:
    numbered = [turn for turn in facts.turns if turn.number is not None]
    if not numbered:
        return
    bad = [turn for turn in numbered if turn.outcome != "answered"][:most]
    kept = {turn.key for turn in [*bad, *numbered][:most]}
    yield "\n| | turn | said | exchanges | took | |\n|---|---|---|---|---|---|\n"
    for turn in numbered:
        if turn.key in kept:
            yield _row(turn)
    if len(numbered) > len(kept):
        yield f"\n_{count(len(numbered) - len(kept), 'more turn')} left out: the page has no room._\n"


def _row(turn: TurnFacts) -> str:
    icon = "✗" if turn.outcome == "failed" else "✓" if turn.outcome == "answered" else "·"
    statuses = ", ".join(str(seen.status) if seen.status is not None else "no answer" for seen in turn.exchanges[:8])
    more = f", {len(turn.exchanges) - 8} more" if len(turn.exchanges) > 8 else ""  # noqa: PLR2004 - as above
    told = cell(turn.error, 120) if turn.error else ""
    said = cell(turn.said, 60) if turn.said else ""
    name = plain(turn.title)
    return f"| {icon} | {name} | {said} | {statuses}{more} | {seconds(turn.duration)} | {told} |\n"
