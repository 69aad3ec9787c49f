"""What the lines of a cassette come to when they are taken one after the other. A contradiction is a ValueError."""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import TypeVar, cast

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.body import COLON, COMMA, Splitter
from nexdiag.codec.cassette.frames import NONE, Framed, Whole, made, unframed
from nexdiag.codec.cassette.limits import AGAIN, LONGEST_LIST, LONGEST_SEPARATOR, Room
from nexdiag.codec.cassette.lines import (
    LATEST,
    REFERENCE,
    HeadersLine,
    Line,
    OldChunk,
    Reference,
    RequestLine,
    ResponseLine,
    SharedHeaders,
    Spoken,
)
from nexdiag.codec.cassette.saying import said_in
from nexdiag.core.body import Body, Field, Link
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Chunks, Exchange, Headers, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn

_Entry = TypeVar("_Entry", Exchange, ToolRun, LogLine)
_Place = tuple[str, int, int]
"""A turn: its session, its number, and which of the turns of that number, from 1."""
_MICRO = 1_000_000

_reference = msgspec.json.Decoder(Reference)


class Recording:
    """Takes lines in order; gives the cassette at the end."""

    def __init__(self, splitter: Splitter, *, size: int) -> None:
        """Start before the first line after the header; `splitter` receives the links. `size`: bytes of the file."""
        self._splitter = splitter
        self._room = Room(size)
        self._again: dict[int, int] = {}
        """Of each link whose chain repeats texts, by its number: how many bytes."""
        self._said: dict[int, str] = {}
        """Of each link that a turn referred to: what it says."""
        self.links: dict[int, Link] = {}
        """Every link and every list of headers so far, by its number."""
        self._exchanges: dict[int, tuple[_Place | None, Exchange]] = {}
        self._turns: dict[_Place, Turn] = {}
        self._begun: Counter[tuple[str, int]] = Counter()
        self.headers: dict[int, Headers] = {}
        self._runs: list[tuple[_Place | None, ToolRun]] = []
        self._log: list[tuple[_Place | None, LogLine]] = []

    def take(self, line: Line) -> None:
        """Take one line. Raises ValueError if it contradicts itself or the lines before it."""
        if line.link is not None:
            self._take_link(line, line.link)
        elif line.headers is not None:
            if line.headers in self.headers:
                raise ValueError(f"headers {line.headers} were there before")
            self.headers[line.headers] = tuple(line.pairs)
        elif line.exchange is not None:
            if line.exchange in self._exchanges:
                raise ValueError(f"exchange {line.exchange} was there before")
            self._exchanges[line.exchange] = self._place(line), self._exchange(line, line.exchange)
        elif line.tool is not None:
            self._runs.append((self._place(line), _tool_run(line, line.tool)))
        elif line.log is not None:
            said = LogLine(at=line.at, text=line.log, level=line.level, source=line.source, turn=line.turn)
            self._log.append((self._place(line), msgspec.structs.replace(said, session=line.session)))
        elif line.said is not None:
            self._begin(line, line.said)
        elif line.ended is not None:
            self._end(line, line.ended)
        # any other line is of a later, compatible version: it is left alone

    def _place(self, line: Line) -> _Place | None:
        """The turn that a line belongs to: the newest of its number, or one that is still to begin."""
        if line.turn is None:
            return None
        return (line.session, line.turn, max(1, self._begun[line.session, line.turn]))

    def _begin(self, line: Line, said: str | Spoken) -> None:
        number = _turn_number(line)
        self._begun[line.session, number] += 1
        text = said if isinstance(said, str) else self._text(said)
        turn = Turn(number=number, session=line.session, said=text, started=line.at, outcome="unfinished")
        self._turns[line.session, number, self._begun[line.session, number]] = turn

    def _text(self, said: Spoken) -> str:
        text = self._said.get(said.link)
        if text is None:
            text = said_in(self._link(said.link).raw)
        if text is None:
            raise ValueError(f"link {said.link} is no message of a user, and a turn begins with it")
        self._room.take(len(text))
        self._said[said.link] = text
        return text

    def _take_link(self, line: Line, number: int) -> None:
        if number in self.links:
            raise ValueError(f"link {number} was there before")
        before = None if line.after is None else self._link(line.after)
        text = bytes(line.json) if line.like is None else self._link(line.like).raw
        if not text:
            raise ValueError(f"link {number} has neither `json` nor `like`")
        again = (0 if line.after is None else self._again.get(line.after, 0)) + (line.like is not None) * len(text)
        if again > AGAIN:
            raise ValueError(f"link {number} ends a list that repeats more than {AGAIN >> 20} MiB of itself")
        if again:
            self._again[number] = again
        self.links[number] = self._splitter.link(text, before)

    def _link(self, number: int) -> Link:
        try:
            return self.links[number]
        except KeyError:
            raise ValueError(f"it refers to link {number}, which no line before it holds") from None

    def _end(self, line: Line, outcome: str) -> None:
        number = _turn_number(line)
        place = line.session, number, max(1, self._begun[line.session, number])
        begun = self._turns.get(place) or Turn(number=number, session=line.session, said="")  # its beginning was cut
        self._begun[line.session, number] = place[2]
        self._turns[place] = msgspec.structs.replace(
            begun, outcome=outcome, reply=line.reply, error=line.error, usage=line.usage, duration=line.duration
        )

    def _exchange(self, line: Line, number: int) -> Exchange:
        if line.request is None:
            raise ValueError(f"exchange {number} has no request")
        asked = line.request
        return Exchange(
            id=number,
            started=line.at,
            request=Request(
                method=asked.method,
                url=asked.url,
                headers=self._header_list(asked.headers),
                body=self._body(asked),
                encoding=asked.encoding,
            ),
            response=None if line.response is None else self._response(line.response),
            failure=line.failure,
            duration=line.duration,
            turn=line.turn,
            attempt=line.attempt,
            session=line.session,
        )

    def _header_list(self, headers: HeadersLine) -> Headers:
        if not isinstance(headers, SharedHeaders):
            return tuple(headers)
        known = self.headers.get(headers.as_)
        if known is None:
            raise ValueError(f"it refers to headers {headers.as_}, which no line before it holds")
        if len(known) > LONGEST_LIST:
            raise ValueError(f"it refers to headers {headers.as_}, which are more than {LONGEST_LIST}")
        but = headers.but
        return tuple((pair[0], but[pair[0]]) if pair[0] in but else pair for pair in known) if but else known

    def _response(self, line: ResponseLine) -> Response:
        self._room.take(made(line.frame, line.chunks))
        chunks = _chunks(line) if line.at is not None else _chunks_of_format_1(line)
        headers = self._header_list(line.headers)
        return Response(status=line.status, headers=headers, first_byte=line.first_byte, chunks=chunks)

    def _body(self, request: RequestLine) -> Body:
        if request.base64 is not None:
            return Body.of(base64.b64decode(request.base64, validate=True))
        if request.body is None:
            return Body.of((request.text or "").encode())
        comma, colon, item_comma = (text.encode() for text in request.separators)
        if not (COMMA.fullmatch(comma) and COLON.fullmatch(colon) and COMMA.fullmatch(item_comma)):
            raise ValueError(f"separators {str(request.separators)[:200]} are not those of JSON")
        if max(map(len, request.separators)) > LONGEST_SEPARATOR:
            raise ValueError(f"a separator is longer than {LONGEST_SEPARATOR} bytes")
        fields = tuple(Field(key=jsontext.write(key), value=self._part(raw)) for key, raw in request.body.items())
        return Body(fields=fields, comma=comma, colon=colon, item_comma=item_comma)

    def _part(self, raw: msgspec.Raw) -> bytes | Link:
        text = bytes(raw)
        if not text.startswith(REFERENCE):
            return text
        number = _reference.decode(text).link
        if number is None:
            raise ValueError(f"unknown reference {text[:40]!r}")
        return self._link(number)

    def cassette(self, header: Header, *, name: str, tear: str | None) -> Cassette:
        """Everything taken, with exchanges, tool runs and log lines sorted into their turns."""
        exchanges = [self._exchanges[number] for number in sorted(self._exchanges)]
        own_exchanges, own_runs, own_log = _by_place(exchanges), _by_place(self._runs), _by_place(self._log)
        turns = tuple(
            msgspec.structs.replace(
                turn,
                exchanges=tuple(own_exchanges.get(place, ())),
                tool_runs=tuple(own_runs.get(place, ())),
                log=tuple(own_log.get(place, ())),
            )
            for place, turn in self._turns.items()
        )
        return Cassette(
            header=header,
            turns=turns,
            exchanges=tuple(exchange for _, exchange in exchanges),
            tool_runs=tuple(run for _, run in self._runs),
            log=tuple(line for _, line in self._log),
            tear=tear,
            name=name,
        )


