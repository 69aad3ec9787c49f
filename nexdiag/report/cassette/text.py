"""A recording as lines that a person reads, and that git compares: what was said, sent anew, answered and run.

Law: the same recording gives the same lines; without times and ids, so does one that was recorded again and came out
the same. Nothing of substance is left out or cut.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import LogLine, ToolRun, Turn
from nexdiag.report.answers import Answer, answer
from nexdiag.report.cassette.adding import Adding, addings
from nexdiag.report.cassette.answered import answer_lines, message_lines
from nexdiag.report.cassette.entry import block, call_lines, compact, entry_lines, flat
from nexdiag.report.cassette.heading import heading
from nexdiag.report.visible import one_line, visible
from nexdiag.report.wording import count, seconds, time_of_day

_WIDEST = 100_000
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "⟨time⟩"),
    (re.compile(r"(?<![\w.,])\d++(?:[.,]\d++)*+ ?(?:s|ms|µs|us|ns|min|seconds?|tokens?/s|t/s|tok/s)\b"), "⟨time⟩"),
    (re.compile(r"(?i)\b(pid|port)([ =:]+)\d+"), r"\1\2⟨n⟩"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+|(?<=localhost:)\d+|(?<=\[::1\]:)\d+"), "⟨n⟩"),
    (re.compile(r"(?<![\w-])(?=[0-9a-f-]*\d)(?=[0-9a-f-]*[a-f])[0-9a-f]{8}[0-9a-f-]*+(?!\w)"), "⟨id⟩"),
    (re.compile(r"\b(?:call|chatcmpl|resp|msg|req|run|toolu)[-_][A-Za-z0-9_-]{6,}"), "⟨id⟩"),
)
"""What differs in a log line from run to run, and what stands for it. Each begins where nothing like it stands before:
a line of a million such signs is walked once."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What of a recording to show."""

    times: bool = True
    ids: bool = True
    """Numbers of exchanges, ids of calls, names of sessions, and the log as it was."""
    log: bool = True
    turn: int | None = None
    """This turn alone, of every session."""


def text(cassette: Cassette, view: View, faults: Iterable[str] = ()) -> str:
    """The whole text; `faults` tells what of the file could not be read."""
    return "".join(f"{line}\n" for line in _lines(cassette, view, faults))


def _lines(cassette: Cassette, view: View, faults: Iterable[str]) -> Iterator[str]:
    if view.turn is None:
        said = {turn.said for turn in cassette.turns}
        yield from heading(cassette.header, said, times=view.times, ids=view.ids)
    if cassette.tear:
        yield f"! {one_line(cassette.tear, _WIDEST)}"
    yield from (f"! {one_line(fault, _WIDEST)}" for fault in faults)
    teller = _Teller(view, addings(cassette.exchanges))
    sessions: dict[str, list[Turn]] = {}
    for turn in cassette.turns:
        sessions.setdefault(turn.session, []).append(turn)
    for number, (session, turns) in enumerate(sessions.items(), start=1):
        if len(sessions) > 1:
            yield from ("", f"session {flat(session) if view.ids and session else number}")
        for turn in turns:
            if view.turn in (None, turn.number):
                yield from teller.turn(turn)
    if view.turn is None:
        yield from teller.aside(cassette)


