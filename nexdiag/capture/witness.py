"""Between a client that says nothing of its turns and the recorder: groups what passes, and tells it as it passes.

A turn's opening line is written right after its first exchange, so that what was said is stored once, with the message
that says it; its last line when the next turn of its session begins, or at the end.

Law: whatever goes wrong here, the traffic goes on, and is recorded without its turn. It may be called from several
threads, as the recorder may.
"""

import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

import msgspec

from nexdiag.capture.grouping.answers import Heard, heard
from nexdiag.capture.grouping.places import Grouping, Place
from nexdiag.capture.grouping.turns import Book
from nexdiag.capture.logs.under_way import Spans
from nexdiag.capture.recorder import ENDED_FIRST, InSession, Passing, Recorder
from nexdiag.core.exchange import Exchange, Headers, Request
from nexdiag.core.message import Usage
from nexdiag.core.turn import LogLine

_Given = TypeVar("_Given")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a progress line says of one request: first when it goes out, then again when it has ended."""

    number: int
    """Of this witness, from 0: both tellings have the same."""
    ended: bool = False
    session: str = ""
    turn: int | None = None
    attempt: int = 1
    begins: bool = False
    """It begins its turn."""
    aside: str = ""
    """For a request that belongs to no turn, what it is for."""
    method: str
    path: str
    messages: int = 0
    status: int | None = None
    usage: Usage = Usage()
    streamed: bool = False
    chunks: int = 0
    first_byte: float | None = None
    """Seconds from the request to the response head; None if there was none."""
    duration: float = 0.0
    refusal: str = ""
    """The server's words, or the transport's, where it was no answer."""
    calls: tuple[str, ...] = ()
    """Names of the tools that were called."""


class Witness:
    """Has the doors of a recorder: `begin`, and what it gives has `head`, `chunk` and `end`."""

    def __init__(self, recorder: Recorder | InSession, *, told: Callable[[Told], None] = lambda passing: None) -> None:
        """`told` hears of each request at its beginning and at its end; what it raises is its own affair."""
        self.recorder = recorder
        self._told = told
        self._grouping = Grouping()
        self._book = Book()
        self._spans = Spans()
        self._lock = threading.RLock()
        self._passing: dict[int, Witnessed] = {}
        self._count = 0
        self.faults = 0
        """How often a request could not be grouped because of a fault of ours."""

    def begin(self, request: Request, *, turn: object = None, attempt: object = None, session: str = "") -> "Witnessed":
        """A request goes out. A turn that its client gives goes before what would be found."""
        with self._lock:
            number, self._count = self._count, self._count + 1
            started = self.recorder.clock()
            place = Place(session=session) if turn is not None else self._placed(number, request, started)
            where = place.turn if turn is None else turn
            tried = place.attempt if turn is None or attempt is None else attempt
            told = Told(
                number=number,
                session=place.session,
                turn=where if isinstance(where, int) else None,
                attempt=tried if isinstance(tried, int) else 1,
                begins=place.begins,
                aside=place.aside,
                method=request.method,
                path=self._shown(request.path.partition("?")[0]),  # a key may stand in its query
                messages=place.messages,
            )
            passing = self.recorder.begin(
                request, turn=where, attempt=tried, session=place.session, ended=lambda one: self._ended(one, told)
            )
            witnessed = self._passing[number] = Witnessed(self, passing, told)
            self._try(lambda: self._spans.begun(number, started, told.session, told.turn, request.headers))
        self._tell(told)
        return witnessed

    def log_line(self, line: LogLine) -> None:
        """A daemon has logged: the line gets the turn that was under way, unless it has one."""
        if line.turn is None:
            with self._lock:
                session, turn = self._spans.at(line.at, line.text)
            line = msgspec.structs.replace(line, session=session, turn=turn)
        self.recorder.log_line(line)

    def offset(self, line: LogLine) -> float | None:
        """By how many seconds the clock behind a line is off, where the line names a request that passed here."""
        with self._lock:
            return self._spans.offset(line.at, line.text, self.recorder.clock())

    def close(self) -> None:
        """The recording ends: what is under way is kept as far as it came, and the turns are closed."""
        for passing in list(self._passing.values()):
            passing.end(ENDED_FIRST)
        with self._lock:
            for turn in self._try(self._book.close) or ():
                self.recorder.turn_ended(turn)

    def came(self, told: Told, headers: Headers) -> None:
        """A response head came: it may name the request as the server's log does."""
        with self._lock:
            self._try(lambda: self._spans.named(told.number, headers))

    def _ended(self, exchange: Exchange, told: Told) -> None:
        """An exchange has ended, and is written."""
        exchange = msgspec.structs.replace(exchange, id=told.number)
        answer = self._try(lambda: heard(exchange))
        if answer is None:
            answer = Heard(status=None if exchange.response is None else exchange.response.status)
        with self._lock:
            self._passing.pop(told.number, None)
            self._try(lambda: self._sorted(exchange, answer))
        response = exchange.response
        self._tell(
            msgspec.structs.replace(
                told,
                ended=True,
                path=self._shown(told.path),  # again: what the request carries is known by now
                status=answer.status,
                usage=answer.usage,
                streamed=response is not None and response.streamed,
                chunks=0 if response is None else len(response.chunks),
                first_byte=None if response is None else response.first_byte,
                duration=exchange.duration,
                refusal=self._shown(answer.refusal),
                calls=answer.calls,
            )
        )

    def _sorted(self, exchange: Exchange, answer: Heard) -> None:
        """The exchange with its answer goes into its turn."""
        self._spans.ended(exchange.id, exchange.started + exchange.duration, answer.response_id)
        self._try(lambda: self._grouping.answered(exchange.id, answer))
        opened, over = self._book.ended(exchange, answer)
        if opened is not None:
            self.recorder.turn_started(opened)
        if over is not None:
            self.recorder.turn_ended(over)

    def _placed(self, number: int, request: Request, started: float) -> Place:
        place = self._try(lambda: self._grouping.asked(number, request)) or Place()
        over = self._try(lambda: self._book.asked(number, place, started))
        if over is not None:
            self.recorder.turn_ended(over)
        return place

    def _shown(self, text: str) -> str:
        return self._try(lambda: self.recorder.text(text)) or ""

    def _tell(self, told: Told) -> None:
        with contextlib.suppress(Exception):  # whoever listens: its fault is its own
            self._told(told)

    def _try(self, work: Callable[[], _Given]) -> _Given | None:
        """What it gives; None, and a fault counted, where it fails: what is recorded must pass all the same."""
        try:
            return work()
        except Exception:  # noqa: BLE001 - whatever it is
            self.faults += 1
            return None


class Witnessed:
    """One round trip under way, as `Passing` is."""

    def __init__(self, witness: Witness, passing: Passing, told: Told) -> None:
        """The request has just been sent."""
        self._witness = witness
        self._passing = passing
        self._told = told

    def head(self, status: int, headers: Headers) -> None:
        """The response head came."""
        self._passing.head(status, headers)
        self._witness.came(self._told, headers)

    def chunk(self, piece: bytes) -> None:
        """A piece of the body came."""
        self._passing.chunk(piece)

    def end(self, failure: str | None = None) -> None:
        """The round trip is over; later ends say nothing."""
        self._passing.end(failure)
