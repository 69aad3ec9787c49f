"""A run as the page reads it: one JSON value in which each text and each message stands once.

A message is stored with the number of the message before it, so that a request is one number, its last message, and
a recording of n turns grows with n. `page.js` walks back along the numbers.
"""

import codecs
from typing import Any

import msgspec

from nexdiag.core.body import Body, Link
from nexdiag.core.exchange import Exchange, Headers, Response
from nexdiag.core.finding import Finding
from nexdiag.core.turn import LogLine, ToolRun
from nexdiag.report.messages import text_of
from nexdiag.report.placing import place
from nexdiag.report.summary import NO_TIME, RunFacts
from nexdiag.report.turns import ExchangeFacts, TurnFacts

_FIRST = -1
_ENDLESS = 1e9


class _Pool:
    """Texts and messages, each stored once and known by its number."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.links: list[tuple[int, int]] = []
        self._text_numbers: dict[str, int] = {}
        self._link_numbers: dict[bytes, int] = {}

    def text(self, text: str) -> int:
        """The number of a text."""
        if text not in self._text_numbers:
            self._text_numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._text_numbers[text]

    def link(self, link: Link | None) -> int | None:
        """The number of a list, which is the number of its last entry."""
        fresh: list[Link] = []
        while link is not None and link.digest not in self._link_numbers:
            fresh.append(link)
            link = link.before
        number = self._link_numbers[link.digest] if link is not None else _FIRST
        for entry in reversed(fresh):
            self.links.append((number, self.text(text_of(entry.raw))))
            number = self._link_numbers[entry.digest] = len(self.links) - 1
        return number if number != _FIRST else None


def run_payload(facts: RunFacts) -> dict[str, Any]:
    """All that the page shows of a run."""
    pool = _Pool()
    exchanges = sorted(facts.exchanges.values(), key=lambda seen: seen.exchange.id)
    findings = [_finding(finding, facts, pool) for finding in facts.run.findings]
    return {
        "name": facts.run.name,
        "cause": facts.run.findings.index(facts.cause) if facts.cause else None,
        "turns": [_turn(turn, facts.began, pool) for turn in facts.turns],
        "exchanges": {seen.exchange.id: _exchange(seen, facts.began, pool) for seen in exchanges},
        "findings": findings,
        "texts": pool.texts,
        "links": pool.links,
    }


def _at(moment: float, began: float) -> float | None:
    """On the one clock: seconds since the run began; None for what is no time of day."""
    return round(moment - began, 6) if 0 < moment < NO_TIME else None


def _span(seconds: float) -> float:
    """A duration that can be drawn: zero for what is none."""
    return round(seconds, 6) if 0 <= seconds < _ENDLESS else 0.0


def _turn(turn: TurnFacts, began: float, pool: _Pool) -> dict[str, Any]:
    return {
        "key": turn.key,
        "number": turn.number,
        "session": turn.session,
        "said": turn.said,
        "reply": turn.reply,
        "outcome": turn.outcome,
        "error": turn.error,
        "at": _at(turn.started, began),
        "duration": _span(turn.duration),
        "exchanges": [seen.exchange.id for seen in turn.exchanges],
        "tools": [_tool(tool, began) for tool in turn.tool_runs],
        "log": [_log(line, began, pool) for line in turn.log],
    }


def _tool(tool: ToolRun, began: float) -> dict[str, Any]:
    return {
        "id": tool.call_id,
        "name": tool.name,
        "arguments": tool.arguments,
        "output": tool.output,
        "failed": tool.is_error,
        "at": _at(tool.started, began),
        "duration": _span(tool.duration),
    }


def _log(line: LogLine, began: float, pool: _Pool) -> tuple[float | None, str | None, str, int]:
    return _at(line.at, began), line.level, line.source, pool.text(line.text)


def _exchange(seen: ExchangeFacts, began: float, pool: _Pool) -> dict[str, Any]:
    exchange, found = seen.exchange, seen.answer
    return {
        "id": exchange.id,
        "attempt": exchange.attempt,
        "method": exchange.request.method,
        "url": exchange.request.url,
        "path": exchange.request.path,
        "at": _at(exchange.started, began),
        "duration": _span(exchange.duration),
        "failure": exchange.failure,
        "headers": _headers(exchange.request.headers, pool),
        "fields": _fields(exchange.request.body, pool),
        "body": _raw_body(exchange, pool),
        "messages": pool.link(seen.last),
        "count": seen.messages,
        "kept": seen.kept,
        "dropped": seen.dropped,
        "answer": msgspec.to_builtins(found),
        "response": _response(exchange.response, pool),
    }


def _headers(headers: Headers, pool: _Pool) -> int | None:
    return pool.text("\n".join(f"{name}: {value}" for name, value in headers)) if headers else None


def _fields(body: Body, pool: _Pool) -> list[tuple[str, int | None, int | None]]:
    """Each field of the body: its name, the number of its text, or the number of its last entry."""
    fields: list[tuple[str, int | None, int | None]] = []
    for field in body.fields:
        key = text_of(field.key).strip('"')
        if isinstance(field.value, Link):
            fields.append((key, None, pool.link(field.value)))
        else:
            fields.append((key, pool.text(text_of(field.value)), None))
    return fields


def _raw_body(exchange: Exchange, pool: _Pool) -> int | None:
    raw = exchange.request.body.raw
    return pool.text(text_of(raw)) if raw else None


def _response(response: Response | None, pool: _Pool) -> dict[str, Any] | None:
    if response is None:
        return None
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    chunks = [(_span(chunk.at), decoder.decode(chunk.bytes)) for chunk in response.chunks]
    return {
        "status": response.status,
        "streamed": response.streamed,
        "first": _span(response.first_byte),
        "headers": _headers(response.headers, pool),
        "chunks": chunks,
    }


def _finding(finding: Finding, facts: RunFacts, pool: _Pool) -> dict[str, Any]:
    spot = place(finding, facts)
    seen = facts.exchange(spot.exchange)
    link = seen.last.at(spot.message + 1) if seen and seen.last and spot.message is not None else None
    return {
        "rule": finding.rule,
        "code": finding.code,
        "severity": str(finding.severity),
        "summary": finding.summary,
        "evidence": finding.evidence,
        "fix": finding.fix,
        "refused": finding.refused,
        "words": finding.server_words,
        "repeats": finding.repeats,
        "pointer": finding.location.pointer,
        "place": msgspec.to_builtins(spot),
        "link": pool.link(link),
    }
