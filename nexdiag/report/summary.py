"""What a report says in one line and in numbers: verdicts and counts, as facts that every format words alike.

Law: what was not checked, torn or left out never turns into a pass.
"""

import msgspec

from nexdiag.core.finding import Finding, Severity
from nexdiag.core.run import Report, Run
from nexdiag.core.turn import LogLine
from nexdiag.report.turns import ExchangeFacts, TurnFacts, turn_facts
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count, seconds, turn_title

ICONS = {
    "passed": "✓",
    "failed": "✗",
    "warned": "▲",
    "differs": "≠",
    "torn": "⌇",
    "empty": "∅",
    "exact": "✓",
    "changed": "≠",
    "missing": "-",
    "extra": "+",
    Severity.ERROR: "✗",
    Severity.WARNING: "▲",
    Severity.INFO: "●",
}
"""A sign for each verdict, severity and outcome of a replayed turn; the word always stands beside it."""
_NEAR = 1.0
NO_TIME = 1e11
"""Beyond the year 5000 a clock was wrong; one such moment must not stretch the scale of all others."""
_LOUD = ("ERROR", "FATAL", "WARN")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """How a run went: `word` is a key of `ICONS`, `sentence` says why."""

    word: str
    sentence: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much there was."""

    turns: int = 0
    exchanges: int = 0
    retries: int = 0
    messages: int = 0
    """In the longest request."""
    chunks: int = 0
    log_lines: int = 0
    tool_runs: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    errors: int = 0
    warnings: int = 0
    infos: int = 0
    errors_logged: int = 0
    """Errors in the log that was recorded beside the exchanges."""
    unmet: int = 0
    """Expectations that did not hold when it was recorded."""
    differences: int = 0
    duration: float = 0.0
    """Seconds from the first to the last recorded moment."""


class RunFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One run, read once for every format."""

    run: Run
    turns: tuple[TurnFacts, ...]
    counts: Counts
    verdict: Verdict
    began: float
    """Unix time of the first recorded moment: where the one clock starts."""

    exchanges: dict[int, ExchangeFacts]
    """All exchanges by id."""

    def exchange(self, number: int | None) -> ExchangeFacts | None:
        """The exchange with that id."""
        return self.exchanges.get(number) if number is not None else None

    @property
    def cause(self) -> Finding | None:
        """The finding that explains the run: the first that is no mere remark; one in a turn before an aside."""
        return next(iter(_weighty(self.run, self.turns)), None)

    @property
    def weighs(self) -> bool:
        """Whether a command that reports it fails: something of weight was found, logged, or expected in vain."""
        return self.cause is not None or bool(self.counts.errors_logged or self.counts.unmet)

    def log_near(self, finding: Finding) -> LogLine | None:
        """The loudest log line during the finding's exchange or just after it."""
        facts = self.exchange(finding.location.exchange)
        if facts is None:
            return None
        start = facts.exchange.started
        near = [line for line in _log(self) if start <= line.at <= start + facts.exchange.duration + _NEAR]
        return next((line for line in near if line.level in _LOUD), None)


def _weighty(run: Run, turns: tuple[TurnFacts, ...]) -> list[Finding]:
    """The findings that are no mere remarks, those in an exchange outside all turns behind the others."""
    asides = (finding for turn in turns if turn.number is None for finding in turn.findings)
    aside = {id(finding) for finding in asides if finding.location.exchange is not None}
    weighty = [finding for finding in run.findings if finding.severity is not Severity.INFO]
    return sorted(weighty, key=lambda finding: id(finding) in aside)


def _log(facts: RunFacts) -> tuple[LogLine, ...]:
    return tuple(line for turn in facts.turns for line in turn.log)


def run_facts(run: Run) -> RunFacts:
    """All facts of a run."""
    turns = turn_facts(run)
    moments = [moment for turn in turns for moment in _moments(turn)]
    began = min(moments, default=run.cassette.header.created)
    counts = _counts(run, turns, max(moments, default=began) - began)
    exchanges = {facts.exchange.id: facts for turn in turns for facts in turn.exchanges}
    return RunFacts(run=run, turns=turns, counts=counts, verdict=verdict(run, turns), began=began, exchanges=exchanges)


def _moments(turn: TurnFacts) -> list[float]:
    moments = [line.at for line in turn.log]
    for facts in turn.exchanges:
        moments += [facts.exchange.started, facts.exchange.started + facts.exchange.duration]
    for tool in turn.tool_runs:
        moments += [tool.started, tool.started + tool.duration]
    moments += [turn.started, turn.started + turn.duration]
    return [moment for moment in moments if 0 < moment < NO_TIME]  # NaN is neither


