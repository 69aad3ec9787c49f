"""A run as the page carries it: an index of columns, and blocks in which each text and each message stands once.

A message is known by its number and holds the number of the message before it, so that a request is one number, its
last message, and a recording of n turns grows with n. The index is all that is read to show the first rows;
`model.js` reads the rest when somebody looks at it.
"""

import codecs
from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.core.body import Body, Link
from nexdiag.core.exchange import Exchange, Headers, Response
from nexdiag.core.finding import Finding
from nexdiag.core.turn import ToolRun
from nexdiag.report.json import plain
from nexdiag.report.lint.text import facts as facts_of
from nexdiag.report.markup import Markup
from nexdiag.report.messages import glimpse, text_of
from nexdiag.report.page.blocks import SIZES, Column, block, open_block
from nexdiag.report.page.columns import Clock, Index, milliseconds
from nexdiag.report.page.links import Links
from nexdiag.report.placing import Places
from nexdiag.report.summary import RunFacts
from nexdiag.report.turns import ExchangeFacts, TurnFacts

_KINDS = ("turns", "messages", "texts", "log", "findings", "bodies")


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """One run, in elements of the page."""

    index: Markup
    """Read at once: it stands before the script."""
    blocks: tuple[Markup, ...]
    """Read when they are looked at: they stand after it."""

    @property
    def size(self) -> int:
        """Characters in the page."""
        return len(self.index) + sum(map(len, self.blocks))


class _Columns:
    """The columns of one run."""

    def __init__(self, run: int) -> None:
        self.turns, self.messages, self.texts = Column(run, "turns"), Column(run, "messages"), Column(run, "texts")
        self.log, self.findings, self.bodies = Column(run, "log"), Column(run, "findings"), Column(run, "bodies")
        self.links = Links(lambda raw: self.messages.once(raw, text_of(raw)))

    def text(self, text: str) -> int:
        return self.texts.once(text.encode("utf-8", "surrogatepass"), text)

    def all(self) -> Iterator[tuple[str, Column]]:
        for kind in _KINDS:
            yield kind, getattr(self, kind)


def run_payload(facts: RunFacts, number: int) -> Payload:
    """All that the page shows of a run, which is the page's run of that number."""
    columns, index, clock = _Columns(number), Index(facts), Clock(facts.began)
    for turn in facts.turns:
        columns.turns.add(_turn(turn, facts.began, columns))
        clock.add(turn)
        index.add(turn, messages=columns.messages.total, log=columns.log.total, bodies=columns.bodies.total)
    places = Places(facts)
    index.findings = [_finding(finding, facts, places, columns) for finding in facts.run.findings]
    totals = {kind: column.total for kind, column in columns.all()}
    packed = [
        block(f"nexdiag-{number}-clock", clock.columns()),
        block(f"nexdiag-{number}-links", columns.links.runs),
        *(piece for _, column in columns.all() for piece in column.blocks()),
    ]
    told = index.columns() | {"totals": totals, "sizes": SIZES}
    return Payload(index=open_block(f"nexdiag-{number}-index", told), blocks=tuple(packed))


def _turn(turn: TurnFacts, began: float, columns: _Columns) -> dict[str, Any]:
    from_line = columns.log.total
    for line in turn.log:
        columns.log.add((milliseconds(line.at, began), line.level, line.source, line.text))
    exchanges = [_exchange(seen, began, columns) for seen in turn.exchanges]
    shared = _shared(turn, columns)
    return {
        "said": shared(turn.said),
        "reply": shared(turn.reply),
        "error": turn.error,
        "exchanges": exchanges,
        "tools": [_tool(tool, began, shared) for tool in turn.tool_runs],
        "log": (from_line, columns.log.total),
    }


def _shared(turn: TurnFacts, columns: _Columns) -> Any:  # noqa: ANN401 - a function from text to text or number
    """What a turn tells that a message says in the same words is the number of that message."""
    known: dict[str, int] = {}
    for seen in turn.exchanges:
        link, floor = seen.last, seen.kept
        while link is not None and link.depth > floor:
            known.setdefault(glimpse(link.raw).text, columns.messages.once(link.raw, ""))
            link = link.before
        if seen.answer.message is not None and seen.answer.text:
            raw = seen.answer.message.encode("utf-8", "backslashreplace")
            known.setdefault(seen.answer.text, columns.messages.once(raw, seen.answer.message))
    return lambda text: known.get(text, text) if text else text


