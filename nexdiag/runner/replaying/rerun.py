"""A recording again, offline: our executor says the same, the cassette answers, and what differs is told.

A turn is exact if each of its requests is the recorded one and it came out as recorded; `verdicts` has it in full. A
turn that was cut short when it was recorded cannot be judged, nor can those after it: they are unchecked, which is not
exact. What was sent outside turns (a server's properties, a helper's questions) is named, and asked for by nobody.

Law: offline. No tool runs unless somebody hands one in, and no connection can be opened meanwhile.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from nexdiag.agent.driver import Tools
from nexdiag.agent.loop import Limits
from nexdiag.agent.progress import Progress, TurnEnded, TurnStarted
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.difference import Difference
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.core.fault import Fault
from nexdiag.core.replayed import Pairing, TurnVerdict
from nexdiag.core.run import Run
from nexdiag.core.turn import Session, Turn
from nexdiag.lint.subject import profile_of
from nexdiag.replay.answers import Answers
from nexdiag.replay.closed import network_closed
from nexdiag.replay.faults import overlay
from nexdiag.replay.player import Player
from nexdiag.replay.toolbox import RecordedToolbox
from nexdiag.report.visible import words_only
from nexdiag.runner.judge import judge
from nexdiag.runner.play import Stage
from nexdiag.runner.replaying import virtual
from nexdiag.runner.replaying.answering import answers_of
from nexdiag.runner.replaying.carried import carried_runs
from nexdiag.runner.replaying.conversations import (
    at_once,
    conversations,
    demand_ours,
    endpoint_of,
    name_of,
    play_turns,
    whole_turns,
)
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.pairing import together
from nexdiag.runner.replaying.verdict.advice import Anew
from nexdiag.runner.replaying.verdict.divergence import explain
from nexdiag.runner.replaying.verdict.verdicts import CUT_SHORT, Played, outside, unchecked, unstruck, verdicts

_STRICT = How()
Sleep = Callable[[float], Awaitable[None]]


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """All that a rerun takes from outside."""

    environ: Mapping[str, str] = msgspec.field(default_factory=lambda: os.environ)
    ticks: Callable[[], float] = time.perf_counter
    """Seconds that never jump."""
    sleep: Sleep | None = None
    """How the executor waits before a retry, and the player between chunks; None: as `How.speed` has it."""
    run: Callable[[Coroutine[Any, Any, Session]], Session] = asyncio.run
    """What runs a conversation: another event loop has another clock."""


_HERE = Outside()


def rerun(
    cassette: Cassette,
    how: How = _STRICT,
    *,
    splitter: Splitter | None = None,
    tools: Tools | None = None,
    given: Outside = _HERE,
) -> Run:
    """Play the cassette's turns again with the network closed; `Run.replayed` says how each came out.

    Conversations that were recorded side by side are played one after the other. `tools` run the calls; without them
    what they gave comes from the recording. Faults are laid over the answers, and a turn may come out by a retry. One
    that never ends, which only virtual time can tell, is changed, and what is behind it unchecked.
    Raises `NothingToDo` if it holds no whole turn, or none of ours, `CassetteError` if its turns are not in order,
    `UsageError` for a fault that can strike nothing in it.
    """
    began = given.ticks()
    demand_ours(cassette)
    sessions = tuple(conversations(cassette))
    chosen = _where_they_strike(how, sessions) if how.faults and len(sessions) > 1 else [how] * len(sessions)
    played = [_rerun(one, own, splitter, tools, given) for one, own in zip(sessions, chosen, strict=True)]
    kept = {(turn.session, turn.number) for turn in cassette.turns}
    mine = [turn for one in played for turn in one.turns]
    rest = [one for one in cassette.exchanges if one.turn is None or (one.session, one.turn) not in kept]
    turns = (*sorted(mine, key=lambda turn: not turn.number), *outside(rest), *unstruck(one.unstruck for one in played))
    session = next((one.session for one in played if one.session is not None), None)
    if all(one.unstruck is None for one in played):
        cut = cassette.turns[0]
        what = f"{name_of(cassette)} cannot be replayed: its first turn was {cut.outcome} when it was recorded"
        raise NothingToDo(what, hint="see what it holds with: nexdiag report")
    return msgspec.structs.replace(
        judge(cassette),
        session=session,
        differences=tuple(difference for turn in turns for difference in turn.differences),
        replayed=turns,
        how="rerun",
        pairing=together(one.pairing for one in played),
        seconds=given.ticks() - began,
    )


def _where_they_strike(how: How, sessions: Sequence[Cassette]) -> list[How]:
    """For each conversation, the faults that can strike it. Raises `UsageError` for one that can strike none."""
    own: list[list[Fault]] = [[] for _ in sessions]
    for fault in how.faults:
        refused: UsageError | None = None
        for mine, session in zip(own, sessions, strict=True):
            try:
                overlay((fault,), session.exchanges, seed=how.seed)
                mine.append(fault)
            except UsageError as error:
                refused = error
        if refused is not None and not any(fault in mine for mine in own):
            raise refused
    return [msgspec.structs.replace(how, faults=tuple(mine)) for mine in own]


class _Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one conversation."""

    turns: tuple[TurnVerdict, ...]
    session: Session | None = None
    """As it is now; None where none of it could be played, or it did not come to an end."""
    pairing: Pairing = Pairing()
    unstruck: tuple[str, ...] | None = None
    """Of the faults, why they struck nothing in it; None where nothing was played."""


