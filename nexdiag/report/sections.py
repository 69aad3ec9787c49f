"""The parts of the page that need no script: masthead, list of runs, and each run's verdict, findings and counts."""

from collections import Counter
from collections.abc import Container, Sequence
from pathlib import PurePath

from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Report
from nexdiag.report.diverged import diverged
from nexdiag.report.json import as_text
from nexdiag.report.lint.text import facts as facts_of
from nexdiag.report.logged import gist
from nexdiag.report.markup import Markup, element, joined, quoted, text, trusted
from nexdiag.report.plots.first_token import first_token
from nexdiag.report.plots.tokens import tokens as tokens_plot
from nexdiag.report.plots.waterfall import waterfall
from nexdiag.report.summary import ICONS, RunFacts, Verdict, refusal_phrase
from nexdiag.report.visible import cut, cut_within, one_line
from nexdiag.report.wording import count, date, seconds, time_of_day, tokens, turn_title

_SHOWN_FINDINGS = 50
_SHOWN_DIFFERENCES = 100
_LONG = 1200
_WORDS = {
    "passed": "Passed",
    "failed": "Failed",
    "warned": "Passed with warnings",
    "differs": "Differs",
    "torn": "Torn recording",
    "empty": "Empty",
}


def _icon(word: str) -> Markup:
    return element("span", ICONS.get(word, "●"), class_="icon", aria_hidden="true")


