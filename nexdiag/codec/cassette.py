"""Cassettes: JSON Lines ⇄ `Cassette`. The format is specified in docs/reference/cassette.md.

Writing is incremental: an `Encoder` gives the lines that one more exchange adds, and each message
that any request carried is written once. Reading takes what is there: a torn tail ends it, and is told.
"""

import base64
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body, Field, Link
from nexdiag.core.cassette import FORMAT, Cassette, Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.message import Usage
from nexdiag.core.turn import LogLine, ToolRun, Turn

_json = msgspec.json.Encoder()
_REFERENCE = b'{"$'
"""How a value of ours starts inside a body. A body that itself has such a value is kept raw."""


class _Line(msgspec.Struct, kw_only=True):
    """Any line but the header: the first key that is set says which."""

    link: int | None = None
    after: int | None = None
    like: int | None = None
    json: msgspec.Raw = msgspec.Raw()
    exchange: int | None = None
    turn: int | None = None
    at: float = 0.0
    attempt: int = 1
    request: "_Request | None" = None
    response: "_Response | None" = None
    duration: float = 0.0
    failure: str | None = None
    said: str | None = None
    ended: str | None = None
    reply: str | None = None
    error: str | None = None
    usage: Usage = Usage()
    tool: str | None = None
    name: str = ""
    arguments: str = ""
    output: str = ""
    is_error: bool = False
    log: str | None = None
    level: str | None = None
    source: str = "daemon"


class _Request(msgspec.Struct, kw_only=True):
    method: str
    url: str
    headers: list[tuple[str, str]] = msgspec.field(default_factory=list)
    body: dict[str, msgspec.Raw] | None = None
    spaced: bool = False
    text: str | None = None
    base64: str | None = None


class _Chunk(msgspec.Struct, array_like=True):
    at: float
    text: str | None
    base64: str = ""


class _Response(msgspec.Struct, kw_only=True):
    status: int
    headers: list[tuple[str, str]] = msgspec.field(default_factory=list)
    first_byte: float = 0.0
    chunks: list[_Chunk] = msgspec.field(default_factory=list)


class _Reference(msgspec.Struct, kw_only=True):
    link: int | None = msgspec.field(name="$link", default=None)


_line = msgspec.json.Decoder(_Line)
_header = msgspec.json.Decoder(Header)
_reference = msgspec.json.Decoder(_Reference)


class Encoder:
    """Gives the lines of one recording, in order. Remembers which links it has written."""

    def __init__(self) -> None:
        """Start a recording."""
        self._numbers: dict[Link, int] = {}
        self._first: dict[bytes, int] = {}

    def header(self, header: Header) -> bytes:
        """The first line."""
        return _json.encode(header) + b"\n"

    def exchange(self, exchange: Exchange) -> bytes:
        """The lines for one finished exchange: its new links, then itself."""
        lines: list[bytes] = []
        request = self._request(exchange.request, lines)
        row: dict[str, Any] = {"exchange": exchange.id, "turn": exchange.turn, "at": round(exchange.started, 6)}
        if exchange.attempt != 1:
            row["attempt"] = exchange.attempt
        row |= {"request": request, "response": _response(exchange.response), "duration": round(exchange.duration, 6)}
        if exchange.failure is not None:
            row["failure"] = exchange.failure
        lines.append(_json.encode(row) + b"\n")
        return b"".join(lines)

    def turn_started(self, turn: Turn) -> bytes:
        """The line that opens a turn."""
        return _json.encode({"turn": turn.number, "at": round(turn.started, 6), "said": turn.said}) + b"\n"

    def turn_ended(self, turn: Turn) -> bytes:
        """The line that closes a turn."""
        row: dict[str, Any] = {"turn": turn.number, "ended": turn.outcome, "duration": round(turn.duration, 6)}
        row |= {"reply": turn.reply, "error": turn.error, "usage": turn.usage}
        return _json.encode(row) + b"\n"

    def tool_run(self, run: ToolRun) -> bytes:
        """The line of one tool run."""
        row: dict[str, Any] = {"tool": run.call_id, "turn": run.turn, "at": round(run.started, 6), "name": run.name}
        row |= {"arguments": run.arguments, "output": run.output, "is_error": run.is_error}
        return _json.encode(row | {"duration": round(run.duration, 6)}) + b"\n"

    def log_line(self, line: LogLine) -> bytes:
        """The line of one log line."""
        row: dict[str, Any] = {"log": line.text, "at": round(line.at, 6), "level": line.level}
        if line.turn is not None:
            row["turn"] = line.turn
        return _json.encode(row | {"source": line.source}) + b"\n"

    def _request(self, request: Request, lines: list[bytes]) -> dict[str, Any]:
        row: dict[str, Any] = {"method": request.method, "url": request.url, "headers": request.headers}
        body = request.body
        plain = body.raw is not None or any(_foreign(field) for field in body.fields)
        if plain:
            return row | _text_or_base64(body.join())
        if body.comma != b",":
            row["spaced"] = True
        values = b",".join(field.key + b":" + self._value(field.value, lines) for field in body.fields)
        return row | {"body": msgspec.Raw(b"{" + values + b"}")}

    def _value(self, value: bytes | Link, lines: list[bytes]) -> bytes:
        if isinstance(value, bytes):
            return value
        new = []
        link: Link | None = value
        while link is not None and link not in self._numbers:
            new.append(link)
            link = link.before
        for link in reversed(new):
            lines.append(self._link(link))
        return b'{"$link":%d}' % self._numbers[value]

    def _link(self, link: Link) -> bytes:
        number = self._numbers[link] = len(self._numbers)
        row: dict[str, Any] = {"link": number, "after": self._numbers[link.before] if link.before else None}
        first = self._first.setdefault(link.raw, number)
        row |= {"json": msgspec.Raw(link.raw)} if first == number else {"like": first}
        return _json.encode(row) + b"\n"


