"""The recorder: takes what passes, word by word, redacts it, and hands it to the writer. From any thread.

Law: whatever goes wrong with the recording, the traffic goes on, and `Recorder.trouble` tells.
"""

import itertools
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec

from nexdiag.capture.redact import Redactor
from nexdiag.capture.whole import is_whole
from nexdiag.capture.writer import Writer
from nexdiag.codec import encodings
from nexdiag.codec.body import Splitter
from nexdiag.core.exchange import Chunk, Exchange, Headers, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn

Clock = Callable[[], float]
Ended = Callable[[Exchange], None]
_Word = TypeVar("_Word")
_NONE = ("", "identity")
"""Content-encodings that change nothing."""
ENDED_FIRST = "Unfinished: the recording ended first"
CLIENT_CLOSED = "ClientClosed: the client stopped reading before the end"


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
        self._splitter = Splitter()
        self._numbers = itertools.count(writer.next_number)
        self._lock = threading.RLock()
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
        passing = self._passing[number] = Passing(self, exchange, ended)
        return passing

    def text(self, text: str) -> str:
        """A text without its secrets, to be shown to somebody."""
        with self._lock:
            return self.redactor.text(text)

    def keep(self, exchange: Exchange) -> None:
        """A round trip has ended: write it without its secrets."""
        self._passing.pop(exchange.id, None)
        self._keep(self._clean_exchange, exchange, self.writer.exchange)

    def turn_started(self, turn: Turn) -> None:
        """A turn begins."""
        self._keep(self._clean_turn, turn, self.writer.turn_started)

    def turn_ended(self, turn: Turn) -> None:
        """A turn has ended."""
        self._keep(self._clean_turn, turn, self.writer.turn_ended)

    def tool_run(self, run: ToolRun) -> None:
        """A tool has run."""
        self._keep(self._clean_run, run, self.writer.tool_run)

    def log_line(self, line: LogLine) -> None:
        """A daemon has logged."""
        self._keep(self._clean_line, line, self.writer.log_line)

    def close(self) -> None:
        """The recording ends: what is still under way is kept as far as it came."""
        for passing in list(self._passing.values()):
            passing.end(ENDED_FIRST)
        self.writer.close()

    def _keep(self, clean: Callable[[_Word], _Word], word: _Word, write: Callable[[_Word], None]) -> None:
        try:
            with self._lock:  # the order of lines is the order of what is referred to in them
                write(clean(word))
        except Exception as error:  # noqa: BLE001 - recording must never break what it records
            self.writer.stop(f"{type(error).__name__} while secrets were looked for")

    def _clean_exchange(self, exchange: Exchange) -> Exchange:
        request = self._plain(exchange.request)
        return msgspec.structs.replace(
            exchange,
            request=self.redactor.request(request),
            response=None if exchange.response is None else self.redactor.response(exchange.response),
            failure=None if exchange.failure is None else self.redactor.text(exchange.failure),
        )

    def _plain(self, request: Request) -> Request:
        """The request with its body in parts, and without its content-encoding, if that can be undone."""
        raw = request.body.join()
        encoding = next((value for name, value in request.headers if name == "content-encoding"), "").strip().lower()
        plain = encodings.plain(raw, encoding) if encoding not in _NONE else None
        if plain is None:
            return msgspec.structs.replace(request, body=self._splitter.split(raw))
        return msgspec.structs.replace(request, body=self._splitter.split(plain), encoding=encoding)

    def _clean_turn(self, turn: Turn) -> Turn:
        reply, error = (None if text is None else self.redactor.text(text) for text in (turn.reply, turn.error))
        return msgspec.structs.replace(turn, said=self.redactor.text(turn.said), reply=reply, error=error)

    def _clean_run(self, run: ToolRun) -> ToolRun:
        arguments, output = self.redactor.text(run.arguments), self.redactor.text(run.output)
        return msgspec.structs.replace(run, arguments=arguments, output=output)

    def _clean_line(self, line: LogLine) -> LogLine:
        return self.redactor.line(line)


class InSession:
    """A recorder for one conversation of several: all that it is given is of that session."""

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
        own = session or self.session
        return self.recorder.begin(request, turn=turn, attempt=attempt, session=own, ended=ended)

    def turn_started(self, turn: Turn) -> None:
        """A turn begins."""
        self.recorder.turn_started(msgspec.structs.replace(turn, session=self.session))

    def turn_ended(self, turn: Turn) -> None:
        """A turn has ended."""
        self.recorder.turn_ended(msgspec.structs.replace(turn, session=self.session))

    def tool_run(self, run: ToolRun) -> None:
        """A tool has run."""
        self.recorder.tool_run(msgspec.structs.replace(run, session=self.session))


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
            if failure == CLIENT_CLOSED and is_whole(headers, self._chunks):
                failure = None
        took = self._recorder.ticks() - self._began
        whole = msgspec.structs.replace(self._exchange, response=response, failure=failure, duration=took)
        self._recorder.keep(whole)
        self._then(whole)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
