"""A recording again, offline: our executor says the same, the cassette answers, and what differs is told."""

import asyncio
from collections.abc import Iterator

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.difference import Difference
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import NothingToDo
from nexdiag.core.exchange import Request
from nexdiag.core.run import Run, TurnVerdict
from nexdiag.core.scenario import Say, Scenario
from nexdiag.core.turn import Session, Turn
from nexdiag.diff.compare import compare
from nexdiag.lint import profiles
from nexdiag.replay.closed import network_closed
from nexdiag.replay.matching import Miss
from nexdiag.replay.player import Player, explain
from nexdiag.replay.toolbox import RecordedToolbox
from nexdiag.runner.judge import judge
from nexdiag.runner.play import Stage, play


def rerun(cassette: Cassette, *, splitter: Splitter | None = None) -> Run:
    """Play the cassette's turns again with the network closed; `Run.replayed` says how each came out.

    Raises `NothingToDo` if it holds no turn.
    """
    if not cassette.turns:
        hint = "it was not recorded through our executor; replay it to its own client"
        raise NothingToDo(f"{cassette.name or 'the cassette'} has no turn to replay", hint=hint)
    player = Player(cassette.exchanges, splitter=splitter)
    with network_closed():
        session = asyncio.run(_play(cassette, player))
    turns = tuple(_verdicts(cassette, session, player))
    differences = tuple(difference for turn in turns for difference in turn.differences)
    return msgspec.structs.replace(judge(cassette), session=session, differences=differences, replayed=turns)


async def _play(cassette: Cassette, player: Player) -> Session:
    header, first = cassette.header, cassette.turns[0]
    recorded = header.scenario or Scenario(name=cassette.name, say=())
    scenario = msgspec.structs.replace(recorded, say=tuple(Say(text=turn.said) for turn in cassette.turns))
    stage = Stage(
        endpoint=_endpoint(cassette),
        transport=player,
        tools=RecordedToolbox(cassette.tool_runs),
        clock=lambda: first.started,
        sleep=_at_once,
    )
    return await play(scenario, stage, began=first.started)


def _endpoint(cassette: Cassette) -> Endpoint:
    header = cassette.header
    profile: Profile = profiles.named(header.profile) if header.profile else profiles.resolve(None)
    return Endpoint(
        base_url=header.origin,
        model=header.model,
        profile=profile,
        window=header.window,
        max_tokens=header.max_tokens or Endpoint(base_url="", model="", profile=profile).max_tokens,
    )


async def _at_once(seconds: float) -> None:
    """Replay does not wait for a backoff that was waited for when it was recorded."""
    del seconds


def _verdicts(cassette: Cassette, session: Session, player: Player) -> Iterator[TurnVerdict]:
    unplayed = {exchange.turn for exchange in player.unplayed()}
    misses: dict[int | None, Miss] = {}
    for turn, first in player.misses:
        misses.setdefault(turn, first)
    for before, after in zip(cassette.turns, session.turns, strict=True):
        miss = misses.get(before.number)
        differences = tuple(_where(miss, before.number)) if miss is not None else ()
        differences += tuple(_answers(before, after))
        if differences:
            outcome = "changed"
        elif miss is not None:
            outcome = "extra"
        else:
            outcome = "missing" if before.number in unplayed else "exact"
        note = explain(miss)["error"]["message"] if miss is not None else ""
        yield TurnVerdict(number=before.number, said=before.said, outcome=outcome, differences=differences, note=note)


def _where(miss: Miss, turn: int) -> Iterator[Difference]:
    """The nearest recorded request against the one that was sent."""
    if miss.nearest is None or miss.used:
        return
    recorded, asked = miss.nearest.request, miss.request
    if recorded.path != asked.path:
        yield Difference(pointer="(path)", left=recorded.path, right=asked.path, turn=turn)
    for one in compare(_json(recorded), _json(asked)):
        yield msgspec.structs.replace(one, turn=turn)


def _answers(before: Turn, after: Turn) -> Iterator[Difference]:
    """What the user saw: the reply, and how the turn ended."""
    for field in ("outcome", "reply", "error"):
        left, right = getattr(before, field), getattr(after, field)
        if left != right and before.outcome != "unfinished":
            yield Difference(pointer=f"({field})", left=left, right=right, turn=before.number)


def _json(request: Request) -> object:
    try:
        return msgspec.json.decode(request.body.join())
    except (msgspec.DecodeError, RecursionError):
        return request.body.join().decode(errors="replace")