def _foreign(field: Field) -> bool:
    return isinstance(field.value, bytes) and field.value.startswith(_REFERENCE)


def _text_or_base64(raw: bytes) -> dict[str, str]:
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _response(response: Response | None) -> dict[str, Any] | None:
    if response is None:
        return None
    chunks = []
    for chunk in response.chunks:
        kept = _text_or_base64(chunk.bytes)
        chunks.append(
            (round(chunk.at, 6), kept["text"]) if "text" in kept else (round(chunk.at, 6), None, kept["base64"])
        )
    row: dict[str, Any] = {"status": response.status, "headers": response.headers}
    return row | {"first_byte": round(response.first_byte, 6), "chunks": chunks}


def decode(raw: bytes, *, name: str = "", splitter: Splitter | None = None) -> Cassette:
    """Read a recording.

    `splitter` receives its links, so that bodies split by it later share them. A line that cannot be read
    ends the reading if it is the last one (a torn tail, told in `Cassette.tear`).

    Raises `CassetteError` for anything else that is no cassette: empty, foreign, of a newer format, or broken
    in its middle.
    """
    lines = raw.split(b"\n")
    header = _read_header(lines[0], name)
    reader = _Reader(header, name, splitter or Splitter())
    last = len(lines) - 1
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            reader.take(_line.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, ValueError, RecursionError) as error:
            if number - 1 == last:  # no newline after it: the writer was cut off here
                reader.tear = f"line {number} is torn ({error}); everything before it was read"
                break
            raise _broken(name, number, str(error)) from error
    return reader.cassette()


def _read_header(line: bytes, name: str) -> Header:
    where = name or "the recording"
    try:
        version = msgspec.json.decode(line, type=dict[str, Any]).get("cassette")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        what = f"{where} is no cassette: its first line is no header ({error})" if line.strip() else f"{where} is empty"
        raise CassetteError(what, hint="record one with: nexdiag capture") from error
    if not isinstance(version, int):
        raise CassetteError(
            f"{where} is no cassette: its first line has no `cassette` version", hint="see docs/reference/cassette.md"
        )
    if version > FORMAT:
        hint = "update nexdiag: pip install -U nexdiag"
        raise CassetteError(f"{where} has cassette format {version}; this nexdiag reads up to {FORMAT}", hint=hint)
    try:
        return _header.decode(line)
    except msgspec.ValidationError as error:
        raise _broken(name, 1, str(error)) from error


def _broken(name: str, number: int, why: str) -> CassetteError:
    hint = "restore the file from version control, or cut it before that line"
    return CassetteError(f"{name or 'the recording'} is broken at line {number}: {why}", hint=hint)


