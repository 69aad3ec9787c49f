"""The half of a tape that records. The file is begun with the first request: a scope that records nothing leaves none.

Law: whatever goes wrong with the file, the request goes on, and `trouble` tells. Where it is told to be choosy, a
connection that failed is not kept: a server that was down for a moment would be down in every replay.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from nexdiag.capture.recorder import InSession, Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.transport import Passage
from nexdiag.capture.witness import Witness
from nexdiag.capture.writer import Writer
from nexdiag.codec.wire import model_of, origin_of
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError, NexdiagError
from nexdiag.core.exchange import Exchange, Headers, Request
from nexdiag.runner.load import load
from nexdiag.runner.provenance import stamped

_NOT_CONNECTED = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"})


def not_connected(exchange: Exchange) -> bool:
    """Whether the connection itself failed: no server has seen the request."""
    name = (exchange.failure or "").partition(":")[0].strip().rpartition(".")[2]
    return exchange.response is None and name in _NOT_CONNECTED


class Unkept:
    """A round trip that nobody keeps."""

    def head(self, status: int, headers: Headers) -> None:
        """The response head came."""

    def chunk(self, piece: bytes) -> None:
        """A piece of the body came."""

    def end(self, failure: str | None = None) -> None:
        """The round trip is over."""


class _Choosy(Recorder):
    """Keeps what came to a server."""

    def __init__(self, writer: Writer, redactor: Redactor, unkept: list[str]) -> None:
        super().__init__(writer, redactor)
        self._unkept = unkept

    def keep(self, exchange: Exchange) -> None:
        """A round trip has ended."""
        if not not_connected(exchange):
            super().keep(exchange)
            return
        self._passing.pop(exchange.id, None)
        self._unkept.append(self.text(exchange.failure or ""))


class Keeper:
    """Records what goes live. It may be used from several threads."""

    def __init__(  # noqa: PLR0913 - what a tape has chosen
        self,
        path: Path,
        into: str,
        redactor: Redactor,
        *,
        session: str = "",
        commit: str = "",
        choosy: bool = False,
    ) -> None:
        """`into` is that of a `modes.Plan`; `session` names the conversation; `commit` is the one checked out.

        `choosy`: a connection that failed is not kept.
        """
        self.unkept: list[str] = []
        """Why connections failed that were not kept."""
        self._choosy = choosy
        self._path = path
        self._into = into
        self._redactor = redactor
        self._commit = commit
        self._session = session
        self._lock = threading.Lock()
        self._recorder: Recorder | None = None
        self._door: Witness | InSession | None = None
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
            if self._door is None:
                return Unkept()
        return self._door.begin(request, turn=turn, attempt=attempt, session=session)

    @property
    def unfinished(self) -> Path:
        """Where what is recorded stands now: beside the file, until it takes its place."""
        writer = None if self._recorder is None else self._recorder.writer
        return self._path if writer is None else writer.at

    def so_far(self) -> tuple[Exchange, ...]:
        """What was recorded to beside the file, so far."""
        if self._into != "beside" or self._recorder is None or self._over:
            return ()
        with contextlib.suppress(CassetteError):  # what is wrong with the file is told by `trouble`
            return load(self.unfinished).exchanges
        return ()

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
        if isinstance(self._door, Witness):
            self._door.close()
        numbered = list(enumerate(rest, start=self._first + self._begun))
        self._kept = frozenset(number for number, _ in numbered)
        for number, exchange in numbered:
            recorder.keep(msgspec.structs.replace(exchange, id=number, turn=None, session=""))
        nothing = self.unkept and self._into == "new" and not recorder.writer.exchanges
        if not keep or nothing:
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
            unkept = self.unkept if self._choosy else None
            self._recorder = (
                Recorder(writer, self._redactor) if unkept is None else _Choosy(writer, self._redactor, unkept)
            )
            self._door = InSession(self._recorder, self._session)
            if self._into != "end":  # turns are told by what came before, and here that was played from the file
                self._door = Witness(self._door)

    def _writer(self, request: Request) -> Writer:
        if self._into == "end":
            return Writer.reopen(self._path)
        header = self._redactor.header(header_of(request, redactions=self._redactor.patterns, commit=self._commit))
        return Writer.replacing(self._path, header) if self._into == "beside" else Writer(self._path, header)


def header_of(request: Request, *, redactions: tuple[str, ...] = (), commit: str = "") -> Header:
    """The head of a recording that begins with this request; its secrets are still in it."""
    origin, model = origin_of(request.url), model_of(request.body)
    return stamped(Header(created=time.time(), origin=origin, model=model, redactions=redactions, commit=commit))
