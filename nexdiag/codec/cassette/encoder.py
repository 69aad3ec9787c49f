"""`Cassette` → JSON Lines, one word after the other. What it gives can always be read again.

Never here: files. Who writes, and when it is safe on disk, is capture.writer's.
"""

import base64
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.body import COLON, COMMA
from nexdiag.codec.cassette.lines import LATEST, REFERENCE
from nexdiag.core.body import Body, Link
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn

_COMPACT = (b",", b":", b",")
_Word = TypeVar("_Word")
_Row = tuple[float, int, bytes]


class Encoder:
    """Gives the lines of one recording, in order. Remembers which links it has written."""

    def __init__(self) -> None:
        """Start a recording."""
        self._numbers: dict[bytes, int] = {}
        """Of each list written so far, by its digest: lists that were split apart from each other share lines too."""
        self._first: dict[bytes, int] = {}
        """Of each entry's text, the link that carries it."""

    def header(self, header: Header) -> bytes:
        """The first line."""
        return jsontext.write(header) + b"\n"

    def exchange(self, exchange: Exchange) -> bytes:
        """The lines for one finished exchange: its new links, then itself."""
        lines: list[bytes] = []
        request = self._request(exchange.request, lines)
        row: dict[str, Any] = {"exchange": exchange.id, "turn": exchange.turn, "at": _seconds(exchange.started)}
        if exchange.attempt != 1:
            row["attempt"] = exchange.attempt
        row |= {"request": request, "response": _response(exchange.response), "duration": _seconds(exchange.duration)}
        if exchange.failure is not None:
            row["failure"] = exchange.failure
        return b"".join(lines) + _line(row)

    def turn_started(self, turn: Turn) -> bytes:
        """The line that opens a turn."""
        return _line({"turn": turn.number, "at": _seconds(turn.started), "said": turn.said})

    def turn_ended(self, turn: Turn) -> bytes:
        """The line that closes a turn."""
        row: dict[str, Any] = {"turn": turn.number, "ended": turn.outcome, "duration": _seconds(turn.duration)}
        return _line(row | {"reply": turn.reply, "error": turn.error, "usage": turn.usage})

    def tool_run(self, run: ToolRun) -> bytes:
        """The line of one tool run."""
        row: dict[str, Any] = {"tool": run.call_id, "turn": run.turn, "at": _seconds(run.started), "name": run.name}
        row |= {"arguments": run.arguments, "output": run.output, "is_error": run.is_error}
        return _line(row | {"duration": _seconds(run.duration)})

    def log_line(self, line: LogLine) -> bytes:
        """The line of one log line."""
        row: dict[str, Any] = {"log": line.text, "at": _seconds(line.at), "level": line.level}
        if line.turn is not None:
            row["turn"] = line.turn
        return _line(row | {"source": line.source})

    def _request(self, request: Request, lines: list[bytes]) -> dict[str, Any]:
        row: dict[str, Any] = {"method": request.method, "url": request.url, "headers": request.headers}
        body = request.body
        if not self._in_parts(body):
            return row | _text_or_base64(body.join())
        separators = (body.comma, body.colon, body.item_comma)
        if separators != _COMPACT:
            row["separators"] = [text.decode() for text in separators]
        values = b",".join(field.key + b":" + self._value(field.value, lines) for field in body.fields)
        return row | {"body": msgspec.Raw(b"{" + values + b"}")}

    def _in_parts(self, body: Body) -> bool:
        """Whether the parts can stand in the file and be told from our own references when they are read."""
        if body.raw is not None or not (COMMA.fullmatch(body.comma) and COMMA.fullmatch(body.item_comma)):
            return False
        texts = [field.value for field in body.fields if isinstance(field.value, bytes)]
        new = [link.raw for _, last in body.links() for link in self._new(last)]
        return (
            COLON.fullmatch(body.colon) is not None
            and len({field.key for field in body.fields}) == len(body.fields)
            and all(_plain_key(field.key) for field in body.fields)
            and not any(text.startswith(REFERENCE) for text in texts)
            and not any(b"\n" in text for text in texts + new)
        )

    def _value(self, value: bytes | Link, lines: list[bytes]) -> bytes:
        if isinstance(value, bytes):
            return value
        lines += [self._link(link) for link in reversed(self._new(value))]
        return b'{"$link":%d}' % self._numbers[value.digest]

    def _new(self, last: Link) -> list[Link]:
        """The links that no line has yet, last first."""
        new: list[Link] = []
        link: Link | None = last
        while link is not None and link.digest not in self._numbers:
            new.append(link)
            link = link.before
        return new

    def _link(self, link: Link) -> bytes:
        number = self._numbers[link.digest] = len(self._numbers)
        row: dict[str, Any] = {"link": number, "after": self._numbers[link.before.digest] if link.before else None}
        first = self._first.setdefault(link.raw, number)
        return _line(row | ({"json": msgspec.Raw(link.raw)} if first == number else {"like": first}))


def encode(cassette: Cassette) -> bytes:
    """The whole file for a cassette: header, then turns with what belongs to them, in the order of time.

    Each kind keeps its order, also where its times contradict it; exchanges go by their number.
    """
    encoder = Encoder()
    rows = _in_order(cassette.turns, 0, lambda turn: turn.started, encoder.turn_started)
    rows += [
        (max(row[0], _seconds(turn.started + turn.duration)), 4, encoder.turn_ended(turn))
        for turn, row in zip(cassette.turns, list(rows), strict=True)
        if turn.outcome != "unfinished"
    ]
    exchanges = sorted(cassette.exchanges, key=lambda exchange: exchange.id)
    rows += _in_order(exchanges, 1, lambda exchange: exchange.started, encoder.exchange)
    rows += _in_order(cassette.tool_runs, 2, lambda run: run.started, encoder.tool_run)
    rows += _in_order(cassette.log, 3, lambda line: line.at, encoder.log_line)
    rows.sort(key=lambda row: row[:2])
    return encoder.header(cassette.header) + b"".join(row[2] for row in rows)


def _in_order(
    words: Iterable[_Word], kind: int, at: Callable[[_Word], float], encode_one: Callable[[_Word], bytes]
) -> list[_Row]:
    """The words' lines, each no earlier than the one before it."""
    rows: list[_Row] = []
    latest = 0.0
    for word in words:
        latest = max(latest, _seconds(at(word)))
        rows.append((latest, kind, encode_one(word)))
    return rows


def _line(row: dict[str, Any]) -> bytes:
    return jsontext.write(row) + b"\n"


def _seconds(value: float) -> float:
    """To the microsecond. A clock that went mad must not make the recording unreadable."""
    return round(value, 6) if 0 <= value <= LATEST else 0.0


def _plain_key(key: bytes) -> bool:
    """Whether the key's text is the one that a reader will make of it."""
    try:
        return jsontext.write(msgspec.json.decode(key, type=str)) == key
    except ValueError:
        return False


def _text_or_base64(raw: bytes) -> dict[str, str]:
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _response(response: Response | None) -> dict[str, Any] | None:
    if response is None:
        return None
    row: dict[str, Any] = {"status": response.status, "headers": response.headers}
    row["first_byte"] = _seconds(response.first_byte)
    return row | {"chunks": [_chunk(chunk) for chunk in response.chunks]}


def _chunk(chunk: Chunk) -> tuple[float | str | None, ...]:
    kept = _text_or_base64(chunk.bytes)
    return (_seconds(chunk.at), kept["text"]) if "text" in kept else (_seconds(chunk.at), None, kept["base64"])
