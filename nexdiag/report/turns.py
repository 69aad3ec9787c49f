"""The exchanges, log lines and findings of a run sorted by turn, each with the facts that every format shows.

Law: facts only, computed once per run; the formats word them.
"""

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from nexdiag.core.body import Link
from nexdiag.core.exchange import Exchange
from nexdiag.core.finding import Finding, Location
from nexdiag.core.run import Run
from nexdiag.core.turn import LogLine, ToolRun, Turn
from nexdiag.report import logged
from nexdiag.report.answers import Answer, answer
from nexdiag.report.messages import glimpse, last_message, shared_depth
from nexdiag.report.wording import turn_title

_Entry = TypeVar("_Entry")
_NO_WORD = re.compile(r"\W")
Key = tuple[str, int]
"""A turn: its session and its number."""


class ExchangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange, read and counted."""

    exchange: Exchange
    answer: Answer
    last: Link | None = None
    """The last message it sent."""
    kept: int = 0
    """How many leading messages the request before it had sent already."""
    dropped: int = 0
    """How many messages of the request before it are gone or rewritten."""

    @property
    def messages(self) -> int | None:
        """How many messages it sent; None if it sends no conversation."""
        return self.last.depth if self.last else None

    @property
    def status(self) -> int | None:
        """The HTTP status; None if no response came."""
        return self.exchange.response.status if self.exchange.response else None

    @property
    def chunks(self) -> int:
        """How many pieces the response came in."""
        return len(self.exchange.response.chunks) if self.exchange.response else 0

    @property
    def streamed(self) -> bool:
        """Whether the response is an event stream."""
        return self.exchange.response is not None and self.exchange.response.streamed

    @property
    def first_byte(self) -> float:
        """Seconds to the response head; the whole duration if none came."""
        return self.exchange.response.first_byte if self.exchange.response else self.exchange.duration


class _Share(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to one turn."""

    exchanges: tuple[ExchangeFacts, ...]
    log: tuple[LogLine, ...]
    tool_runs: tuple[ToolRun, ...]
    findings: tuple[Finding, ...]


class TurnFacts(_Share, frozen=True, kw_only=True):
    """One turn with all that belongs to it. `number` None gathers what belongs to no turn."""

    number: int | None
    session: str
    said: str
    reply: str | None
    outcome: str
    error: str | None
    started: float
    duration: float

    @property
    def title(self) -> str:
        """`turn 2`, or `session 3, turn 2` where the recording holds several."""
        if self.number is None:
            return "outside turns"
        return turn_title(self.session, self.number)

    @property
    def errors(self) -> tuple[LogLine, ...]:
        """What its log tells as an error, but for the line that tells that it failed: `error` says that."""
        failed = f"Turn {self.number} failed" if self.outcome == "failed" else None
        return tuple(line for line in logged.errors(self.log) if failed is None or not line.text.startswith(failed))

    @property
    def unmet(self) -> tuple[str, ...]:
        """What was expected of it, when it was recorded, and did not hold."""
        return logged.unmet(self.log)

    @property
    def key(self) -> str:
        """By which links name it: `2`, `3.2` in session 3, or `none`."""
        if self.number is None:
            return "none"
        return f"{_NO_WORD.sub('_', self.session)}.{self.number}" if self.session else str(self.number)


def exchange_facts(exchanges: Iterable[Exchange]) -> tuple[ExchangeFacts, ...]:
    """Facts of all exchanges of a recording, in its order."""
    facts: list[ExchangeFacts] = []
    latest: dict[str, Link] = {}
    for exchange in exchanges:
        last = last_message(exchange.request.body)
        before = latest.get(exchange.session)
        kept = shared_depth(last, before)
        dropped = before.depth - kept if before and last else 0
        facts.append(ExchangeFacts(exchange=exchange, answer=answer(exchange), last=last, kept=kept, dropped=dropped))
        if last is not None:
            latest[exchange.session] = last
    return tuple(facts)


