"""A recording beside its own replay: our executor says the same, the recording answers, and what passes is recorded.

Law: offline. No tool runs, no connection can be opened, and what is recorded is read and thrown away.
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from nexdiag.capture.recorder import InSession, Recorder
from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.writer import Writer
from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import Turn
from nexdiag.diff.reading import REPLAY
from nexdiag.replay.closed import network_closed
from nexdiag.replay.player import Player
from nexdiag.replay.toolbox import RecordedToolbox
from nexdiag.runner.diffing.compare import How, Pair, compare_pair
from nexdiag.runner.diffing.sides import Loaded, load_side, of_turn, shared
from nexdiag.runner.linting.choice import Choice
from nexdiag.runner.load import load
from nexdiag.runner.play import Stage, telling
from nexdiag.runner.replaying import how as replaying
from nexdiag.runner.replaying.answering import answers_of
from nexdiag.runner.replaying.carried import carried_runs
from nexdiag.runner.replaying.conversations import (
    at_once,
    conversations,
    demand_ours,
    endpoint_of,
    play_turns,
    whole_turns,
)

_NAME = "replay"
_MISS = 599
"""The status by which the player says that it has no recording."""


def compare_replay(path: Path, how: How, choice: Choice) -> Pair:
    """A recording of our executor, and what it sends and does today when the same is said to it.

    Raises what `load_side` does, `NothingToDo` for a recording of another program, or without a whole turn.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a directory", hint="name one recording: nexdiag diff A --replay")
    if str(path) == "-":
        raise UsageError("what comes from stdin cannot be replayed here", hint="name a file: nexdiag diff A --replay")
    splitter = Splitter()
    recorded = load(path, splitter=splitter)
    demand_ours(recorded)
    again = msgspec.structs.replace(replayed(recorded, splitter), name=f"{path} ({_NAME})")
    left = load_side(path, splitter, turn=how.turn)
    right = Loaded(name=again.name, kind=_NAME, cassette=shared(_without_misses(of_turn(again, how.turn)), splitter))
    lost = (*left.lost, *_unplayed(recorded))
    left = msgspec.structs.replace(left, cassette=_of_turns(left.cassette), lost=lost)
    how = msgspec.structs.replace(how, mode=how.mode or REPLAY, ignored=(*how.ignored, "timing"))
    return compare_pair(left, right, how, choice)


def replayed(cassette: Cassette, splitter: Splitter) -> Cassette:
    """What a replay sends and gets, as a recording of its own."""
    with tempfile.TemporaryDirectory(prefix="nexdiag-") as folder:
        file = Path(folder) / f"again{SUFFIX}"
        recorder = Recorder(Writer(file, cassette.header), Redactor(secrets_of(os.environ)))
        try:
            for one in conversations(cassette):
                turns = whole_turns(one)
                if turns:
                    _play(one, turns, splitter, recorder)
        finally:
            recorder.close()
        return codec.decode(file.read_bytes(), name=_NAME, splitter=splitter)


def _play(cassette: Cassette, turns: Sequence[Turn], splitter: Splitter, recorder: Recorder) -> None:
    """Say one conversation again."""
    kept, now = {turn.number for turn in turns}, turns[0].started
    exchanges = tuple(one for one in cassette.exchanges if one.turn in kept)
    how = replaying.How()
    answers = answers_of(cassette.header, exchanges, how, splitter=splitter, environ=os.environ, clock=lambda: now)
    session = turns[0].session
    heard = InSession(recorder, session) if session else recorder
    stage = Stage(
        endpoint=endpoint_of(cassette),
        transport=RecordingTransport(Player(answers, speed=None, sleep=asyncio.sleep), heard),
        tools=RecordedToolbox(cassette.tool_runs, carried=carried_runs(exchanges)),
        tell=telling(heard),
        clock=lambda: now,
        sleep=at_once,
    )
    if cassette.header.calls:
        stage = msgspec.structs.replace(stage, calls=cassette.header.calls)
    with network_closed():
        asyncio.run(play_turns(cassette, turns, stage))


def _of_turns(cassette: Cassette) -> Cassette:
    """The recording without what a replay never has: its log, and exchanges of no turn."""
    kept = {(turn.session, turn.number) for turn in cassette.turns}
    exchanges = tuple(one for one in cassette.exchanges if (one.session, one.turn) in kept)
    return msgspec.structs.replace(cassette, log=(), exchanges=exchanges)


def _without_misses(cassette: Cassette) -> Cassette:
    """The replay's own answer to what was never recorded is no answer of a server."""
    return msgspec.structs.replace(cassette, exchanges=tuple(map(_unmatched, cassette.exchanges)))


def _unmatched(exchange: Exchange) -> Exchange:
    if exchange.response is None or exchange.response.status != _MISS:
        return exchange
    return msgspec.structs.replace(exchange, response=None, failure="no recorded exchange answers this request")


def _unplayed(cassette: Cassette) -> tuple[str, ...]:
    loose = sum(one.turn is None for one in cassette.exchanges)
    return (f"{loose} exchanges of no turn: nobody asks for them in a replay",) if loose else ()