class _Reader:
    """Takes lines in order; gives the cassette at the end."""

    def __init__(self, header: Header, name: str, splitter: Splitter) -> None:
        self.header = header
        self.name = name
        self.tear: str | None = None
        self._splitter = splitter
        self._links: dict[int, Link] = {}
        self._exchanges: list[Exchange] = []
        self._turns: dict[int, Turn] = {}
        self._tools: list[ToolRun] = []
        self._log: list[LogLine] = []

    def take(self, line: _Line) -> None:
        """Take one line."""
        if line.link is not None:
            before = None if line.after is None else self._links[line.after]
            text = bytes(line.json) if line.like is None else self._links[line.like].raw
            self._links[line.link] = self._splitter.link(text, before)
        elif line.exchange is not None and line.request is not None:
            self._exchanges.append(self._exchange(line, line.exchange, line.request))
        elif line.tool is not None:
            self._tools.append(_tool_run(line, line.tool))
        elif line.log is not None:
            self._log.append(LogLine(at=line.at, text=line.log, level=line.level, source=line.source, turn=line.turn))
        elif line.turn is not None and line.said is not None:
            self._turns[line.turn] = Turn(number=line.turn, said=line.said, started=line.at, outcome="unfinished")
        elif line.turn is not None and line.ended is not None:
            self._turns[line.turn] = _ended(self._turns[line.turn], line)
        # any other line is of a later, compatible version: it is left alone

    def _exchange(self, line: _Line, number: int, request: _Request) -> Exchange:
        response = line.response
        return Exchange(
            id=number,
            started=line.at,
            request=Request(
                method=request.method, url=request.url, headers=tuple(request.headers), body=self._body(request)
            ),
            response=None
            if response is None
            else Response(
                status=response.status,
                headers=tuple(response.headers),
                first_byte=response.first_byte,
                chunks=tuple(_chunk(chunk) for chunk in response.chunks),
            ),
            failure=line.failure,
            duration=line.duration,
            turn=line.turn,
            attempt=line.attempt,
        )

    def _body(self, request: _Request) -> Body:
        if request.base64 is not None:
            return Body.of(base64.b64decode(request.base64))
        if request.body is None:
            return Body.of((request.text or "").encode())
        comma, colon = (b", ", b": ") if request.spaced else (b",", b":")
        fields = tuple(
            Field(key=b'"' + key.encode() + b'"', value=self._part(raw)) for key, raw in request.body.items()
        )
        return Body(fields=fields, comma=comma, colon=colon, item_comma=comma)

    def _part(self, raw: msgspec.Raw) -> bytes | Link:
        text = bytes(raw)
        if not text.startswith(_REFERENCE):
            return text
        number = _reference.decode(text).link
        if number is None:
            raise ValueError(f"unknown reference {text[:40]!r}")
        return self._links[number]

    def cassette(self) -> Cassette:
        """Everything taken, with exchanges, tool runs and log lines sorted into their turns."""
        exchanges = sorted(self._exchanges, key=lambda exchange: exchange.id)
        by_turn = _by_turn(exchanges), _by_turn(self._tools), _by_turn(self._log)
        turns = tuple(
            msgspec.structs.replace(
                turn,
                exchanges=tuple(by_turn[0][turn.number]),
                tool_runs=tuple(by_turn[1][turn.number]),
                log=tuple(by_turn[2][turn.number]),
            )
            for turn in sorted(self._turns.values(), key=lambda turn: turn.number)
        )
        return Cassette(
            header=self.header,
            turns=turns,
            exchanges=tuple(exchanges),
            tool_runs=tuple(self._tools),
            log=tuple(self._log),
            tear=self.tear,
            name=self.name,
        )


def _by_turn(entries: Iterable[Any]) -> dict[int | None, list[Any]]:
    found: dict[int | None, list[Any]] = defaultdict(list)
    for entry in entries:
        found[entry.turn].append(entry)
    return found


def _chunk(chunk: _Chunk) -> Chunk:
    return Chunk(at=chunk.at, bytes=base64.b64decode(chunk.base64) if chunk.text is None else chunk.text.encode())


def _tool_run(line: _Line, call_id: str) -> ToolRun:
    return ToolRun(
        call_id=call_id,
        name=line.name,
        arguments=line.arguments,
        output=line.output,
        is_error=line.is_error,
        started=line.at,
        duration=line.duration,
        turn=line.turn,
    )


def _ended(turn: Turn, line: _Line) -> Turn:
    return msgspec.structs.replace(
        turn,
        outcome=line.ended or turn.outcome,
        reply=line.reply,
        error=line.error,
        usage=line.usage,
        duration=line.duration,
    )


def encode(cassette: Cassette) -> bytes:
    """The whole file for a cassette: header, then turns with what belongs to them, in the order of time."""
    encoder = Encoder()
    rows: list[tuple[float, int, bytes]] = []
    for turn in cassette.turns:
        rows.append((turn.started, 0, encoder.turn_started(turn)))
        if turn.outcome != "unfinished":
            rows.append((turn.started + turn.duration, 4, encoder.turn_ended(turn)))
    rows += [(run.started, 2, encoder.tool_run(run)) for run in cassette.tool_runs]
    rows += [(line.at, 3, encoder.log_line(line)) for line in cassette.log]
    in_time = sorted(cassette.exchanges, key=lambda exchange: exchange.started)  # a link is written before it is used
    rows += [(exchange.started, 1, encoder.exchange(exchange)) for exchange in in_time]
    rows.sort(key=lambda row: row[:2])
    return encoder.header(cassette.header) + b"".join(row[2] for row in rows)