def _by_place(entries: Iterable[tuple[_Place | None, _Entry]]) -> dict[_Place, list[_Entry]]:
    found: dict[_Place, list[_Entry]] = {}
    for place, entry in entries:
        if place is not None:
            found.setdefault(place, []).append(entry)
    return found


def _turn_number(line: Line) -> int:
    if line.turn is None:
        raise ValueError("a turn begins or ends without its number, `turn`")
    return line.turn


def _chunks(line: ResponseLine) -> Sequence[Chunk]:
    """The chunks, checked now and made when they are looked at."""
    gaps, said, frame = line.at or [], line.chunks, line.frame
    if len(gaps) != len(said):
        raise ValueError(f"{len(said)} chunks came at {len(gaps)} times")
    moments = list(accumulate(gaps))
    if moments and not 0 <= min(moments) <= max(moments) <= LATEST * _MICRO:
        raise ValueError("a chunk came at a time that is none")
    for piece in said:
        if not isinstance(piece, str):
            _check(piece)
    texts = cast("list[Framed]", said)

    def make() -> tuple[Chunk, ...]:
        return tuple(
            Chunk(at=at / _MICRO, bytes=unframed(frame, piece)) for at, piece in zip(moments, texts, strict=True)
        )

    def raws() -> list[bytes]:
        return [unframed(frame, text) for text in texts]

    return Chunks(len(said), make, raws)


def _check(piece: list[str | float | None] | Whole) -> None:
    """Raises ValueError for a piece that cannot be made."""
    if isinstance(piece, Whole):
        unframed(NONE, piece)
    elif not all(isinstance(text, str) for text in piece):
        raise ValueError("a chunk is made of something else than texts")


def _chunks_of_format_1(line: ResponseLine) -> Sequence[Chunk]:
    old = msgspec.convert(line.chunks, list[OldChunk])
    return tuple(
        Chunk(
            at=chunk.at,
            bytes=base64.b64decode(chunk.base64, validate=True) if chunk.text is None else chunk.text.encode(),
        )
        for chunk in old
    )


def _tool_run(line: Line, call_id: str) -> ToolRun:
    return ToolRun(
        call_id=call_id,
        name=line.name,
        arguments=line.arguments,
        output=line.output,
        is_error=line.is_error,
        started=line.at,
        duration=line.duration,
        turn=line.turn,
        session=line.session,
    )
