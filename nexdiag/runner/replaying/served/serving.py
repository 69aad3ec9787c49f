"""Recordings served to any client over HTTP, in a thread with a loop of its own.

Law: it listens soon. What only a miss or a verdict needs is imported when there is one.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.core.errors import NothingToDo
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.run import Replayed
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.playback import Playback
from nexdiag.replay.serving.served import AWAY, CLOSED, UNMATCHED, Heard, Served
from nexdiag.replay.serving.server import ReplayServer
from nexdiag.runner.load import load
from nexdiag.runner.replaying.answering import answers_of
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.many.selection import select
from nexdiag.runner.replaying.served.together import Recording, Span, Together
from nexdiag.runner.server_thread import ServerThread

_MOST = 20
"""Hosts that are kept; the first tell enough."""


class Serving:
    """Recordings that are served, for as long as its `with` block lasts."""

    def __init__(self, url: str, asked: "Asked", how: How, clock: Callable[[], float]) -> None:
        """`url` is where it listens, without `/v1`."""
        self.url = url
        self.together = asked.together
        self._asked = asked
        self._how = how
        self._clock = clock

    @property
    def away(self) -> tuple[str, ...]:
        """The hosts that clients wanted to reach through this server, as their proxy: each once."""
        return tuple(self._asked.away)

    @property
    def answers(self) -> Answers:
        """Who was answered so far, by what, and who was not."""
        return self._asked.answers

    @property
    def unstruck(self) -> tuple[str, ...]:
        """Why a fault has struck nothing so far, a line each."""
        return self.answers.unstruck()

    def verdicts(self) -> tuple[Replayed, ...]:
        """How it came out so far: one for each recording. Raises `NothingToDo` if no request came."""
        from nexdiag.runner.replaying.served.heard import judged  # noqa: PLC0415 - linting is imported when there is a verdict
        from nexdiag.runner.replaying.verdict.loosely import LOOSE  # noqa: PLC0415 - as above

        answers = self.answers
        pairing = answers.pairing()
        if not pairing.requests:
            hint = f"give the client this address as its base URL: {self.url}/v1, for example in OPENAI_BASE_URL"
            raise NothingToDo("no request came: nothing was replayed", hint=hint)
        misses = tuple((place, miss) for place, _, miss in answers.misses)
        loose = [pair.request for pair in pairing.pairs if pair.how in LOOSE]
        requests = answers.requests if loose else []
        asked = {place: requests[place] for place in loose}
        shares = self.together.shares(
            pairing, misses, asked=asked, spans=dict(self._asked.spans), cut=tuple(self._asked.cut)
        )
        now, seconds = self._clock(), self._asked.seconds
        return tuple(judged(share, self._how, now=now, seconds=seconds) for share in shares)


def recordings(paths: Sequence[Path], splitter: Splitter, run: str = "") -> tuple[Recording, ...]:
    """What is meant, each once: files, directories, patterns, names. Raises what one of them cannot be read by.

    `run`: the command that is run against them, as it is typed and without secrets.
    """
    found = []
    for one in select(paths):
        if one.error is not None:
            raise one.error
        found.append(Recording(path=Path(one.path), cassette=load(one.path, splitter=splitter), run=run))
    return tuple(found)


@contextlib.contextmanager
def serving(  # noqa: PLR0913 - every outside thing is an argument
    paths: Sequence[Path],
    how: How,
    *,
    port: int = 0,
    command: str = "",
    heard: Heard = lambda served: None,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
    ticks: Callable[[], float] = time.perf_counter,
) -> Iterator[Serving]:
    """Serve recordings on a port of this machine. Requests are matched over all of them.

    `command` is what is run against them, without secrets: what is advised is to record that.
    `heard` hears what became of each request, in the server's thread: it must not wait.

    Raises `CassetteError` for a recording that cannot be read, `NothingToDo` where there is none, or none with an
    exchange, `UsageError` for a choice that is none, and `EndpointError` if the port is taken.
    """
    splitter = Splitter()
    together = Together(recordings(paths, splitter, command))
    if not together.exchanges:
        names = ", ".join(str(one.path) for one in together.recordings)
        raise NothingToDo(
            f"nothing to serve: no exchange in {names}", hint="see what it holds with: nexdiag cassette show"
        )
    answers = answers_of(
        together.header, together.exchanges, how,
        splitter=splitter, environ=environ, clock=clock, scenarios=together.apart(),
    )  # fmt: skip
    asked = Asked(answers, together, heard, ticks)
    with ServerThread(asked.server(how.speed), port, "nexdiag-replay") as url:
        yield Serving(url, asked, how, clock)


class Asked:
    """Between server and answers: finds the recorded path that is meant, and tells of each request."""

    def __init__(self, answers: Answers, together: Together, heard: Heard, ticks: Callable[[], float]) -> None:
        """All of it is called from the server's thread."""
        self._ticks = ticks
        self._began: float | None = None
        self.spans: dict[int, Span] = {}
        """Of each exchange that was asked for, in seconds."""
        self.seconds = 0.0
        """From the first request to the end of the last answer."""
        self.answers = answers
        self.together = together
        self.away: dict[str, None] = {}
        self.cut: set[int] = set()
        """Exchanges whose answers were under way when the server was closed: they were not delivered to their end."""
        self._heard = heard
        self._why = ""

    def server(self, speed: float | None) -> ReplayServer:
        """The server that asks here."""
        return ReplayServer(self, speed=speed, told=self.told, heard=self.heard, hide=self.answers.hide)

    def take(self, asked: Request, *, turn: int | None = None) -> Playback | Miss:
        """What answers a request."""
        now = self._ticks()
        if self._began is None:
            self._began = now
        path = asked.path
        target = self.together.target(path)
        if target != path:
            asked = msgspec.structs.replace(asked, url=asked.url.removesuffix(path) + target)
        found = self.answers.take(asked, turn=turn)
        if isinstance(found, Playback):
            self.spans.setdefault(found.exchange.id, (now, now))
        return found

    def unplayed(self) -> tuple[Exchange, ...]:
        """What no request has asked for."""
        return self.answers.unplayed()

    def told(self, miss: Miss) -> Mapping[str, Any]:
        """The body of a 599."""
        from nexdiag.runner.replaying.served.heard import anew_of  # noqa: PLC0415 - as above
        from nexdiag.runner.replaying.verdict.divergence import explain  # noqa: PLC0415 - imported when there is a miss

        nearest = None if miss.nearest is None else self.together.home(miss.nearest.id)[0]
        recorded = miss.nearest
        body = explain(
            self.together.back(miss),
            anew=anew_of(nearest or self.together.recordings[0]),
            views=None if recorded is None else lambda _, asked: self.answers.views(recorded, asked),
            name=self.together.name,
        )
        self._why = str(body["error"]["message"])
        return body

    def heard(self, served: Served) -> None:
        """Tell it on, a miss with what it misses."""
        if served.what == UNMATCHED and self._why:
            served, self._why = msgspec.structs.replace(served, why=self._why), ""
        if served.what == AWAY and len(self.away) < _MOST:
            self.away[served.host] = None
        if served.what == CLOSED and served.exchange is not None:
            self.cut.add(served.exchange)
        if self._began is not None:
            now = self._ticks()
            self.seconds = now - self._began
            if served.exchange is not None:
                self.spans[served.exchange] = (self.spans.get(served.exchange, (now, now))[0], now)
        self._heard(served)
