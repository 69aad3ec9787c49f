"""Report → JSON: findings as scripts read them, and whole reports as the facts that the other formats word.

Law: the shapes are promises (nexdiag.report/1, and the findings in nexdiag.lint/1). Output is ASCII with escapes, so
that no recorded character can steer the terminal that prints it, and always valid JSON: what JSON cannot hold is
written as text.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding, Origin
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Report
from nexdiag.report.messages import text_of
from nexdiag.report.summary import RunFacts, headline, run_facts
from nexdiag.report.turns import ExchangeFacts, TurnFacts

REPORT_SCHEMA = "nexdiag.report/1"
_DEEPEST = 64


def finding_fields(finding: Finding) -> dict[str, Any]:
    """A finding, flat; `turn` and `exchange` only where it was found in a recording."""
    where = finding.location
    recorded = where.turn is not None or where.exchange is not None
    return {
        "rule": finding.rule,
        "code": finding.code,
        "severity": str(finding.severity),
        "message_index": where.message_index,
        "pointer": where.pointer,
        "summary": finding.summary,
        "evidence": list(finding.evidence),
        "because": finding.because,
        "fix": finding.fix,
        **({"turn": where.turn, "exchange": where.exchange} if recorded else {}),
        "refused": finding.refused,
        "server_words": finding.server_words,
        "repeats": finding.repeats,
        "produced_by": None if finding.origin is None else _origin(finding.origin),
        "consequences": list(finding.consequences),
    }


def _origin(origin: Origin) -> dict[str, Any]:
    """What wrote the message that has to change."""
    return {"kind": origin.kind, "turn": origin.turn, "exchange": origin.exchange}


def report_json(report: Report) -> str:
    """A whole report: verdicts, counts, turns, exchanges, findings and differences; the bodies stay in the cassette."""
    runs = tuple(run_facts(run) for run in report.runs)
    verdict = headline(report, runs)
    whole = {
        "schema": REPORT_SCHEMA,
        "title": report.title,
        "tool": report.tool,
        "created": report.created,
        "verdict": verdict.word,
        "sentence": verdict.sentence,
        "unchecked": list(report.unchecked),
        "runs": [run_fields(facts) for facts in runs],
    }
    return dump(whole, indent=2)


def run_fields(facts: RunFacts) -> dict[str, Any]:
    """One run."""
    header = facts.run.cassette.header
    return {
        "name": facts.run.name,
        "file": facts.run.cassette.name,
        "profile": facts.run.profile,
        "origin": header.origin,
        "model": header.model,
        "created": header.created,
        "expected": facts.run.expected,
        "verdict": facts.verdict.word,
        "sentence": facts.verdict.sentence,
        "tear": facts.run.cassette.tear,
        "counts": msgspec.to_builtins(facts.counts),
        "findings": [finding_fields(finding) for finding in facts.run.findings],
        "differences": [_difference(difference) for difference in facts.run.differences],
        "replayed": [_replayed(turn) for turn in facts.run.replayed],
        "turns": [_turn(turn) for turn in facts.turns],
    }


def _turn(turn: TurnFacts) -> dict[str, Any]:
    return {
        "turn": turn.number,
        "session": turn.session,
        "said": turn.said,
        "reply": turn.reply,
        "outcome": turn.outcome,
        "error": turn.error,
        "started": turn.started,
        "duration": turn.duration,
        "log_lines": len(turn.log),
        "unmet": list(turn.unmet),
        "errors_logged": [
            {"at": line.at, "level": line.level, "source": line.source, "text": line.text} for line in turn.errors
        ],
        "tool_runs": [
            {"call_id": tool.call_id, "name": tool.name, "is_error": tool.is_error, "duration": tool.duration}
            for tool in turn.tool_runs
        ],
        "exchanges": [_exchange(facts) for facts in turn.exchanges],
    }


def _exchange(facts: ExchangeFacts) -> dict[str, Any]:
    exchange, found = facts.exchange, facts.answer
    return {
        "exchange": exchange.id,
        "attempt": exchange.attempt,
        "method": exchange.request.method,
        "url": exchange.request.url,
        "status": facts.status,
        "messages": facts.messages,
        "new_messages": facts.messages - facts.kept if facts.messages is not None else None,
        "dropped_messages": facts.dropped,
        "chunks": facts.chunks,
        "started": exchange.started,
        "first_byte": facts.first_byte,
        "duration": exchange.duration,
        "finish_reason": found.finish_reason,
        "tool_calls": list(found.calls),
        "input_tokens": found.usage.input_tokens,
        "output_tokens": found.usage.output_tokens,
        "complete": found.complete,
        "refusal": found.refusal,
        "failure": exchange.failure,
    }


def _replayed(turn: TurnVerdict) -> dict[str, Any]:
    return {
        "turn": turn.number,
        "outcome": turn.outcome,
        "note": turn.note,
        "differences": [_difference(difference) for difference in turn.differences],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind,
        "pointer": difference.pointer,
        "right_pointer": difference.right_pointer,
        "turn": difference.turn,
        "left": difference.left,
        "right": difference.right,
    }


def dump(value: object, indent: int | None = None) -> str:
    """The value as JSON in ASCII; on one line, or indented."""
    return json.dumps(plain(value), indent=indent, allow_nan=False)


def as_text(value: object) -> str:
    """A recorded value for a reader: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)


def plain(value: object, depth: int = _DEEPEST) -> Any:  # noqa: ANN401 - any JSON value
    """The value with nothing in it that JSON does not know; bytes become text, the odd rest its own words."""
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): plain(inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner, depth - 1) for inner in value]
    if isinstance(value, bytes):
        return text_of(value)
    known = value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value))
    return value if known else str(value)
