"""The recorder: takes what passes, word by word, redacts it, and hands it to the writer. From any thread.

Law: whatever goes wrong with the recording, the traffic goes on, and `Recorder.trouble` tells.
"""

import itertools
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import msgspec

from nexdiag.capture.redaction.redact import MOST_HELD, Redactor
from nexdiag.capture.whole import is_whole
from nexdiag.capture.writer import Writer
from nexdiag.codec.body import Splitter
from nexdiag.codec.encodings import plain_request
from nexdiag.core.exchange import CLIENT_LEFT, UNFINISHED, Chunk, Exchange, Headers, Request, Response, client_left
from nexdiag.core.turn import LogLine, ToolRun, Turn

Clock = Callable[[], float]
Ended = Callable[[Exchange], None]
_Word = TypeVar("_Word")
_LARGE = 2**20
_LARGE_CODED = 2**14
"""Bytes on the wire from which an exchange is large; with a content-encoding it may hold a hundred times as much."""
_HIGHEST = 2**53
"""What comes from a client as the number of a turn is not written above what a reader takes."""
ENDED_FIRST = f"{UNFINISHED}: the recording ended first"
CLIENT_CLOSED = f"{CLIENT_LEFT}: the client stopped reading before the end"


class Recorder:
    """Takes exchanges, turns, tool runs and log lines; redacts them; hands them to the writer."""

    def __init__(
        self, writer: Writer, redactor: Redactor, *, clock: Clock = time.time, ticks: Clock = time.perf_counter
    ) -> None:
        """`clock` gives Unix time; `ticks` gives seconds that never jump, for durations."""
        self.writer = writer
        self.redactor = redactor
        self.clock = clock
        self.ticks = ticks
        self._small, self._large = _Lane(redactor), _Lane(redactor.apart())
        self._numbers = itertools.count(writer.next_number)
        self._passing: dict[int, Passing] = {}

    @property
    def trouble(self) -> str | None:
        """Why recording stopped before its end; None if it did not."""
        return self.writer.trouble

    def begin(
        self,
        request: Request,
        *,
        turn: object = None,
        attempt: object = 1,
        session: str = "",
        ended: Ended = lambda exchange: None,
    ) -> "Passing":
        """A request goes out. What is no number of a turn or an attempt counts as none.

        `ended` hears of the exchange when it is kept; its secrets are still in it.
        """
        number = next(self._numbers)
        exchange = Exchange(
            id=number,
            started=self.clock(),
            request=request,
            turn=_count(turn),
            attempt=_count(attempt) or 1,
            session=session,
        )
        try:
            with self._small.lock:  # what it carries may be in a log long before it has ended
                self.redactor.hear(request)
        except Exception as error:  # noqa: BLE001 - recording must never break what it records
            self.writer.stop(f"{type(error).__name__} while secrets were looked for")
        passing = self._passing[number] = Passing(self, exchange, ended)
        return passing

    def text(self, text: str) -> str:
        """A text without its secrets, to be shown to somebody."""
        with self._small.lock:
            return self.redactor.text(text)

    def keep(self, exchange: Exchange) -> None:
        """A round trip has ended: write it without its secrets."""
        self._passing.pop(exchange.id, None)
        lane = self._large if is_large(exchange) else self._small
        self._keep(lane.exchange, exchange, self.writer.exchange)

    def turn_started(self, turn: Turn) -> None:
        """A turn begins."""
        self._keep(self._turn, turn, self.writer.turn_started)

    def turn_ended(self, turn: Turn) -> None:
        """A turn has ended."""
        self._keep(self._turn, turn, self.writer.turn_ended)

    def tool_run(self, run: ToolRun) -> None:
        """A tool has run."""
        self._keep(partial(self._clean, self.redactor.tool_run), run, self.writer.tool_run)

    def log_line(self, line: LogLine) -> None:
        """A daemon has logged."""
        self._keep(partial(self._clean, self.redactor.line), line, self.writer.log_line)

    def close(self, *, keep_empty: bool = True) -> None:
        """The recording ends: what is still under way is kept as far as it came.

        Without `keep_empty`, a file in which no exchange stands is removed.
        """
        for passing in list(self._passing.values()):
            passing.end(ENDED_FIRST)
        self.writer.close(keep=keep_empty or self.writer.exchanges > 0)

    def _keep(self, clean: Callable[[_Word], _Word], word: _Word, write: Callable[[_Word], None]) -> None:
        try:
            write(clean(word))
        except Exception as error:  # noqa: BLE001 - recording must never break what it records
            self.writer.stop(f"{type(error).__name__} while secrets were looked for")

    def _clean(self, clean: Callable[[_Word], _Word], word: _Word) -> _Word:
        with self._small.lock:
            return clean(word)

    def _turn(self, turn: Turn) -> Turn:
        lane = self._large if len(turn.said) + len(turn.reply or "") > _LARGE else self._small
        with lane.lock:
            return lane.redactor.turn(turn)