class _Teller:
    """Tells turn after turn; remembers what was shown last, so that it need not be shown twice."""

    def __init__(self, view: View, adding: dict[int, Adding]) -> None:
        self._view = view
        self._adding = adding
        self._answers: dict[str, tuple[Answer, tuple[str, ...]]] = {}
        """The newest answer of each session, and how a request would send it back."""

    def turn(self, turn: Turn) -> Iterator[str]:
        """One turn and all that belongs to it."""
        took = f" · {seconds(turn.duration)}" if self._view.times and turn.duration else ""
        yield from ("", f"turn {turn.number} · {flat(turn.outcome)}{took}")
        if turn.said:
            yield from (" said", *(f" {line}" for line in block(turn.said)))
        yield from self._happened(turn.exchanges, turn.tool_runs, turn.said)
        last = self._answers.get(turn.session)
        if turn.error is not None:
            yield f" ! {one_line(self._steady(turn.error), _WIDEST)}"
        if turn.reply is not None and (last is None or last[0].text != turn.reply):
            yield from (" reply", *(f" {line}" for line in block(turn.reply)))
        yield from self._log(turn.log)

    def aside(self, cassette: Cassette) -> Iterator[str]:
        """What belongs to no turn that the recording tells of."""
        exchanges = {exchange.id for turn in cassette.turns for exchange in turn.exchanges}
        runs = {id(run) for turn in cassette.turns for run in turn.tool_runs}
        lines = {id(line) for turn in cassette.turns for line in turn.log}
        other = [exchange for exchange in cassette.exchanges if exchange.id not in exchanges]
        told = [
            *self._happened(other, [run for run in cassette.tool_runs if id(run) not in runs]),
            *self._log([line for line in cassette.log if id(line) not in lines]),
        ]
        if told:
            yield from ("", "outside any turn", *told)

    def _happened(self, exchanges: Iterable[Exchange], runs: Iterable[ToolRun], said: str = "") -> Iterator[str]:
        """Exchanges and tool runs in the order in which they began."""
        moments: list[tuple[float, int, int, Exchange | ToolRun]]
        moments = [(one.started, 0, order, one) for order, one in enumerate(exchanges)]
        moments += [(run.started, 1, order, run) for order, run in enumerate(runs)]
        told = {("user", *block(said))} if said else set()
        for *_, one in sorted(moments, key=lambda moment: moment[:3]):
            if isinstance(one, ToolRun):
                told |= _outputs(one)
                yield from (f" {line}" for line in self._tool(one))
            else:
                yield from (f" {line}" for line in self._exchange(one, told))

    def _exchange(self, exchange: Exchange, told: set[tuple[str, ...]]) -> Iterator[str]:
        view, adding, request = self._view, self._adding[exchange.id], exchange.request
        number = f"exchange {exchange.id}  " if view.ids else ""
        status = exchange.response.status if exchange.response else "no response"
        again = f" · attempt {exchange.attempt}" if exchange.attempt > 1 else ""
        first = exchange.response.first_byte if exchange.response else 0.0
        took = f" · first byte {seconds(first)} · {seconds(exchange.duration)}" if view.times else ""
        yield flat(f"{number}{request.method} {request.path} → {status}{again}{took}")
        yield from (f"  {line}" for line in adding.parameters)
        yield from (f"  {line}" for line in self._added(adding, told))
        if request.body.raw and not adding.messages:
            yield from (f"  {line}" for line in block(request.body.raw.decode("utf-8", "backslashreplace")))
        came = answer(exchange)
        lines = answer_lines(exchange, came, ids=view.ids)
        yield from (f"  {line if view.ids or line[0] != '!' else self._steady(line)}" for line in lines)
        if came.message is not None:
            self._answers[exchange.session] = came, tuple(message_lines(came.message))

    def _added(self, adding: Adding, told: set[tuple[str, ...]]) -> Iterator[str]:
        if adding.kept > adding.before:
            yield f"begins with {count(adding.kept, 'message')} that an earlier request sent"
        elif adding.messages and adding.kept < adding.before and (adding.kept or adding.exchange.turn is not None):
            yield f"keeps {adding.kept} of {count(adding.before, 'message')} before"
        if adding.messages and not adding.added:
            yield "adds no message"
        last = self._answers.get(adding.exchange.session)
        for link in adding.added:
            lines = entry_lines(link.raw)  # with ids: another id than was given is no repetition
            if last is not None and tuple(lines) == last[1]:
                yield f"+ {lines[0]}, the answer above"
            elif tuple(lines) in told:
                yield f"+ {lines[0]}, as above"
            else:
                shown = lines if self._view.ids else entry_lines(link.raw, ids=False)
                yield from (f"+ {shown[0]}", *shown[1:])

    def _tool(self, run: ToolRun) -> Iterator[str]:
        title, *rest = call_lines(run.name, run.arguments)
        failed = " · failed" if run.is_error else ""
        took = f" · {seconds(run.duration)}" if self._view.times else ""
        call = f"   ({flat(run.call_id)})" if self._view.ids and run.call_id else ""
        yield f"ran{title.removeprefix('  calls')}{failed}{took}{call}"
        yield from (*rest, *block(run.output))

    def _log(self, lines: Iterable[LogLine]) -> Iterator[str]:
        if not self._view.log:
            return
        for line in _by_time(lines):
            source = "" if line.source == "daemon" else f" {flat(line.source)}"
            first, *more = visible(self._steady(line.text)).split("\n")
            at = f" {time_of_day(line.at)}" if self._view.times else ""
            yield f" log{at}{source} {flat(line.level or '-')} {first}"
            yield from (f"   | {rest}" for rest in more)

    def _steady(self, told: str) -> str:
        """The text without what differs from run to run, where ids are not wanted."""
        if not self._view.ids:
            for pattern, instead in _CHANGING:
                told = pattern.sub(instead, told)
        return told


def _by_time(lines: Iterable[LogLine]) -> list[LogLine]:
    """The lines of all sources as they were written; one without a time after the line that it follows."""
    latest = 0.0
    placed: list[tuple[float, LogLine]] = []
    for line in lines:
        latest = line.at or latest
        placed.append((latest, line))
    return [line for _, line in sorted(placed, key=lambda one: one[0])]


def _outputs(run: ToolRun) -> set[tuple[str, ...]]:
    """How the output of a tool that was shown comes back in a request, on any wire."""
    output, call = block(run.output), compact(run.call_id)
    return {
        ("tool", *output, f"  tool_call_id: {call}"),
        ("function_call_output", *output, f"  call_id: {call}"),
    }
