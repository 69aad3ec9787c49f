"""`Cassette` → JSON Lines, one word after the other. What it gives can always be read again.

What stood in the recording before is referred to: messages, lists of headers, and the text that a turn began with.

Never here: files. Who writes, and when it is safe on disk, is capture.writer's.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.body import COLON, COMMA
from nexdiag.codec.cassette.frames import NONE, frame_of, framed, made
from nexdiag.codec.cassette.limits import AGAIN, LONGEST_LIST, LONGEST_SAID, LONGEST_SEPARATOR, TIMES
from nexdiag.codec.cassette.lines import LATEST, REFERENCE
from nexdiag.codec.cassette.saying import said_in
from nexdiag.core.body import Body, Link
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Exchange, Headers, Request, Response
from nexdiag.core.message import Usage
from nexdiag.core.turn import LogLine, ToolRun, Turn

_COMPACT = (b",", b":", b",")
_Word = TypeVar("_Word")
_Row = tuple[float, int, bytes]
_REPEATED = 24
"""Characters of what was said from which a reference is shorter than the text."""
_MICRO = 1_000_000


class Encoder:
    """Gives the lines of one recording, in order. Remembers which links it has written."""

    def __init__(self) -> None:
        """Start a recording."""
        self._numbers: dict[bytes, int] = {}
        """Of each list written so far, by its digest: lists that were split apart from each other share lines too."""
        self._first: dict[bytes, int] = {}
        """Of each entry's text, the link that carries it."""
        self._again: dict[bytes, int] = {}
        """Of each list that repeats texts, by its digest: how many bytes."""
        self._said: dict[bytes, int] = {}
        """Of each text that a user's message holds, by its digest, the link of the message."""
        self._headers: dict[tuple[str, ...], tuple[int, Headers]] = {}
        """Of each sequence of names, the newest list of headers that was written whole."""
        self._links = 0
        self._lists = 0
        """The numbers of the next link, and of the next list of headers."""

    def resume(self, links: Mapping[int, Link], headers: Mapping[int, Headers]) -> None:
        """Go on from a recording that holds these: what it holds is referred to and not written again."""
        for number, link in links.items():
            self._know(link, number)
        for number, pairs in headers.items():
            names = tuple(name for name, _ in pairs)
            if len(set(names)) == len(names) <= LONGEST_LIST:
                self._headers[names] = (number, pairs)
        self._links, self._lists = (max(numbers, default=-1) + 1 for numbers in (links, headers))

    def header(self, header: Header) -> bytes:
        """The first line."""
        return jsontext.write(header) + b"\n"

    def exchange(self, exchange: Exchange) -> bytes:
        """The lines for one finished exchange: its new links, then itself."""
        lines: list[bytes] = []
        request = self._request(exchange.request, lines)
        response = self._response(exchange.response, lines)
        row: dict[str, Any] = {"exchange": exchange.id} | _place(exchange) | {"at": _seconds(exchange.started)}
        if exchange.attempt != 1:
            row["attempt"] = exchange.attempt
        row |= {"request": request, "response": response, "duration": _seconds(exchange.duration)}
        if exchange.failure is not None:
            row["failure"] = exchange.failure
        return b"".join(lines) + _line(row)

    def turn_started(self, turn: Turn) -> bytes:
        """The line that opens a turn."""
        row = _place(turn) | {"at": _seconds(turn.started)}
        link = self._said.get(_digest(turn.said)) if _REPEATED <= len(turn.said) <= LONGEST_SAID else None
        return _line(row | {"said": turn.said if link is None else {"link": link}})

    def turn_ended(self, turn: Turn) -> bytes:
        """The line that closes a turn."""
        row = _place(turn) | {"ended": turn.outcome, "duration": _seconds(turn.duration)}
        if turn.reply is not None:
            row["reply"] = turn.reply
        if turn.error is not None:
            row["error"] = turn.error
        return _line(row | {"usage": turn.usage} if turn.usage != Usage() else row)

    def tool_run(self, run: ToolRun) -> bytes:
        """The line of one tool run."""
        row = {"tool": run.call_id} | _place(run) | {"at": _seconds(run.started), "name": run.name}
        row |= {"arguments": run.arguments, "output": run.output, "is_error": run.is_error}
        return _line(row | {"duration": _seconds(run.duration)})

    def log_line(self, line: LogLine) -> bytes:
        """The line of one log line."""
        row = {"log": line.text} | _place(line) | {"at": _seconds(line.at)}
        if line.level is not None:
            row["level"] = line.level
        return _line(row | {"source": line.source} if line.source != "daemon" else row)

    def _request(self, request: Request, lines: list[bytes]) -> dict[str, Any]:
        row: dict[str, Any] = {"method": request.method, "url": request.url}
        row["headers"] = self._header_list(request.headers, lines)
        if request.encoding:
            row["encoding"] = request.encoding
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
            and max(map(len, (body.comma, body.colon, body.item_comma))) <= LONGEST_SEPARATOR
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
        number = self._links
        self._links += 1
        first = self._know(link, number)
        row: dict[str, Any] = {"link": number, "after": self._numbers[link.before.digest] if link.before else None}
        if first != number and self._again.get(link.digest, 0) <= AGAIN:
            return _line(row | {"like": first})
        self._repeats(link, 0)
        return _line(row | {"json": msgspec.Raw(link.raw)})

    def _know(self, link: Link, number: int) -> int:
        """The link stands in the file under that number. Gives the first link that has the same text."""
        self._numbers[link.digest] = number
        first = self._first.setdefault(link.raw, number)
        self._repeats(link, len(link.raw) if first != number else 0)
        said = said_in(link.raw) if first == number else None
        if said is not None and len(said) >= _REPEATED:
            self._said.setdefault(_digest(said), number)
        return first

    def _repeats(self, link: Link, size: int) -> None:
        """The link adds so many bytes to what its list repeats."""
        before = self._again.get(link.before.digest, 0) if link.before is not None else 0
        if before or size:
            self._again[link.digest] = before + size

    def _header_list(self, headers: Headers, lines: list[bytes]) -> object:
        """The list, by what it changes of one that was written before, if that is the shorter way to say it."""
        names = tuple(name for name, _ in headers)
        if len(set(names)) < len(names) or not names or len(names) > LONGEST_LIST:
            return headers
        known = self._headers.get(names)
        if known is not None:
            number, pairs = known
            but = dict(pair for pair, old in zip(headers, pairs, strict=True) if pair != old)
            if sum(map(len, but.values())) <= sum(len(value) for _, value in headers) // 2 + _REPEATED:
                return {"as": number} | ({"but": but} if but else {})
        number = self._lists
        self._lists += 1
        self._headers[names] = (number, headers)
        lines.append(_line({"headers": number, "pairs": headers}))
        return {"as": number}

    def _response(self, response: Response | None, lines: list[bytes]) -> dict[str, Any] | None:
        if response is None:
            return None
        row: dict[str, Any] = {"status": response.status, "headers": self._header_list(response.headers, lines)}
        row["first_byte"] = _seconds(response.first_byte)
        pieces = [chunk.bytes for chunk in response.chunks]
        frame = frame_of(pieces)
        said = [framed(frame, piece) for piece in pieces]
        if (more := made(frame, said)) > TIMES * len(said) and more > TIMES * len(jsontext.write(said)):
            frame, said = NONE, [framed(NONE, piece) for piece in pieces]  # a reader would take it for a bomb
        if frame != NONE:
            row["frame"] = frame
        moments = [_microseconds(chunk.at) for chunk in response.chunks]
        row["at"] = [at - before for before, at in zip([0, *moments], moments, strict=False)]
        return row | {"chunks": said}


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


def _microseconds(value: float) -> int:
    """To be read as the very float that `_seconds` gives."""
    seconds = _seconds(value)
    count = round(seconds * _MICRO)
    return (
        count if count / _MICRO == seconds else int(Decimal(repr(seconds)) * _MICRO)
    )  # so late the product is inexact


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


def _place(word: Exchange | Turn | ToolRun | LogLine) -> dict[str, Any]:
    """Which turn of which session, as far as it is known."""
    turn = word.number if isinstance(word, Turn) else word.turn
    row: dict[str, Any] = {"session": word.session} if word.session else {}
    return row if turn is None else row | {"turn": turn}


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
