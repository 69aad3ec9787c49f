"""Report → terminal: for each run verdict, cause, fix, timeline, the rest, and how to see it again; alone with rich.

Law: recorded text enters as `Text` and never as markup, and passes `visible` first, so that it can neither style nor
steer the terminal. Signs carry the meaning; colour only repeats it.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from nexdiag.core.cassette import SUFFIX
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding, Severity
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Report
from nexdiag.report.json import as_text
from nexdiag.report.logged import gist
from nexdiag.report.messages import glimpse
from nexdiag.report.repro import again
from nexdiag.report.sparks import grown
from nexdiag.report.summary import ICONS, RunFacts, headline, refusal_phrase, run_facts
from nexdiag.report.turns import ExchangeFacts, TurnFacts
from nexdiag.report.visible import both_ends, cut, one_line
from nexdiag.report.wording import count, date, seconds, time_of_day, tokens, turn_title

_STYLES = {
    "passed": "green",
    "failed": "bold red",
    "warned": "yellow",
    "differs": "magenta",
    "torn": "yellow",
    "empty": "dim",
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFO: "cyan",
}
_LABEL = 11
_NARROWEST = 20
_DEEPEST = 15
"""Columns before the words of the timeline's deepest lines."""
_INDENT = 20
"""The same, with the signs around those words."""
_SHOWN_TURNS = 40
_SHOWN_TROUBLED = 20
_EDGE = 3
_SHOWN_FINDINGS = 20
_SHOWN_DIFFERENCES = 20
_SHOWN_ERRORS = 5
_BAR = 8
_LONGEST_NAME = 1000
_WIDE = 100
"""Columns from which an exchange stands on one line."""


def render(report: Report, console: Console, *, every: bool = False) -> None:
    """Print the report; with `every` no turn is left out, and no finding."""
    runs = tuple(run_facts(run) for run in report.runs)
    for facts in runs:
        _run(facts, console, every=every)
    if len(runs) != 1:
        verdict = headline(report, runs)
        console.print(_line("  ", (f"{ICONS[verdict.word]} {verdict.sentence}", _STYLES[verdict.word])))
    for reason in report.unchecked:
        console.print(_indented(Text(f"not checked: {one_line(reason, 400)}", style="dim"), 2))


def _run(facts: RunFacts, console: Console, *, every: bool) -> None:
    verdict, header = facts.verdict, facts.run.cassette.header
    title = _line("", (f"{ICONS[verdict.word]} {one_line(facts.run.name, 60)}", _STYLES[verdict.word]), "  ")
    title.append(one_line(verdict.sentence, 300))
    console.print(_indented(title, 2))
    where = (facts.run.profile, header.model, header.origin, date(header.created))
    console.print(_indented(_clipped(Text(" · ".join(one_line(part, 80) for part in where if part), style="dim"))))
    if facts.run.expected:
        console.print(_indented(Text(f"here because: {one_line(facts.run.expected)}", style="dim")))
    console.print()
    if facts.cause is not None:
        _cause(facts, facts.cause, console)
    _timeline(facts, console, every=every)
    _findings(facts, console, every=every)
    _replayed(facts.run.replayed, console)
    _differences(facts.run.differences, console)
    if facts.run.cassette.tear:
        _labelled(console, "TEAR", Text(cut(facts.run.cassette.tear)))
    _again(facts, console)
    console.print()


def _labelled(console: Console, label: str, *contents: Text) -> None:
    """Lines beside a label; the label stands at the first."""
    width = max(console.width - _LABEL - 2, _NARROWEST)
    lines = [line for content in contents for line in content.wrap(console, width, overflow=content.overflow or "fold")]
    for place, line in enumerate(lines):
        line.rstrip()
        head = Text(f"  {label if place == 0 else '':<{_LABEL}}", style="bold")
        console.print(_line(head, line), soft_wrap=True)


def _line(*parts: str | Text | tuple[str, str]) -> Text:
    return Text.assemble(*parts)


def _clipped(text: Text) -> Text:
    """The text on one line, whatever the width."""
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _indented(text: Text, by: int = 4) -> Padding:
    return Padding(text, (0, 0, 0, by), expand=False)