def _counts(run: Run, turns: tuple[TurnFacts, ...], duration: float) -> Counts:
    exchanges = [facts for turn in turns for facts in turn.exchanges]
    severities = [finding.severity for finding in run.findings]
    return Counts(
        turns=sum(turn.number is not None for turn in turns),
        exchanges=len(exchanges),
        retries=sum(facts.exchange.attempt > 1 for facts in exchanges),
        messages=max((facts.messages or 0 for facts in exchanges), default=0),
        chunks=sum(facts.chunks for facts in exchanges if facts.streamed),
        log_lines=sum(len(turn.log) for turn in turns),
        tool_runs=sum(len(turn.tool_runs) for turn in turns),
        input_tokens=sum(facts.answer.usage.input_tokens for facts in exchanges),
        output_tokens=sum(facts.answer.usage.output_tokens for facts in exchanges),
        errors=severities.count(Severity.ERROR),
        warnings=severities.count(Severity.WARNING),
        infos=severities.count(Severity.INFO),
        errors_logged=sum(len(turn.errors) for turn in turns),
        unmet=sum(len(turn.unmet) for turn in turns),
        differences=len(run.differences),
        duration=duration,
    )


def verdict(run: Run, turns: tuple[TurnFacts, ...]) -> Verdict:
    """How the run went, the worst first."""
    numbered = [turn for turn in turns if turn.number is not None]
    failed = [turn for turn in numbered if turn.outcome == "failed"]
    weighty = _weighty(run, turns)
    errors = [finding for finding in weighty if finding.severity is Severity.ERROR]
    broken = [turn for turn in turns if turn.unmet]
    if failed or errors or broken:
        why = _failed(numbered, failed, errors) if failed or errors else _not_as_expected(broken, len(numbered))
        return Verdict(word="failed", sentence=why)
    if not turns:
        return Verdict(word="empty", sentence="nothing was recorded")
    logged = sum(len(turn.errors) for turn in turns)
    told = f"; {count(logged, 'error')} logged" if logged else ""
    if run.cassette.tear:
        return Verdict(word="torn", sentence=f"read as far as it goes: {count(len(numbered), 'turn')}{told}")
    open_turns = [turn for turn in numbered if turn.outcome != "answered"]
    answered = count(len(numbered) - len(open_turns), "turn") + " answered"
    rest = f", {open_turns[0].title} {open_turns[0].outcome}" if open_turns else ""
    differing = _differing(run)
    if differing:
        return Verdict(word="differs", sentence=f"{answered}{rest}; {differing}{told}")
    if weighty or open_turns or logged:
        found = f"; {count(len(weighty), 'warning')}" if weighty else ""
        return Verdict(word="warned", sentence=f"{answered}{rest}{found}{told}")
    return Verdict(word="passed", sentence=f"{answered}, no findings of weight")


def _not_as_expected(broken: list[TurnFacts], turns: int) -> str:
    first = broken[0]
    where = f"{first.title} of {turns}" if first.number is not None else "what stands outside turns"
    more = sum(len(turn.unmet) for turn in broken) - 1
    return f"{where} was not as expected: {one_line(first.unmet[0])}" + (f", and {more} more" if more else "")


def _differing(run: Run) -> str:
    """Where the replay left the recording; empty if it did not."""
    if run.differences:
        return count(len(run.differences), "difference")
    changed = [turn for turn in run.replayed if turn.outcome != "exact"]
    return f"{turn_title(changed[0].session, changed[0].number)} {changed[0].outcome} in replay" if changed else ""


def _failed(turns: list[TurnFacts], failed: list[TurnFacts], errors: list[Finding]) -> str:
    where = "every turn was answered, yet" if turns else "found"
    if failed:
        of = f" of {len(turns)}" if (failed[0].number or 0) <= len(turns) else ""  # where only one turn is shown
        where = f"{failed[0].title}{of} failed"
        if len(failed) > 1:
            where = f"{len(failed)} of {len(turns)} turns failed, {failed[0].title} first"
    if not errors:
        return f"{where}, and no rule explains it"
    return f"{where}{':' if failed else ''} {errors[0].code} {errors[0].rule}"


def refusal_phrase(facts: RunFacts, finding: Finding) -> str:
    """`refused by llama.cpp after 4 ms`, where the recorded answer did; else empty."""
    if not finding.refused:
        return ""
    seen = facts.exchange(finding.location.exchange)
    after = f" after {seconds(seen.exchange.duration)}" if seen and seen.exchange.duration else ""
    return f"refused by {facts.run.profile or 'the server'}{after}"


def headline(report: Report, runs: tuple[RunFacts, ...]) -> Verdict:
    """The verdict over all runs of a report. A run that is expected to fail, and does, is counted apart."""
    if not runs:
        return Verdict(word="empty", sentence="no runs")
    if len(runs) == 1:
        return runs[0].verdict
    shown = [facts for facts in runs if facts.run.expected and facts.verdict.word == "failed" and facts.run.findings]
    words = [facts.verdict.word for facts in runs if facts not in shown]
    if not words:
        return Verdict(word="failed", sentence=f"{count(len(shown), 'fault')} shown, each as expected")
    worst = next(word for word in ("failed", "torn", "differs", "warned", "empty", "passed") if word in words)
    parts = [f"{words.count('passed')} of {count(len(words), 'run')} passed"]
    parts += [
        f"{words.count(word)} {word}" for word in ("failed", "torn", "differs", "warned", "empty") if word in words
    ]
    parts += [count(len(shown), "fault") + " shown on purpose, each found"] if shown else []
    parts += [count(len(report.unchecked), "check") + " skipped"] if report.unchecked else []
    return Verdict(word=worst, sentence=", ".join(parts))
