"""A tape: one cassette in use by the clients of this process. It plays, records or refuses each request of theirs."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
from msgspec.structs import replace

from nexdiag.capture.transport import passed, passed_async
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, Unmatched
from nexdiag.core.exchange import Exchange
from nexdiag.core.fault import Fault
from nexdiag.core.replayed import Divergence
from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.playback import Playback
from nexdiag.replay.player import Player
from nexdiag.replay.playing import Pace, answer, answer_async
from nexdiag.runner.load import load
from nexdiag.runner.redaction import redactions_of, redactor_for
from nexdiag.runner.replaying.answering import answers_of
from nexdiag.runner.replaying.how import How
from nexdiag.runner.tape.choice import unstruck
from nexdiag.runner.tape.keeper import Keeper, not_connected
from nexdiag.runner.tape.modes import Plan, RecordMode, plan
from nexdiag.runner.tape.watch import MOST, Stranger

_ANEW = 'record what is new with record_mode="new_episodes", all of it again with record_mode="rewrite"'
_PLAIN = How()


class Tape:
    """What `use_cassette` gives: what was played, recorded and missed. It may be used from several threads."""

    def __init__(  # noqa: PLR0913 - what a user may choose
        self,
        path: Path,
        mode: RecordMode,
        *,
        redact: Iterable[str] = (),
        secrets: Iterable[str] = (),
        session: str = "",
        commit: str = "",
        how: How = _PLAIN,
    ) -> None:
        """Read the file, as far as the mode wants it.

        Raises `CassetteError` if it cannot be read, `UsageError` for a fault that can strike nothing in it.
        """
        self.path = path
        self.mode = mode
        self.plan: Plan = plan(mode, exists=mode is not RecordMode.NONE and path.exists())
        self.misses: list[Miss] = []
        """Requests that had no recording, and were refused."""
        self.refused: list[Unmatched] = []
        """The errors that were raised for them."""
        self.strangers: list[Stranger] = []
        """Who went past, as far as it was seen: clients of other libraries, programs."""
        splitter = Splitter()
        reads = self.plan.plays or self.plan.keeps
        self._before = load(path, splitter=splitter) if reads else Cassette(header=Header())
        self._after: Cassette | None = None
        self._over = False
        # One for each half: they work under locks of their own.
        recorded = self._before.header.redactions if reads else redactions_of(path)
        known, mine = tuple(secrets), tuple(redact)
        kept = redactor_for(recorded, known, mine)
        self.how = how if self.plan.plays else _PLAIN
        self._pace = Pace(how.speed, sleep=asyncio.sleep, wait=time.sleep)
        header = replace(self._before.header, redactions=recorded)
        self._player = Player(answers_of(header, self._before.exchanges, self.how, splitter=splitter, redact=mine))
        self._keeper = Keeper(path, self.plan.into, kept, session=session, commit=commit, choosy=self.plan.choosy)

    @property
    def name(self) -> str:
        """The file, as one who works in this directory calls it."""
        here = Path.cwd()
        return str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path)

    @property
    def cassette(self) -> Cassette:
        """The recording: as it is on disk once something was recorded, until then as it was when it was read."""
        if self._after is not None:
            return self._after
        found = self._before
        if self._keeper.begun and (self._over or self.plan.into != "beside"):
            with contextlib.suppress(CassetteError):  # what is wrong with the file is told by `trouble`
                found = load(self.path)
        if self._over:
            self._after = found
        return found

    @property
    def played(self) -> tuple[Exchange, ...]:
        """The recorded exchanges that answered, in the order in which they did."""
        return tuple(exchange for _, exchange in self._player.answers.pairs) if self.plan.plays else ()

    @property
    def unplayed(self) -> tuple[Exchange, ...]:
        """The recorded exchanges that no request has asked for."""
        return self._player.answers.unplayed() if self.plan.plays else ()

    @property
    def unstruck(self) -> tuple[Fault, ...]:
        """Faults that were chosen and have not struck once."""
        return unstruck(self.how.faults, self._player.answers.pairing().pairs) if self.how.faults else ()

    @property
    def recorded(self) -> tuple[Exchange, ...]:
        """What was recorded here, without its secrets; what is to replace a file shows once the block has ended."""
        if self.plan.into == "beside" and not self._over:
            return ()
        return self._keeper.recorded(self.cassette.exchanges)

    @property
    def sent(self) -> tuple[Exchange, ...]:
        """What was asked here, each request as it was sent: with its recorded answer, its live one, or none."""
        played = [replace(exchange, request=asked) for asked, exchange in self._player.answers.pairs]
        missed = [Exchange(id=0, started=0.0, request=miss.request) for miss in self.misses]
        live = self.recorded or self._keeper.so_far()
        every = (*(played if self.plan.plays else ()), *missed, *live)
        return tuple(replace(one, id=place) for place, one in enumerate(every))

    @property
    def unfinished(self) -> Path:
        """Where what is recorded stands now: beside the file, while it has not taken its place."""
        return self._keeper.unfinished

    @property
    def unkept(self) -> tuple[str, ...]:
        """Why connections failed that were not recorded: in the modes once and new_episodes."""
        return tuple(self._keeper.unkept)

    @property
    def dead(self) -> tuple[Exchange, ...]:
        """What was played and is the recording of a connection that failed: no server was asked."""
        return tuple(one for one in self.played if not_connected(one))

    @property
    def additional(self) -> bool:
        """Whether all that was recorded has been played: a request without a recording came on top of it."""
        return bool(self.played) and not self.unplayed

    @property
    def trouble(self) -> str | None:
        """Why something that went live is not in the file; None if all is."""
        return self._keeper.trouble

    @property
    def idle(self) -> bool:
        """Whether no request of ours came by."""
        return not (self.played or self.refused or self._keeper.begun)

    def handle(self, request: httpx.Request, send: Callable[[Any], httpx.Response]) -> httpx.Response:
        """Answer a request, or send it on. Raises `Unmatched`, or the transport error that was recorded."""
        found = self._found(request, request.read())
        return passed(request, send, self._keeper) if found is None else answer(found, request, self._pace)

    async def handle_async(
        self, request: httpx.Request, send: Callable[[Any], Awaitable[httpx.Response]]
    ) -> httpx.Response:
        """Answer a request, or send it on. Raises `Unmatched`, or the transport error that was recorded."""
        found = self._found(request, await request.aread())
        if found is None:
            return await passed_async(request, send, self._keeper)
        return await answer_async(found, request, self._pace)

    def refuse(self, miss: Miss) -> Unmatched:
        """The error for a request without a recording, which is remembered: a client may swallow it."""
        self.misses.append(miss)
        what, advice = self._why(miss)
        what = f"{miss.request.method} {miss.request.path}: {what} ({self.name}, record mode {self.mode})"
        self.refused.append(Unmatched(what, hint=advice))
        return self.refused[-1]

    def note(self, stranger: Stranger) -> None:
        """Somebody went past."""
        if len(self.strangers) < MOST and stranger not in self.strangers:
            self.strangers.append(stranger)

    def close(self, *, raised: bool) -> None:
        """The block has ended."""
        keep = self.plan.if_raised or not raised
        rest = self._player.answers.unplayed() if self.plan.keeps else ()
        self._keeper.close(keep=keep, rest=rest)
        self._over = True

    def _why(self, miss: Miss) -> tuple[str, str]:
        """Where the request parts from what is nearest, with both values; and what to do."""
        if not self._before.exchanges:
            return "the cassette holds no exchange", _ANEW
        from nexdiag.runner.replaying.verdict.divergence import in_words  # noqa: PLC0415 - imported when there is a miss

        told = self.divergence(miss)
        return in_words(told), told.advice

    def divergence(self, miss: Miss, *, anew: str = _ANEW) -> Divergence:
        """Where a request parted from the recording that is nearest; `anew` says how to record again."""
        from nexdiag.runner.replaying.verdict.advice import Anew  # noqa: PLC0415 - as above
        from nexdiag.runner.replaying.verdict.divergence import diverged  # noqa: PLC0415 - as above

        return diverged(miss, anew=Anew(file=self.name, anew=anew), views=self._player.answers.views)

    def _found(self, request: httpx.Request, body: bytes) -> Playback | None:
        """What answers the request; None if it is to go live."""
        if self.plan.plays:
            found = self._player.find(request, body)
            if isinstance(found, Miss):
                if self.plan.into == "nowhere":
                    raise self.refuse(found)
            elif self.plan.into == "nowhere" or _recorded(found):
                return found
        elif self.plan.keeps:  # what is recorded again is spent, with all that equals it
            while isinstance(found := self._player.find(request, body), Playback) and _recorded(found):
                pass
        return None


def _recorded(found: Playback) -> bool:
    """Whether it is an answer of the recording: a list of models is made, where none was recorded."""
    return found.exchange.id >= 0
