"""A recording again, offline: our executor says the same, the cassette answers, and what differs is told.

A turn is exact if each of its requests is the recorded one (method, path, body; white space, the order of keys and of
tools aside), and its outcome, reply, error, tool runs and tokens are the recorded ones. A turn that was cut short when
it was recorded cannot be judged, nor can those after it: they are unchecked, which is not exact.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from nexdiag.agent.loop import Limits
from nexdiag.codec.body import Splitter
from nexdiag.codec.wire import DIALECTS, wire_of
from nexdiag.core.cassette import Cassette
from nexdiag.core.difference import Difference
from nexdiag.core.endpoint import Endpoint, Wire
from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.core.exchange import Request
from nexdiag.core.message import Message
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Run
from nexdiag.core.scenario import Say, Scenario
from nexdiag.core.turn import Session, Turn
from nexdiag.diff.compare import compare
from nexdiag.lint import profiles
from nexdiag.lint.subject import profile_of
from nexdiag.replay.answers import Answers
from nexdiag.replay.closed import network_closed
from nexdiag.replay.matching import Matcher
from nexdiag.replay.player import Player, explain
from nexdiag.replay.toolbox import RecordedToolbox
from nexdiag.runner.judge import judge
from nexdiag.runner.play import Stage, play

_CUT_SHORT = ("unfinished", "cancelled")
_OURS = "nexdiag/"
"""How the user-agent of our executor begins."""


def rerun(cassette: Cassette, *, splitter: Splitter | None = None) -> Run:
    """Play the cassette's turns again with the network closed; `Run.replayed` says how each came out.

    Conversations that were recorded side by side are played one after the other.
    Raises `NothingToDo` if it holds no whole turn, or none of ours, `CassetteError` if its turns are not in order.
    """
    _demand_ours(cassette)
    played = [_rerun(one, splitter) for one in _sessions(cassette)]
    turns = tuple(turn for _, verdicts in played for turn in verdicts)
    differences = tuple(difference for turn in turns for difference in turn.differences)
    session = next((session for session, _ in played if session is not None), None)
    if session is None:
        cut = cassette.turns[0]
        what = f"{_name(cassette)} cannot be replayed: its first turn was {cut.outcome} when it was recorded"
        raise NothingToDo(what, hint="see what it holds with: nexdiag report")
    return msgspec.structs.replace(judge(cassette), session=session, differences=differences, replayed=turns)


def _rerun(cassette: Cassette, splitter: Splitter | None) -> tuple[Session | None, tuple[TurnVerdict, ...]]:
    """One conversation: its session as it is now, or None where none of it could be played."""
    whole = _whole(cassette)
    rest = tuple(_unchecked(cassette.turns[len(whole) :]))
    if not whole:
        return None, rest
    kept = {turn.number for turn in whole}
    exchanges = tuple(one for one in cassette.exchanges if one.turn in kept)
    player = Player(Answers(Matcher(exchanges), splitter=splitter))
    with network_closed():
        session = asyncio.run(_play(cassette, whole, player))
    return session, (*_verdicts(whole, session, player), *rest)


def _sessions(cassette: Cassette) -> Iterator[Cassette]:
    """Each conversation as a recording of its own, in the order in which they began."""
    for session in dict.fromkeys(turn.session for turn in cassette.turns):
        yield msgspec.structs.replace(
            cassette,
            turns=tuple(one for one in cassette.turns if one.session == session),
            exchanges=tuple(one for one in cassette.exchanges if one.session == session),
            tool_runs=tuple(one for one in cassette.tool_runs if one.session == session),
            log=(),
        )


def _demand_ours(cassette: Cassette) -> None:
    if not cassette.turns:
        hint = "it was not recorded through our executor; replay it to its own client"
        raise NothingToDo(f"{_name(cassette)} has no turn to replay", hint=hint)
    agents = {dict(exchange.request.headers).get("user-agent", _OURS) for exchange in cassette.exchanges}
    if agents and not any(agent.startswith(_OURS) for agent in agents):
        what = f"{_name(cassette)} was recorded from another client ({', '.join(sorted(agents))})"
        hint = 'play it to that client: nexdiag.use_cassette(path, record_mode="none")'
        raise NothingToDo(what, hint=hint)


def _whole(cassette: Cassette) -> tuple[Turn, ...]:
    """The turns from the first up to one that was cut short."""
    turns = cassette.turns
    cut = next((at for at, turn in enumerate(turns) if turn.outcome in _CUT_SHORT), len(turns))
    first = turns[0].number
    if [turn.number for turn in turns[:cut]] != list(range(first, first + cut)):
        hint = "see what it holds with: nexdiag report"
        raise CassetteError(f"{_name(cassette)} cannot be replayed: its turns are not numbered in order", hint=hint)
    return turns[:cut]


def _name(cassette: Cassette) -> str:
    return cassette.name or "the cassette"


async def _play(cassette: Cassette, turns: Sequence[Turn], player: Player) -> Session:
    header, first = cassette.header, turns[0]
    endpoint = _endpoint(cassette)
    system, history = _before(first, cassette.name, endpoint.wire) if first.number > 1 else (None, ())
    recorded = header.scenario or Scenario(name=cassette.name, say=())
    scenario = msgspec.structs.replace(recorded, say=tuple(Say(text=turn.said) for turn in turns))
    if system is not None:
        scenario = msgspec.structs.replace(scenario, system=system)
    stage = Stage(
        endpoint=endpoint,
        transport=player,
        tools=RecordedToolbox(cassette.tool_runs),
        clock=lambda: first.started,
        sleep=_at_once,
        calls=header.calls or Limits().calls,
        history=history,
        turns=first.number - 1,
    )
    return await play(scenario, stage, began=first.started)


def _before(first: Turn, name: str, wire: Wire) -> tuple[str | None, tuple[Message, ...]]:
    """The system prompt and the conversation that the recording goes on from: what its first request carries."""
    try:
        messages = DIALECTS[wire].decode_request(first.exchanges[0].request.body.join()).messages
    except (IndexError, UsageError) as error:
        name = name or "the cassette"
        what = f"{name} cannot be replayed: it begins with turn {first.number}, and does not hold what came before"
        raise NothingToDo(what, hint="record a conversation from its beginning") from error
    system = messages[0].text if messages and messages[0].role == "system" else None
    return system, messages[1 if system is not None else 0 : -1]


def _endpoint(cassette: Cassette) -> Endpoint:
    header = cassette.header
    # By the profile that it was recorded with, not by one that the answers tell: it decides what is sent.
    profile = profile_of(cassette) if header.profile else profiles.UNKNOWN
    endpoint = Endpoint(base_url=header.origin, model=header.model, profile=profile, window=header.window)
    wires = (wire_of(exchange.request.url) for exchange in cassette.exchanges)
    wire = next((wire for wire in wires if wire is not None), "chat")
    return msgspec.structs.replace(endpoint, wire=wire, max_tokens=header.max_tokens or endpoint.max_tokens)


async def _at_once(seconds: float) -> None:
    """Replay does not wait for a backoff that was waited for when it was recorded."""
    del seconds


def _verdicts(turns: Sequence[Turn], session: Session, player: Player) -> Iterator[TurnVerdict]:
    answers = player.answers
    unplayed = {exchange.turn for exchange in answers.unplayed()}
    misses = {turn: miss for _, turn, miss in answers.misses}  # one a turn: a miss is a refusal that ends it
    played = Counter(exchange.turn for _, exchange in answers.pairs)
    for before, after in zip(turns, session.turns, strict=True):
        miss = misses.get(before.number)
        due = before.exchanges[played[before.number] :]  # the first of them is what stood where the miss came
        sent = tuple(_where(due[0].request, miss.request, before.number)) if miss is not None and due else ()
        seen = tuple(_answers(before, after))
        if miss is not None and not sent:
            outcome = "extra"
        elif sent or seen:
            outcome = "changed"
        else:
            outcome = "missing" if before.number in unplayed else "exact"
        note = explain(miss)["error"]["message"] if miss is not None else ""
        yield TurnVerdict(
            number=before.number,
            session=before.session,
            said=before.said,
            outcome=outcome,
            differences=tuple(msgspec.structs.replace(one, session=before.session) for one in sent + seen),
            note=str(note),
        )


def _unchecked(turns: Sequence[Turn]) -> Iterator[TurnVerdict]:
    for turn in turns:
        cut = turn.outcome in _CUT_SHORT
        note = f"it was {turn.outcome} when it was recorded" if cut else "a turn before it was cut short"
        yield TurnVerdict(number=turn.number, session=turn.session, said=turn.said, outcome="unchecked", note=note)


def _where(recorded: Request, asked: Request, turn: int) -> Iterator[Difference]:
    """The request that was recorded at this place against the one that was sent."""
    if recorded.path != asked.path:
        yield Difference(pointer="(path)", left=recorded.path, right=asked.path, turn=turn)
    for one in compare(_json(recorded), _json(asked)):
        yield msgspec.structs.replace(one, turn=turn)


def _answers(before: Turn, after: Turn) -> Iterator[Difference]:
    """What came of the turn: its end, the reply, the tool runs, the tokens."""
    pairs = [(field, getattr(before, field), getattr(after, field)) for field in ("outcome", "reply", "error")]
    pairs.append(("tools", _runs(before), _runs(after)))
    pairs.append(("tokens", msgspec.to_builtins(before.usage), msgspec.to_builtins(after.usage)))
    for field, left, right in pairs:
        if left != right:
            yield Difference(pointer=f"({field})", left=left, right=right, turn=before.number)


def _runs(turn: Turn) -> list[dict[str, object]]:
    """The tool runs without their times."""
    return [
        {"name": run.name, "arguments": run.arguments, "output": run.output, "is_error": run.is_error}
        for run in turn.tool_runs
    ]


def _json(request: Request) -> object:
    try:
        return msgspec.json.decode(request.body.join())
    except (msgspec.DecodeError, RecursionError):
        return request.body.join().decode(errors="replace")