def _cause(facts: RunFacts, finding: Finding, console: Console) -> None:
    """The cause with what a reader can check, and the fix."""
    refused = refusal_phrase(facts, finding)
    title = _name(finding)
    if refused:
        title.append(f" · {one_line(refused)}", style="dim")
    lines = [title, Text(_place(finding))]
    lines += list(_messages_around(facts, finding))
    if finding.server_words:
        lines.append(_line(("server  ", "dim"), f'"{both_ends(finding.server_words, 240)}"'))
    near = facts.log_near(finding)
    if near is not None:
        lines.append(_clipped(_line(("log     ", "dim"), f"{time_of_day(near.at)} {one_line(near.text, 300)}")))
    lines.append(Text(cut(finding.summary)))
    if finding.origin is not None:
        lines.append(_line(("written by  ", "dim"), str(finding.origin)))
    _labelled(console, "CAUSE", *lines)
    if finding.fix:
        _labelled(console, "FIX", Text(cut(finding.fix), style="green"))


def _again(facts: RunFacts, console: Console) -> None:
    """How to see a failure again. The commands are never broken: they are copied."""
    file, cause = facts.run.cassette.name, facts.cause
    failed = next((turn for turn in facts.turns if turn.number is not None and turn.outcome == "failed"), None)
    number = cause.location.turn if cause is not None else None
    session = cause.location.session if cause is not None else ""
    if number is None and failed is not None:
        number, session = failed.number, failed.session
    if number is None or not file.endswith(SUFFIX) or one_line(file, _LONGEST_NAME) != file:
        return
    label = "  REPRO".ljust(_LABEL + 2)
    for line in again(facts, shlex.quote(file), number, session):
        console.print(_line((label, "bold"), line), soft_wrap=True)
        label = " " * len(label)


def _name(finding: Finding) -> Text:
    icon, severity = ICONS.get(finding.severity, "●"), one_line(str(finding.severity), 20)
    style = _STYLES.get(finding.severity, "")
    return _line((f"{icon} {severity} ", style), (f"{one_line(finding.code, 12)} {one_line(finding.rule, 60)}", "bold"))


def _place(finding: Finding) -> str:
    return one_line(str(finding.location), 300) or "in the whole recording"


def _messages_around(facts: RunFacts, finding: Finding) -> Iterator[Text]:
    """The message that has to change between its neighbours, with roles and shortened text."""
    index = finding.location.message_index
    seen = facts.exchange(finding.location.exchange)
    if index is None or seen is None or seen.last is None:
        return
    for depth in range(max(index, 1), index + 3):
        link = seen.last.at(depth)
        if link is None or link.depth != depth:
            continue
        message = glimpse(link.raw)
        mark = "▸" if depth == index + 1 else " "
        text = _line(f"{mark} {depth - 1:>3}  ", (f"{one_line(message.role, 12):<10} ", "bold"))
        text.append(f'"{one_line(message.text, 120)}"' if message.text else "")
        text.append(f" → {one_line(', '.join(message.calls), 80)}" if message.calls else "")
        yield _clipped(text)


def _timeline(facts: RunFacts, console: Console, *, every: bool) -> None:
    """One line per turn, one or two per exchange; of a long run what is quiet is folded, and what goes on failing."""
    longest = max((seen.exchange.duration for seen in facts.exchanges.values()), default=0.0)
    lines: list[Text] = []
    seen = {facts.cause.server_words} if facts.cause is not None and facts.cause.server_words else set[str]()
    shown = set(range(len(facts.turns))) if every else set(_shown(facts.turns))
    hidden: list[TurnFacts] = []
    for place, turn in enumerate(facts.turns):
        if place not in shown:
            hidden.append(turn)
            continue
        if hidden:
            lines.append(_hidden(hidden))
            hidden = []
        lines += _turn(turn, longest, max(console.width - _INDENT, 2 * _NARROWEST), seen)
    if hidden:
        lines.append(_hidden(hidden))
    _labelled(console, "TIMELINE", Text(_numbers(facts), style="dim"))
    for line in lines:
        _timed(line, console)
    spent = [seen.answer.usage.input_tokens for seen in facts.exchanges.values()]
    told = grown(spent, max(console.width - _LABEL - 2, _NARROWEST))
    if told:
        _labelled(console, "TOKENS", _clipped(Text(told)))


def _timed(line: Text, console: Console) -> None:
    """A line of the timeline: clipped, but for a refusal, which is told to its end."""
    if not line.overflow:
        console.print(_indented(_clipped(line)))
        return
    for row in line.wrap(console, max(console.width - _DEEPEST, _NARROWEST), overflow="fold"):
        row.rstrip()
        console.print(_line(" " * _DEEPEST, row), soft_wrap=True)