def _rerun(
    cassette: Cassette, how: How, splitter: Splitter | None, tools: Tools | None, given: Outside
) -> _Conversation:
    """One conversation, as far as it can be played."""
    whole = whole_turns(cassette)
    if not whole:
        return _Conversation(turns=tuple(unchecked(cassette.turns)))
    kept = {turn.number for turn in whole}
    exchanges = tuple(one for one in cassette.exchanges if one.turn in kept)
    now = whole[0].started
    answers = answers_of(cassette.header, exchanges, how, splitter=splitter, environ=given.environ, clock=lambda: now)
    watch = _Watch(given.ticks)
    anew = Anew(file=cassette.name, command=words_only(cassette.header.command), ours=True)
    stage = Stage(
        endpoint=endpoint_of(cassette),
        transport=_player(answers, how, given, anew),
        tools=tools or RecordedToolbox(cassette.tool_runs, carried=carried_runs(exchanges)),
        tell=watch,
        clock=lambda: now,
        sleep=_sleep(how, given),
        calls=cassette.header.calls or Limits().calls,
    )
    came = _came(given, play_turns(cassette, whole, stage))
    session, hung = (None, came) if isinstance(came, virtual.Hangs) else (came, None)
    turns = watch.whole if session is None else session.turns
    played = Played(
        before=whole[: len(turns)],
        exchanges=exchanges,
        after=tuple(turns),
        seconds=tuple(watch.seconds),
        answers=answers,
        profile=profile_of(cassette),
        anew=anew,
        views=answers.views,
        unplayed=how.unplayed,
    )
    behind = () if hung is None else _behind(whole[len(turns) :], hung)
    verdict = (*verdicts(played), *behind, *unchecked(cassette.turns[len(whole) :]))
    return _Conversation(turns=verdict, session=session, pairing=answers.pairing(), unstruck=answers.unstruck())


def _came(given: Outside, conversation: Coroutine[Any, Any, Session]) -> Session | virtual.Hangs:
    """What comes of a conversation, the network being closed."""
    try:
        with network_closed():
            return given.run(conversation)
    except virtual.Hangs as hung:
        return hung


def _behind(turns: Sequence[Turn], hung: virtual.Hangs) -> Iterator[TurnVerdict]:
    """The turn that would never end, and those behind it: it is our executor that fails, not the recording."""
    note = f"our executor would wait for ever, after {hung.at:.0f} s of virtual time: {hung}"
    if not turns:
        yield TurnVerdict(number=0, said="the end of the conversation", outcome="changed", note=note)
        return
    first, *later = turns
    yield TurnVerdict(
        number=first.number,
        session=first.session,
        said=first.said,
        outcome="changed",
        differences=(
            Difference(pointer="(outcome)", left=first.outcome, right="hung", turn=first.number, session=first.session),
        ),
        note=note,
    )
    yield from unchecked(later, f"turn {first.number} before it never ends")


class _Watch:
    """Hears when turns begin and end."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._began = 0.0
        self.seconds: list[float] = []
        self._turns: list[Turn] = []

    @property
    def whole(self) -> list[Turn]:
        """Those that have ended; what hung was cut short."""
        return list(itertools.takewhile(lambda turn: turn.outcome not in CUT_SHORT, self._turns))

    def __call__(self, progress: Progress) -> None:
        if isinstance(progress, TurnStarted):
            self._began = self._ticks()
        elif isinstance(progress, TurnEnded):
            self.seconds.append(self._ticks() - self._began)
            self._turns.append(progress.turn)


def _player(answers: Answers, how: How, given: Outside, anew: Anew) -> Player:
    return Player(
        answers,
        speed=how.speed,
        sleep=given.sleep or asyncio.sleep,
        told=lambda miss: explain(miss, anew=anew, views=answers.views),
    )


def _sleep(how: How, given: Outside) -> Sleep:
    """How the executor waits for a backoff: at the pace of the replay."""
    if given.sleep is not None:
        return given.sleep
    speed = how.speed
    return at_once if speed is None else lambda seconds: asyncio.sleep(seconds / speed)
