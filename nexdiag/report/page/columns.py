"""The columns that the page reads first: one entry a turn for its rows, one a mark for its timeline.

Law: numbers and short texts alone. Times are whole milliseconds, and grow from entry to entry by what is told.
"""

from typing import Any

from nexdiag.report.summary import NO_TIME, RunFacts
from nexdiag.report.turns import TurnFacts
from nexdiag.report.visible import one_line

_ENDLESS = 1e9
_TITLE = 90
_NAMES = (
    "key", "number", "session", "outcome", "at", "duration", "exchanges", "output", "tools", "loud", "messagesEnd",
    "logEnd", "bodiesEnd", "title", "ids", "refused",
)  # fmt: skip
_SUMS = ("messagesEnd", "logEnd", "bodiesEnd")
_LOUD = {"WARN": 1, "ERROR": 2, "FATAL": 2}


def milliseconds(moment: float, began: float | None = None) -> Any:  # noqa: ANN401 - a number, or None for a moment
    """A duration, zero for what is none; or a moment on the one clock, None for what is no time of day."""
    if began is not None:
        return _short((moment - began) * 1000) if 0 < moment < NO_TIME else None
    return _short(moment * 1000) if 0 <= moment < _ENDLESS else 0


def _short(value: float) -> float:
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded


class Index:
    """One entry a turn in each column."""

    def __init__(self, facts: RunFacts) -> None:
        """Begin without turns."""
        self._facts = facts
        self._rows: list[dict[str, Any]] = []
        self._names: dict[str, int] = {}
        self.findings: list[tuple[Any, ...]] = []
        self._differing = {(turn.session, turn.number) for turn in facts.run.replayed if turn.differs}

    def add(self, turn: TurnFacts, messages: int, log: int, bodies: int) -> None:
        """The next turn, with how many messages, log lines and bodies were stored up to its end."""
        seen = turn.exchanges
        loud = max((_LOUD.get(line.level or "", 0) for line in turn.log), default=0)
        tools = sorted({name for facts in seen for name in facts.answer.calls} | {ran.name for ran in turn.tool_runs})
        usages = [facts.answer.usage for facts in seen]
        self._rows.append(
            {
                "key": turn.key,
                "number": turn.number,
                "session": self._name(turn.session),
                "outcome": turn.outcome,
                "at": milliseconds(turn.started, self._facts.began),
                "duration": milliseconds(turn.duration),
                "exchanges": len(seen),
                "output": sum(usage.output_tokens for usage in usages),
                "tools": [self._name(name) for name in tools],
                "loud": loud,
                "messagesEnd": messages,
                "logEnd": log,
                "bodiesEnd": bodies,
                "title": one_line(turn.said or turn.error or "", _TITLE),
                "ids": [facts.exchange.id for facts in seen],
                "refused": int(any(facts.answer.refusal is not None for facts in seen)),
            }
        )

    def _name(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names))

    def columns(self) -> dict[str, Any]:
        """All of it."""
        columns = {name: [row[name] for row in self._rows] for name in _NAMES}
        for name in _SUMS:
            columns[name] = _steps(columns[name])
        facts = self._facts
        return {
            "name": facts.run.name,
            "cause": facts.run.findings.index(facts.cause) if facts.cause else None,
            "names": list(self._names),
            "turns": columns,
            "findings": self.findings,
            "differs": [at for at, turn in enumerate(facts.turns) if (turn.session, turn.number) in self._differing],
        }


def _steps(values: list[int]) -> list[int]:
    """From value to value, the difference: it packs best."""
    return [after - before for before, after in zip([0, *values], values, strict=False)]


class Clock:
    """What the timeline draws."""

    def __init__(self, began: float) -> None:
        """Moments count from `began`."""
        self._began = began
        self._exchanges: list[tuple[Any, ...]] = []
        self._tools: list[tuple[Any, ...]] = []
        self._log: list[tuple[Any, ...]] = []
        self._turn = 0

    def add(self, turn: TurnFacts) -> None:
        """The next turn."""
        for seen in turn.exchanges:
            first = milliseconds(seen.first_byte)
            at, refused = milliseconds(seen.exchange.started, self._began), seen.answer.refusal is not None
            entry = (self._turn, at, milliseconds(seen.exchange.duration), first, int(refused), seen.exchange.id)
            self._exchanges.append(entry)
        for tool in turn.tool_runs:
            at = milliseconds(tool.started, self._began)
            self._tools.append((self._turn, at, milliseconds(tool.duration), int(tool.is_error)))
        self._log += [(milliseconds(line.at, self._began), _LOUD.get(line.level or "", 0)) for line in turn.log]
        self._turn += 1

    def columns(self) -> dict[str, Any]:
        """Three tables, column by column."""
        tables = {"exchanges": self._exchanges, "tools": self._tools, "log": self._log}
        return {name: list(zip(*rows, strict=True)) for name, rows in tables.items()}