def _shown(turns: Sequence[TurnFacts]) -> Iterator[int]:
    """The places of the turns that are shown: all of a short run; of a long one its edges and its first troubles."""
    troubled = 0
    for place, turn in enumerate(turns):
        edge = place < _EDGE or place >= len(turns) - _EDGE
        troubled += (trouble := _troubled(turn))
        if len(turns) <= _SHOWN_TURNS or edge or (trouble and troubled <= _SHOWN_TROUBLED):
            yield place


def _troubled(turn: TurnFacts) -> bool:
    return turn.outcome != "answered" or bool(turn.findings or turn.errors or turn.unmet)


def _hidden(turns: Sequence[TurnFacts]) -> Text:
    troubled = sum(map(_troubled, turns))
    quiet = count(len(turns) - troubled, "answered turn") + " without findings" if len(turns) > troubled else ""
    more = f"{count(troubled, 'more turn')} that failed or hold findings (all: --all)" if troubled else ""
    return Text(f"… {' and '.join(told for told in (quiet, more) if told)} not shown", style="dim")


def _numbers(facts: RunFacts) -> str:
    counts = facts.counts
    spent = f"{tokens(counts.input_tokens)} + {tokens(counts.output_tokens)} tokens"
    parts = [
        count(counts.turns, "turn"),
        count(counts.exchanges, "exchange"),
        spent if counts.input_tokens or counts.output_tokens else "",
        count(counts.log_lines, "log line") if counts.log_lines else "no log lines",
        seconds(counts.duration) if counts.duration else "",
    ]
    return " · ".join(part for part in parts if part)


def _turn(turn: TurnFacts, longest: float, width: int, seen: set[str]) -> Iterator[Text]:
    """One turn; `seen` are the refusals that were told above: none is told twice."""
    name = turn.title
    failed = turn.outcome == "failed"
    icon = "✗" if failed else "✓" if turn.outcome == "answered" else "·"
    style = "bold red" if failed else "bold"
    head = _line((f"{icon} {name}", style), f"  {one_line(turn.outcome, 16)}  " if turn.outcome else "  ")
    head.append(f"{seconds(turn.duration)}  " if turn.duration else "", style="dim")
    head.append(f'"{one_line(turn.said, 60)}"' if turn.said else "")
    yield head
    for facts in turn.exchanges:
        yield from _exchange(facts, longest, width, seen)
    if turn.error and not any(one.answer.refusal and one.answer.refusal in turn.error for one in turn.exchanges):
        yield _line("  ", (f"✗ {both_ends(turn.error, width)}", "red"))
    yield from _logged(turn, width)


def _logged(turn: TurnFacts, width: int) -> Iterator[Text]:
    """The errors of its log, and what was expected and did not hold: each on a line, a long list is cut."""
    for text in turn.unmet:
        yield _line("  ", (f"✗ expected: {one_line(text, 300)}", "red"))
    for line in turn.errors[:_SHOWN_ERRORS]:
        who = f"{one_line(line.level or 'traceback', 16)} {one_line(line.source, 40)}"
        when = time_of_day(line.at)
        told = gist(line, max(width - len(who) - len(when), 2 * _NARROWEST))
        yield _line("  ", (f"✗ {who}  ", "red"), (f"{when}  ", "dim"), told)
    if len(turn.errors) > _SHOWN_ERRORS:
        yield Text(f"  … {count(len(turn.errors) - _SHOWN_ERRORS, 'more error')} logged", style="dim")


def _exchange(facts: ExchangeFacts, longest: float, width: int, seen: set[str]) -> Iterator[Text]:
    exchange, found = facts.exchange, facts.answer
    failed = found.refusal is not None
    again = f" (try {exchange.attempt})" if exchange.attempt > 1 else ""
    status = str(facts.status) if facts.status is not None else "no answer"
    line = _line("  ", (_bar(exchange.duration, longest, failed), "red" if failed else "cyan"), " ")
    line.append(f"{one_line(exchange.request.method, 8)} {one_line(exchange.request.path, 40)}{again}")
    line.append(f"  {status}", style="red" if failed else "green")
    numbers = _measured(facts)
    if width + _INDENT >= _WIDE:
        yield _line(line, "  ", numbers)
    else:
        yield line
        yield _line("           ", numbers)
    if found.refusal is not None:
        told = f'"{both_ends(found.refusal, 2 * width)}"' if found.refusal not in seen else "refused in the words above"
        seen.add(found.refusal)
        yield Text(f"✗ {told}", "red", overflow="fold")
    elif not found.complete:
        yield _line("           ", ("✗ the stream broke off before its end", "red"))