def turn_of(finding: Finding, exchanges: dict[int, Key | None]) -> Key | None:
    """The turn of a finding: its own, or that of its exchange."""
    where = finding.location
    if where.turn is None and where.exchange is not None:
        return exchanges.get(where.exchange)
    return _key(where)


def turn_facts(run: Run) -> tuple[TurnFacts, ...]:
    """The turns of a run, session by session, each in order; what belongs to none stands first."""
    turns = run.cassette.turns or (run.session.turns if run.session else ())
    told = {(turn.session, turn.number): turn for turn in turns}
    owner = {exchange.id: key for key, turn in told.items() for exchange in turn.exchanges}
    known = {exchange.id: exchange for exchange in _all_exchanges(run, told.values())}
    by_exchange = {number: _key(exchange) or owner.get(number) for number, exchange in known.items()}
    exchanges = exchange_facts(known.values())
    log = run.cassette.log or tuple(line for turn in told.values() for line in turn.log)
    tools = run.cassette.tool_runs or tuple(tool for turn in told.values() for tool in turn.tool_runs)
    keys = dict.fromkeys([*told, *by_exchange.values(), *map(_key, log), *map(_key, tools)])
    keys |= dict.fromkeys(key for finding in run.findings if (key := turn_of(finding, by_exchange)) is not None)
    sessions = list(dict.fromkeys(key[0] for key in keys if key is not None))
    of_exchange = _grouped(exchanges, lambda facts: by_exchange[facts.exchange.id])
    of_log, of_tools = _grouped(log, _key), _grouped(tools, _key)
    of_finding = _grouped(run.findings, lambda finding: turn_of(finding, by_exchange))
    return tuple(
        _facts(
            key,
            told.get(key) if key is not None else None,
            _Share(
                exchanges=of_exchange.get(key, ()),
                log=of_log.get(key, ()),
                tool_runs=of_tools.get(key, ()),
                findings=of_finding.get(key, ()),
            ),
        )
        for key in sorted(keys, key=lambda key: (-1, -1) if key is None else (sessions.index(key[0]), key[1]))
    )


def _key(word: Exchange | LogLine | ToolRun | Location) -> Key | None:
    return None if word.turn is None else (word.session, word.turn)


def _grouped(entries: Iterable[_Entry], key: Callable[[_Entry], Key | None]) -> dict[Key | None, tuple[_Entry, ...]]:
    """The entries by their turn, in one pass."""
    groups: dict[Key | None, list[_Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return {number: tuple(group) for number, group in groups.items()}


def _all_exchanges(run: Run, turns: Iterable[Turn]) -> Iterable[Exchange]:
    yield from run.cassette.exchanges or (exchange for turn in turns for exchange in turn.exchanges)


def _facts(key: Key | None, turn: Turn | None, share: _Share) -> TurnFacts:
    """The facts of one turn; a turn that nobody told of is read off its exchanges."""
    exchanges = share.exchanges
    starts = [facts.exchange.started for facts in exchanges] or [line.at for line in share.log[:1]]
    ends = [facts.exchange.started + facts.exchange.duration for facts in exchanges]
    started = turn.started if turn and turn.started else min(starts, default=0.0)
    last = exchanges[-1].answer if exchanges else Answer()
    read = "failed" if last.refusal is not None else "answered" if exchanges else "unfinished"
    return TurnFacts(
        number=None if key is None else key[1],
        session="" if key is None else key[0],
        said=turn.said if turn else _said(exchanges),
        reply=turn.reply if turn else last.text or None,
        outcome=turn.outcome if turn else read if key is not None else "",
        error=turn.error if turn else None,
        started=started,
        duration=turn.duration if turn and turn.duration else max(ends, default=started) - started,
        exchanges=exchanges,
        log=share.log,
        tool_runs=share.tool_runs,
        findings=share.findings,
    )


def _said(exchanges: tuple[ExchangeFacts, ...]) -> str:
    """What the first request of a turn said last as user."""
    link = exchanges[0].last if exchanges else None
    floor = exchanges[0].kept if exchanges else 0
    while link is not None and link.depth > floor:
        seen = glimpse(link.raw)
        if seen.role == "user":
            return seen.text
        link = link.before
    return ""
