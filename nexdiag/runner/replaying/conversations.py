"""The conversations of a recording, and what our executor needs to have one of them again.

Law: nothing is believed of a recording but what its turns and requests say themselves.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from nexdiag.codec.wire import DIALECTS, wire_of
from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Endpoint, Wire
from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.core.message import Message
from nexdiag.core.scenario import Say, Scenario
from nexdiag.core.turn import Session, Turn
from nexdiag.lint import profiles
from nexdiag.lint.subject import profile_of
from nexdiag.runner.play import Stage, play
from nexdiag.runner.replaying.verdict.verdicts import CUT_SHORT

OURS = "nexdiag/"
"""How the user-agent of our executor begins."""


def ours(cassette: Cassette) -> bool:
    """Whether our executor was recorded: what it sent can be sent again by itself."""
    agents = {exchange.request.header("user-agent") for exchange in cassette.exchanges} - {""}
    return not agents or any(agent.startswith(OURS) for agent in agents)


def demand_ours(cassette: Cassette) -> None:
    """Raise `NothingToDo` for a recording that our executor cannot say again."""
    if not cassette.turns:
        hint = "it was not recorded through our executor; replay it to its own client"
        raise NothingToDo(f"{name_of(cassette)} has no turn to replay", hint=hint)
    if not ours(cassette):
        agents = sorted({exchange.request.header("user-agent") for exchange in cassette.exchanges} - {""})
        what = f"{name_of(cassette)} was recorded from another client ({', '.join(agents)})"
        hint = "replay it to that client: nexdiag replay FILE -- COMMAND, or --serve"
        raise NothingToDo(what, hint=hint)


def conversations(cassette: Cassette) -> Iterator[Cassette]:
    """Each conversation as a recording of its own, in the order in which they began."""
    kinds: dict[str, Iterable[Any]] = {
        "turns": cassette.turns,
        "exchanges": cassette.exchanges,
        "tool_runs": cassette.tool_runs,
    }
    own: dict[str, dict[str, list[Any]]] = {turn.session: {kind: [] for kind in kinds} for turn in cassette.turns}
    for kind, everything in kinds.items():
        for one in everything:
            if one.session in own:
                own[one.session][kind].append(one)
    for fields in own.values():
        parts = {kind: tuple(found) for kind, found in fields.items()}
        yield msgspec.structs.replace(cassette, log=(), **parts)


def whole_turns(cassette: Cassette) -> tuple[Turn, ...]:
    """The turns from the first up to one that was cut short."""
    turns = cassette.turns
    cut = next((at for at, turn in enumerate(turns) if turn.outcome in CUT_SHORT), len(turns))
    first = turns[0].number
    if [turn.number for turn in turns[:cut]] != list(range(first, first + cut)):
        hint = "see what it holds with: nexdiag report"
        raise CassetteError(f"{name_of(cassette)} cannot be replayed: its turns are not numbered in order", hint=hint)
    return turns[:cut]


async def play_turns(cassette: Cassette, turns: Sequence[Turn], stage: Stage) -> Session:
    """Say the turns of one conversation again on a stage, from where its recording begins."""
    first = turns[0]
    scenario, history = scenario_of(cassette, turns, stage.endpoint.wire)
    stage = msgspec.structs.replace(stage, history=history, turns=first.number - 1)
    return await play(scenario, stage, began=first.started)


def scenario_of(cassette: Cassette, turns: Sequence[Turn], wire: Wire) -> tuple[Scenario, tuple[Message, ...]]:
    """What to say for these turns of one conversation, and what was said before its first turn."""
    first = cassette.turns[0]
    system, history = before(first, cassette.name, wire) if first.number > 1 else (None, ())
    recorded = cassette.header.scenario or Scenario(name=cassette.name, say=())
    scenario = msgspec.structs.replace(recorded, say=tuple(Say(text=turn.said) for turn in turns))
    return (scenario if system is None else msgspec.structs.replace(scenario, system=system)), history


async def at_once(seconds: float) -> None:
    """Replay does not wait for a backoff that was waited for when it was recorded."""
    del seconds


def before(first: Turn, name: str, wire: Wire) -> tuple[str | None, tuple[Message, ...]]:
    """The system prompt and the conversation that the recording goes on from: what its first request carries."""
    try:
        messages = DIALECTS[wire].decode_request(first.exchanges[0].request.body.join()).messages
    except (IndexError, UsageError) as error:
        name = name or "the cassette"
        what = f"{name} cannot be replayed: it begins with turn {first.number}, and does not hold what came before"
        raise NothingToDo(what, hint="record a conversation from its beginning") from error
    system = messages[0].text if messages and messages[0].role == "system" else None
    return system, messages[1 if system is not None else 0 : -1]


def endpoint_of(cassette: Cassette) -> Endpoint:
    """The endpoint as it was when it was recorded, without its key."""
    header = cassette.header
    # By the profile that it was recorded with, not by one that the answers tell: it decides what is sent.
    profile = profile_of(cassette) if header.profile else profiles.UNKNOWN
    endpoint = Endpoint(base_url=header.origin, model=header.model, profile=profile, window=header.window)
    wires = (wire_of(exchange.request.url) for exchange in cassette.exchanges)
    wire = next((wire for wire in wires if wire is not None), "chat")
    return msgspec.structs.replace(endpoint, wire=wire, max_tokens=header.max_tokens or endpoint.max_tokens)


def name_of(cassette: Cassette) -> str:
    """What errors call it."""
    return cassette.name or "the cassette"