def _measured(facts: ExchangeFacts) -> Text:
    """How much there was, how long it took, and which tools were called."""
    exchange = facts.exchange
    waited = f"first byte {seconds(facts.first_byte)}" if exchange.response and facts.first_byte else ""
    numbers = (
        f"{count(facts.messages, 'message')}" if facts.messages is not None else "",
        count(facts.chunks, "chunk") if facts.streamed else "",
        waited,
        f"whole {seconds(exchange.duration)}" if exchange.duration else "",  # one that was imported may have no times
    )
    calls = one_line(", ".join(facts.answer.calls), 60)
    return _line(("  ".join(number for number in numbers if number), "dim"), f"  → {calls}" if calls else "")


def _bar(duration: float, longest: float, failed: bool) -> str:
    """A bar of the exchange's share of the longest one; a failed one is marked."""
    share = duration / longest if longest > 0 else 0.0
    filled = max(1, round(share * _BAR)) if share > 0 else 0
    return ("▇" * min(filled, _BAR - failed) + "✗" * failed).ljust(_BAR)


def _findings(facts: RunFacts, console: Console, *, every: bool) -> None:
    """All findings but the cause, which stands above."""
    rest = [finding for finding in facts.run.findings if finding is not facts.cause]
    lines: list[Text] = []
    most = len(rest) if every else _SHOWN_FINDINGS
    for finding in rest[:most]:
        again = f"  (and in {count(finding.repeats, 'later exchange')})" if finding.repeats else ""
        lines.append(_name(finding))
        lines.append(Text(f"{_place(finding)}{again}", style="dim"))
        lines.append(Text(cut(finding.summary, 400)))
        lines += [Text(f"written by {finding.origin}")] if finding.origin is not None else []
        lines += [_line(("fix: ", "green"), cut(finding.fix, 400))] if finding.fix else []
    if len(rest) > most:
        lines.append(Text(f"… {count(len(rest) - most, 'more finding')} not shown (all: --all)", style="dim"))
    if lines:
        _labelled(console, "ALSO" if facts.cause else "FINDINGS", *lines)


def _replayed(turns: Sequence[TurnVerdict], console: Console) -> None:
    """How each turn of a rerun came out; the exact ones are counted."""
    exact = sum(turn.outcome == "exact" for turn in turns)
    lines = [Text(f"✓ {count(exact, 'turn')} exact", style="green")] if exact else []
    changed = [turn for turn in turns if turn.outcome != "exact"]
    for turn in changed[:_SHOWN_DIFFERENCES]:
        lines.append(
            Text(
                f"{ICONS.get(turn.outcome, '●')} {turn_title(turn.session, turn.number)} {one_line(turn.outcome, 16)}",
                "magenta",
            )
        )
        lines += [Text(cut(turn.note, 400))] if turn.note else []
        lines += [_difference(difference) for difference in turn.differences[:_SHOWN_DIFFERENCES]]
    if len(changed) > _SHOWN_DIFFERENCES:
        lines.append(Text(f"… {count(len(changed) - _SHOWN_DIFFERENCES, 'more turn')} not shown", style="dim"))
    if lines:
        _labelled(console, "REPLAY", *lines)


def _differences(differences: Iterable[Difference], console: Console) -> None:
    """Replay against recording: one place a line."""
    listed = list(differences)
    lines = [_difference(difference) for difference in listed[:_SHOWN_DIFFERENCES]]
    if len(listed) > _SHOWN_DIFFERENCES:
        lines.append(Text(f"… {count(len(listed) - _SHOWN_DIFFERENCES, 'more difference')} not shown", style="dim"))
    if lines:
        _labelled(console, "DIFFERS", *lines)


def _difference(difference: Difference) -> Text:
    turn = f"{turn_title(difference.session, difference.turn)}  " if difference.turn is not None else ""
    text = _line((turn, "dim"), one_line(difference.pointer or "/", 120))
    if difference.right_pointer not in (None, difference.pointer):
        text.append(f" ⇄ {one_line(difference.right_pointer or '/', 120)}")
    if difference.kind != "added":
        text.append(f"\n  - {one_line(as_text(difference.left), 200)}", style="red")
    if difference.kind != "removed":
        text.append(f"\n  + {one_line(as_text(difference.right), 200)}", style="green")
    return text