class _Lane:
    """One who takes the secrets out of exchanges. What is large has a lane of its own: nothing small waits for it."""

    def __init__(self, redactor: Redactor) -> None:
        self.lock = threading.RLock()
        self.redactor = redactor
        self._splitter = Splitter(limit=MOST_HELD)

    def exchange(self, exchange: Exchange) -> Exchange:
        """The round trip without its secrets; its body in parts, and without a content-encoding that can be undone."""
        with self.lock:
            plain = plain_request(exchange.request)
            request = msgspec.structs.replace(plain, body=self._splitter.split(plain.body.join()))
            return self.redactor.exchange(msgspec.structs.replace(exchange, request=request))


def is_large(exchange: Exchange) -> bool:
    """Whether it takes long to look through: others should not have to wait for it."""
    response = exchange.response
    size = len(exchange.request.body.raw or b"")
    coded = bool(exchange.request.header("content-encoding"))
    if response is not None:
        size += sum(len(chunk.bytes) for chunk in response.chunks)
        coded = coded or bool(response.header("content-encoding"))
    return size > (_LARGE_CODED if coded else _LARGE)


class InSession:
    """A recorder for one conversation of several: all that it is given is of that session, or named after it."""

    def __init__(self, recorder: Recorder, session: str) -> None:
        """`session` is empty for the first, or only, conversation of a recording."""
        self.recorder = recorder
        self.session = session

    def begin(
        self,
        request: Request,
        *,
        turn: object = None,
        attempt: object = 1,
        session: str = "",
        ended: Ended = lambda exchange: None,
    ) -> "Passing":
        """A request goes out."""
        own = self._named(session)
        return self.recorder.begin(request, turn=turn, attempt=attempt, session=own, ended=ended)

    def turn_started(self, turn: Turn) -> None:
        """A turn begins."""
        self.recorder.turn_started(msgspec.structs.replace(turn, session=self._named(turn.session)))

    def turn_ended(self, turn: Turn) -> None:
        """A turn has ended."""
        self.recorder.turn_ended(msgspec.structs.replace(turn, session=self._named(turn.session)))

    def tool_run(self, run: ToolRun) -> None:
        """A tool has run."""
        self.recorder.tool_run(msgspec.structs.replace(run, session=self._named(run.session)))

    def log_line(self, line: LogLine) -> None:
        """A daemon has logged."""
        self.recorder.log_line(msgspec.structs.replace(line, session=self._named(line.session)))

    def text(self, text: str) -> str:
        """A text without its secrets, to be shown to somebody."""
        return self.recorder.text(text)

    def clock(self) -> float:
        """The time as the recorder has it."""
        return self.recorder.clock()

    @property
    def trouble(self) -> str | None:
        """Why recording stopped before its end; None if it did not."""
        return self.recorder.trouble

    def _named(self, session: str) -> str:
        return f"{self.session}/{session}" if self.session and session else self.session or session


class Passing:
    """One round trip under way. It is kept once, when it ends, however it ends."""

    def __init__(self, recorder: Recorder, exchange: Exchange, then: Ended) -> None:
        """The request has just been sent; `then` hears of the exchange when it is kept."""
        self._recorder = recorder
        self._exchange = exchange
        self._then = then
        self._lock = threading.Lock()
        self._began = recorder.ticks()
        self._head: tuple[int, Headers, float] | None = None
        self._chunks: list[Chunk] = []
        self._ended = False

    def head(self, status: int, headers: Headers) -> None:
        """The response head came."""
        self._head = (status, headers, self._recorder.ticks() - self._began)

    def chunk(self, piece: bytes) -> None:
        """A piece of the body came."""
        self._chunks.append(Chunk(at=self._recorder.ticks() - self._began, bytes=piece))

    def end(self, failure: str | None = None) -> None:
        """The round trip is over; `failure` says why it broke off, if it did. Later ends say nothing."""
        with self._lock:  # the client and the end of the recording may end it at the same moment
            if self._ended:
                return
            self._ended = True
        response = None
        if self._head is not None:
            status, headers, first = self._head
            response = Response(status=status, headers=headers, chunks=tuple(self._chunks), first_byte=first)
            if client_left(failure) and is_whole(headers, self._chunks):
                failure = None
        took = self._recorder.ticks() - self._began
        whole = msgspec.structs.replace(self._exchange, response=response, failure=failure, duration=took)
        self._recorder.keep(whole)
        self._then(whole)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= _HIGHEST else None