def _first_up(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def masthead(report: Report, verdict: Verdict) -> Markup:
    """The report's name and the verdict over all runs."""
    made = " · ".join(part for part in (date(report.created), report.tool) if part)
    brand = element("p", element("span", class_="lamp", aria_hidden="true"), "nexdiag", class_="brand")
    sentence = element("p", _icon(verdict.word), _first_up(verdict.sentence), class_=f"headline is-{verdict.word}")
    title = element("h1", one_line(report.title, 160))
    words = element("div", title, sentence if len(report.runs) != 1 else None)
    return joined(element("div", brand, element("p", made, class_="made"), class_="topline"), words)


def run_cards(runs: tuple[RunFacts, ...]) -> Markup:
    """One card a run; a link that also works as a plain anchor."""
    names = [facts.run.name for facts in runs]
    again = {name for name, times in Counter(names).items() if times > 1}
    cards = (element("li", _card(facts, number, again)) for number, facts in enumerate(runs, 1))
    return element("nav", element("ul", *cards), class_="runs", aria_label="Runs")


def _card(facts: RunFacts, number: int, again: Container[str]) -> Markup:
    """Where the name of the run is there again, the directory of its recording stands beside it, or its server."""
    word, cause = facts.verdict.word, facts.cause
    line = f"{cause.code} {cause.rule}" if cause else facts.verdict.sentence
    if facts.run.name in again:
        apart = PurePath(facts.run.cassette.name).parent.name or facts.run.profile
        line = f"{one_line(apart, 40)} · {line}" if apart else line
    return element(
        "a",
        element("span", _icon(word), _WORDS[word], class_=f"state is-{word}"),
        element("span", one_line(facts.run.name, 80), class_="name"),
        element("span", one_line(line, 80), class_="why"),
        href=f"#run-{number}",
        data_run=str(number),
    )


def run_section(facts: RunFacts, number: int, title: str = "") -> Markup:
    """Everything of a run that stands without scripts, and the place where the explorer goes.

    Its name is not shown once more where it is the page's title.
    """
    run, word = facts.run, facts.verdict.word
    where = (run.profile, run.cassette.header.model, run.cassette.header.origin, date(run.cassette.header.created))
    verdict = element(
        "p", element("b", _icon(word), _WORDS[word]), element("span", _first_up(facts.verdict.sentence)),
        class_=f"verdict is-{word}",
    )  # fmt: skip
    head = element(
        "header",
        element("p", " · ".join(one_line(part, 80) for part in where if part), class_="where"),
        element("h2", one_line(run.name, 120), id=f"run-{number}-name", class_="sr" if run.name == title else None),
        element("p", f"Here because: {one_line(run.expected, 300)}", class_="expected") if run.expected else None,
        verdict,
    )
    body = (
        _cause(facts, number),
        diverged(facts, number),
        _numbers(facts),
        _plots(facts),
        _torn(facts),
        _logged(facts),
        _others(facts, number),
        _differences(facts),
    )
    note = element("noscript", element("p", "Scripts are off: the timeline and the messages are not shown."))
    return element(
        "section", head, *body, note, element("div", class_="explorer", data_explorer=str(number)),
        class_="run", id=f"run-{number}", data_run=str(number), aria_labelledby=f"run-{number}-name",
    )  # fmt: skip


def _cause(facts: RunFacts, number: int) -> Markup | None:
    if facts.cause is None:
        return None
    finding = facts.cause
    near = facts.log_near(finding)
    what = element(
        "div",
        element("p", "Cause", class_="kicker"),
        element("h3", _named(finding)),
        element("p", cut(finding.summary, _LONG), class_="summary"),
        _where(facts, finding, number),
        *_grounds(finding),
        class_="what",
    )
    said = _quote(_first_up(refusal_phrase(facts, finding)) or "The server said", finding.server_words, "words")
    logged = _quote(f"Daemon log at {time_of_day(near.at)} UTC", near.text, "log") if near else None
    heard = element("div", said, logged, class_="heard") if said or logged else None
    spot = f"run-{number}/finding-{facts.run.findings.index(finding) + 1}"
    return element("article", what, heard, _fix(finding, "Fix"), class_=f"cause is-{finding.severity}", id=spot)


def _named(finding: Finding) -> Markup:
    return joined(
        element("span", _icon(str(finding.severity)), str(finding.severity), class_=f"badge is-{finding.severity}"),
        element("span", one_line(finding.code, 16), class_="code"),
        element("span", one_line(finding.rule, 80), class_="rule"),
    )


def _where(facts: RunFacts, finding: Finding, number: int) -> Markup:
    """The location, as a link that the explorer follows."""
    spot = f"#run-{number}/finding-{facts.run.findings.index(finding) + 1}"
    again = f"  · again in {count(finding.repeats, 'later exchange')}" if finding.repeats else ""
    place = one_line(str(finding.location), 200) or "the whole recording"
    return element("p", element("a", place, href=spot, data_goto=spot), again or None, class_="place")


def _quote(label: str, words: str | None, kind: str) -> Markup | None:
    if not words:
        return None
    return element("figure", element("figcaption", label), quoted(cut_within(words, _LONG)), class_=f"quote {kind}")


def _grounds(finding: Finding) -> tuple[Markup | None, ...]:
    """Why it weighs what it does, what shows it, what wrote it and what it brought about."""
    facts = facts_of(finding)
    return (
        element("p", cut(finding.because, _LONG), class_="because") if finding.because else None,
        element("p", f"Written by {finding.origin}.", class_="origin") if finding.origin else None,
        _listed(count(len(facts), "fact to check", "facts to check"), facts, "evidence"),
        _listed(count(len(finding.consequences), "consequence"), finding.consequences, "consequences"),
    )


def _listed(label: str, facts: Sequence[str], kind: str) -> Markup | None:
    if not facts:
        return None
    rows = [element("li", cut(fact, _LONG)) for fact in facts[:_SHOWN_FINDINGS]]
    if len(facts) > _SHOWN_FINDINGS:
        rows.append(element("li", f"… and {len(facts) - _SHOWN_FINDINGS:,} more"))
    return element("details", element("summary", label), element("ul", *rows), class_=kind)


def _fix(finding: Finding, label: str) -> Markup | None:
    if not finding.fix:
        return None
    return element("div", element("p", label, class_="kicker"), element("p", cut(finding.fix, _LONG)), class_="fix")


def _others(facts: RunFacts, number: int) -> Markup | None:
    """The findings that are not the cause."""
    rest = [finding for finding in facts.run.findings if finding is not facts.cause]
    if not rest:
        return None
    rows = [element("li", _other(facts, finding, number)) for finding in rest[:_SHOWN_FINDINGS]]
    if len(rest) > _SHOWN_FINDINGS:
        rows.append(element("li", f"… {count(len(rest) - _SHOWN_FINDINGS, 'more finding')}, shown at their messages"))
    title = count(len(rest), "more finding") if facts.cause else count(len(rest), "remark")
    return element("details", element("summary", title), element("ul", *rows), class_="others", open=len(rest) <= 3)  # noqa: PLR2004 - a short list is shown


def _other(facts: RunFacts, finding: Finding, number: int) -> Markup:
    spot = f"run-{number}/finding-{facts.run.findings.index(finding) + 1}"
    return element(
        "article",
        element("h3", _named(finding)),
        _where(facts, finding, number),
        element("p", cut(finding.summary, _LONG), class_="summary"),
        _quote("The server said", finding.server_words, "words"),
        *_grounds(finding),
        _fix(finding, "Fix"),
        class_="other",
        id=spot,
    )


def _numbers(facts: RunFacts) -> Markup:
    counts = facts.counts
    spent = counts.input_tokens or counts.output_tokens
    pairs = [
        ("turns", f"{counts.turns:,}"),
        ("exchanges", f"{counts.exchanges:,}" + (f" ({counts.retries} retried)" if counts.retries else "")),
        ("longest request", count(counts.messages, "message")),
        ("tokens in / out", f"{tokens(counts.input_tokens)} / {tokens(counts.output_tokens)}" if spent else "not told"),
        ("streamed chunks", f"{counts.chunks:,}"),
        ("log lines", f"{counts.log_lines:,}" if counts.log_lines else "none"),
        ("time", seconds(counts.duration) if counts.duration else "not told"),
    ]
    cells = (element("div", element("dt", name), element("dd", value)) for name, value in pairs)
    return element("dl", *cells, class_="numbers")


def _plots(facts: RunFacts) -> Markup | None:
    """The plots that the run has the facts for."""
    plots = [plot for plot in (waterfall(facts), tokens_plot(facts), first_token(facts)) if plot is not None]
    return element("div", *plots, class_="plots") if len(plots) > 1 else None


def _torn(facts: RunFacts) -> Markup | None:
    tear = facts.run.cassette.tear
    return element("p", _icon("torn"), f"The recording is torn: {cut(tear)}", class_="note") if tear else None


def _logged(facts: RunFacts) -> Markup | None:
    """What was expected and did not hold, and the errors of the log, each with its turn."""
    rows = [
        element("li", f"{turn.title}: {text}")
        for turn in facts.turns
        for text in (
            *(f"expected: {one_line(unmet, 300)}" for unmet in turn.unmet),
            *(f"{line.level or 'traceback'} {one_line(line.source, 40)}: {gist(line)}" for line in turn.errors),
        )
    ]
    if not rows:
        return None
    counts = facts.counts
    told = [f"{count(counts.unmet, 'expectation')} not met"] if counts.unmet else []
    told += [f"{count(counts.errors_logged, 'error')} logged"] if counts.errors_logged else []
    more = len(rows) - _SHOWN_FINDINGS
    rest = [element("li", f"… and {more:,} more, shown in their turns")] if more > 0 else []
    summary = element("summary", ", ".join(told))
    return element("details", summary, element("ul", *rows[:_SHOWN_FINDINGS], *rest), class_="others", open=True)


def _differences(facts: RunFacts) -> Markup | None:
    """Replay against recording, as a table, with a line for each turn that did not come out exact."""
    told = [turn for turn in facts.run.replayed if turn.outcome != "exact"]
    listed = facts.run.differences or tuple(difference for turn in told for difference in turn.differences)
    notes = [element("li", _replayed(turn)) for turn in told[:_SHOWN_DIFFERENCES]]
    if not listed and not notes:
        return None
    head = element("tr", *(element("th", name, scope="col") for name in ("turn", "place", "recorded", "replayed")))
    rows = [_difference(difference) for difference in listed[:_SHOWN_DIFFERENCES]]
    more = len(listed) - _SHOWN_DIFFERENCES
    caption = element("h3", count(len(listed), "difference") + " between recording and replay")
    table = element("table", element("thead", head), element("tbody", *rows))
    rest = element("p", f"… and {count(more, 'more difference')}, not shown") if more > 0 else None
    turns = element("ul", *notes, class_="replayed") if notes else None
    wide = element("div", table, class_="wide") if rows else None
    return element("div", caption, turns, wide, rest, class_="differences")


def _replayed(turn: TurnVerdict) -> Markup:
    note = f": {one_line(turn.note, 300)}" if turn.note else ""
    return joined(
        _icon(turn.outcome), text(f"{turn_title(turn.session, turn.number)} {one_line(turn.outcome, 20)}{note}")
    )


def _difference(difference: Difference) -> Markup:
    moved = difference.right_pointer not in (None, difference.pointer)
    pointer = difference.pointer + (f" ⇄ {difference.right_pointer}" if moved else "")
    left = "(absent)" if difference.kind == "added" else cut(as_text(difference.left), 400)
    right = "(absent)" if difference.kind == "removed" else cut(as_text(difference.right), 400)
    turn = turn_title(difference.session, difference.turn) if difference.turn is not None else "–"
    return element(
        "tr", element("td", turn), element("td", one_line(pointer or "/", 200), class_="wire"),
        element("td", left, class_="wire gone"), element("td", right, class_="wire new"),
    )  # fmt: skip


def unchecked(report: Report) -> Markup:
    """What was skipped, which is never a pass."""
    rows = [element("li", one_line(reason, 400)) for reason in report.unchecked]
    skipped = element("div", element("h2", "Not checked"), element("ul", *rows), class_="unchecked") if rows else None
    keys = trusted(
        "<kbd>j</kbd> <kbd>k</kbd> turn &nbsp; <kbd>n</kbd> <kbd>p</kbd> finding &nbsp; "
        "<kbd>/</kbd> search &nbsp; <kbd>?</kbd> all keys"
    )
    hint = element("p", element("span", keys, class_="keys"), "This file loads nothing from anywhere.", class_="hint")
    return joined(*(part for part in (skipped, hint) if part is not None))
