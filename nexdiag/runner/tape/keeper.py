"""The half of a tape that records. The file is begun with the first request: a scope that records nothing leaves none.

Law: whatever goes wrong with the file, the request goes on, and `trouble` tells.
"""

import os
import platform
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from nexdiag.capture.recorder import Ended, Passing, Recorder
from nexdiag.capture.redact import Redactor
from nexdiag.capture.transport import Passage
from nexdiag.capture.witness import Witness
from nexdiag.capture.writer import Writer
from nexdiag.codec.wire import DIALECTS, wire_of
from nexdiag.core.cassette import Header
from nexdiag.core.errors import NexdiagError
from nexdiag.core.exchange import Exchange, Headers, Request
from nexdiag.core.turn import Turn
from nexdiag.core.version import TOOL

_CLIENTS = ("anthropic", "httpx", "httpx2", "langchain_openai", "litellm", "llm", "openai", "pydantic_ai")
"""Libraries whose versions may explain a recording, where they are loaded."""


class _Named(msgspec.Struct):
    model: str = ""


_named = msgspec.json.Decoder(_Named)


class Unkept:
    """A round trip that nobody keeps."""

    def head(self, status: int, headers: Headers) -> None:
        """The response head came."""

    def chunk(self, piece: bytes) -> None:
        """A piece of the body came."""

    def end(self, failure: str | None = None) -> None:
        """The round trip is over."""


class _Within(Recorder):
    """A recorder of one conversation: what it is told of others of the same client is named after it."""

    def __init__(self, writer: Writer, redactor: Redactor, session: str) -> None:
        super().__init__(writer, redactor)
        self._session = session

    def begin(
        self,
        request: Request,
        *,
        turn: object = None,
        attempt: object = 1,
        session: str = "",
        ended: Ended = lambda exchange: None,
    ) -> Passing:
        return super().begin(request, turn=turn, attempt=attempt, session=self._named(session), ended=ended)

    def turn_started(self, turn: Turn) -> None:
        super().turn_started(msgspec.structs.replace(turn, session=self._named(turn.session)))

    def turn_ended(self, turn: Turn) -> None:
        super().turn_ended(msgspec.structs.replace(turn, session=self._named(turn.session)))

    def _named(self, session: str) -> str:
        return f"{self._session}/{session}" if self._session and session else self._session or session


class Keeper:
    """Records what goes live. It may be used from several threads."""

    def __init__(
        self,
        path: Path,
        into: str,
        redactor: Redactor,
        *,
        session: str = "",
        commit: str = "",
    ) -> None:
        """`into` is that of a `modes.Plan`; `session` names the conversation; `commit` is the one checked out."""
        self._path = path
        self._into = into
        self._redactor = redactor
        self._commit = commit
        self._session = session
        self._lock = threading.Lock()
        self._recorder: Recorder | None = None
        self._witness: Witness | None = None
        self._first = 0
        self._begun = 0
        self._kept: frozenset[int] = frozenset()
        self._trouble: str | None = None
        self._over = into == "nowhere"
        self._process = os.getpid()

    @property
    def begun(self) -> int:
        """How many requests went live while it was to record them."""
        return self._begun

    @property
    def trouble(self) -> str | None:
        """Why something is not in the file; None if all is."""
        return self._trouble or (self._recorder.trouble if self._recorder is not None else None)

    def begin(self, request: Request, *, turn: object = None, attempt: object = 1, session: str = "") -> Passage:
        """A request goes out. What is no number of a turn or an attempt counts as none."""
        with self._lock:
            if self._over or os.getpid() != self._process:  # a forked child does not write to its parent's file
                return Unkept()
            self._begun += 1
            if self._recorder is None and self._trouble is None:
                self._open(request)
            if self._recorder is None:
                return Unkept()
        return (self._witness or self._recorder).begin(request, turn=turn, attempt=attempt, session=session)

    def recorded(self, exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
        """Those of a file's exchanges that were recorded here."""
        if self._recorder is None:
            return ()
        return tuple(one for one in exchanges if one.id >= self._first and one.id not in self._kept)

    def close(self, *, keep: bool, rest: Iterable[Exchange] = ()) -> None:
        """Nothing more is recorded. `rest` is put behind what was; without `keep` it is as if nothing had been."""
        with self._lock:
            self._over = True
            recorder = self._recorder
        if recorder is None:
            return
        try:
            self._finish(recorder, keep=keep, rest=rest)
        except Exception as error:  # noqa: BLE001 - the block has ended, and what it did must not be lost for this
            self._trouble = f"recording stopped: {type(error).__name__} at its end ({self._path})"
            recorder.writer.close(keep=self._into != "beside")

    def _finish(self, recorder: Recorder, *, keep: bool, rest: Iterable[Exchange]) -> None:
        if self._witness is not None:
            self._witness.close()
        numbered = list(enumerate(rest, start=self._first + self._begun))
        self._kept = frozenset(number for number, _ in numbered)
        for number, exchange in numbered:
            recorder.keep(msgspec.structs.replace(exchange, id=number, turn=None, session=""))
        if not keep:
            recorder.writer.close(keep=False)
        recorder.close()

    def _open(self, request: Request) -> None:
        try:
            writer = self._writer(request)
        except NexdiagError as error:
            self._trouble = error.what
        except Exception as error:  # noqa: BLE001 - recording must never break what it records
            self._trouble = f"cannot record to {self._path}: {type(error).__name__}"
        else:
            self._first = writer.next_number
            self._recorder = _Within(writer, self._redactor, self._session)
            if self._into != "end":  # turns are told by what came before, and here that was played from the file
                self._witness = Witness(self._recorder)

    def _writer(self, request: Request) -> Writer:
        if self._into == "end":
            return Writer.reopen(self._path)
        header = self._redactor.header(header_of(request, redactions=self._redactor.patterns, commit=self._commit))
        return Writer.replacing(self._path, header) if self._into == "beside" else Writer(self._path, header)


def header_of(request: Request, *, redactions: tuple[str, ...] = (), commit: str = "") -> Header:
    """The head of a recording that begins with this request; its secrets are still in it."""
    return Header(
        tool=TOOL,
        created=time.time(),
        origin=origin_of(request.url),
        model=_model(request),
        libraries=versions(),
        redactions=redactions,
        commit=commit,
    )


def origin_of(url: str) -> str:
    """The base URL that a request was made on: without its route, if it is one that a dialect has."""
    whole = url.partition("?")[0].partition("#")[0]
    wire = wire_of(whole)
    if wire is not None:
        return whole.rstrip("/").removesuffix(DIALECTS[wire].route).rstrip("/")
    scheme, found, rest = whole.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if found else ""


def versions() -> dict[str, str]:
    """The versions of Python and of the clients that are loaded."""
    found = {"python": platform.python_version()}
    for name in _CLIENTS:
        version = getattr(sys.modules.get(name), "__version__", None)  # to look for its metadata takes milliseconds
        if isinstance(version, str):
            found[name] = version
    return found


def _model(request: Request) -> str:
    try:
        return _named.decode(request.body.join()).model
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return ""