def _tool(tool: ToolRun, began: float, shared: Any) -> dict[str, Any]:  # noqa: ANN401 - see `_shared`
    return {
        "id": tool.call_id,
        "name": tool.name,
        "arguments": tool.arguments,
        "output": shared(tool.output),
        "failed": tool.is_error,
        "at": milliseconds(tool.started, began),
        "duration": milliseconds(tool.duration),
    }


def _exchange(seen: ExchangeFacts, began: float, columns: _Columns) -> dict[str, Any]:
    exchange, found = seen.exchange, seen.answer
    last = columns.links.number(seen.last)
    message = found.message
    told = msgspec.to_builtins(found) | {"message": None, "text": ""}
    if message is not None:
        told["message"] = columns.messages.once(message.encode("utf-8", "backslashreplace"), message)
    return {
        "id": exchange.id,
        "attempt": exchange.attempt,
        "method": exchange.request.method,
        "url": exchange.request.url,
        "path": exchange.request.path,
        "at": milliseconds(exchange.started, began),
        "duration": milliseconds(exchange.duration),
        "failure": exchange.failure,
        "headers": _headers(exchange.request.headers, columns),
        "fields": _fields(exchange.request.body, columns),
        "body": _raw_body(exchange, columns),
        "messages": last,
        "count": seen.messages,
        "kept": seen.kept,
        "dropped": seen.dropped,
        "answer": plain(told),
        "response": _response(exchange.response, columns),
    }


def _headers(headers: Headers, columns: _Columns) -> int | None:
    return columns.text("\n".join(f"{name}: {value}" for name, value in headers)) if headers else None


def _fields(body: Body, columns: _Columns) -> list[tuple[str, int | None, int | None]]:
    """Each field of the body: its name, the number of its text, or the number of its last entry."""
    fields: list[tuple[str, int | None, int | None]] = []
    for field in body.fields:
        key = text_of(field.key).strip('"')
        if isinstance(field.value, Link):
            fields.append((key, None, columns.links.number(field.value)))
        else:
            fields.append((key, columns.text(text_of(field.value)), None))
    return fields


def _raw_body(exchange: Exchange, columns: _Columns) -> int | None:
    raw = exchange.request.body.raw
    return columns.text(text_of(raw)) if raw else None


def _response(response: Response | None, columns: _Columns) -> dict[str, Any] | None:
    if response is None:
        return None
    return {
        "status": response.status,
        "streamed": response.streamed,
        "first": milliseconds(response.first_byte),
        "headers": _headers(response.headers, columns),
        "chunks": len(response.chunks),
        "body": _body(response, columns) if response.chunks else None,
    }


def _body(response: Response, columns: _Columns) -> int:
    """The body once, with the length of each chunk and the time since the chunk before it."""
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    chunks = tuple(response.chunks)  # looked at once: a long recording makes them each time that it is asked
    texts = [decoder.decode(chunk.bytes) for chunk in chunks]
    times = [milliseconds(chunk.at) for chunk in chunks]
    gaps = [round(after - before, 3) for before, after in zip([0, *times], times, strict=False)]
    return columns.bodies.add(("".join(texts) + decoder.decode(b"", final=True), list(map(_units, texts)), gaps))


def _units(text: str) -> int:
    """How long a script says that a text is: in units of UTF-16."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _finding(finding: Finding, facts: RunFacts, places: Places, columns: _Columns) -> tuple[Any, ...]:
    """Stored whole; told to the index by its rule, severity and place."""
    spot = places.of(finding)
    seen = facts.exchange(spot.exchange)
    link = seen.last.at(spot.message + 1) if seen and seen.last and spot.message is not None else None
    columns.findings.add(
        {
            "summary": finding.summary,
            "evidence": facts_of(finding),
            "because": finding.because,
            "origin": str(finding.origin or ""),
            "consequences": finding.consequences,
            "fix": finding.fix,
            "refused": finding.refused,
            "words": finding.server_words,
            "repeats": finding.repeats,
            "pointer": finding.location.pointer,
            "key": spot.key,
        }
    )
    return (
        finding.rule, finding.code, str(finding.severity), spot.kind, places.turn_at(spot), spot.exchange, spot.message,
        columns.links.number(link),
    )  # fmt: skip
