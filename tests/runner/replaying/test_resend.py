"""Promises of `nexdiag.runner.replaying.resend`."""

import asyncio
import contextlib
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from made import chat, recorded, said, user
from strategies_wire import cassettes, exchanges
from ways import WAYS

from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.writer import Writer
from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import NothingToDo
from nexdiag.core.exchange import Chunk, Exchange, Response
from nexdiag.core.fault import Fault
from nexdiag.core.turn import Turn
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.playback import Playback, playback
from nexdiag.replay.player import Player
from nexdiag.runner.load import load
from nexdiag.runner.replaying import resend as module
from nexdiag.runner.replaying.carriers import Got
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.resend import command_line, in_order, resend

CASSETTES = Path(__file__).parents[3] / "cassettes"
FOREIGN = [
    "llama.cpp/openai-sdk-tool-round-trip",
    "llama.cpp/openai-sdk-responses",
    "llama.cpp/anthropic-messages",
]
TWO = Cassette(
    header=Header(command="./agent 'a b'"),
    turns=(Turn(number=1, said="one"), Turn(number=2, said="two"), Turn(number=3, said="three")),
    exchanges=(
        recorded(0, chat(user("one")), turn=1),
        recorded(1, chat(user("one"), said("a"), user("two")), turn=2, status=503, body=b"busy"),
        recorded(2, chat(user("title?")), turn=None),
    ),
    name="x.cassette.jsonl",
)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_recording_of_another_client_gets_its_own_answers(name: str) -> None:
    """Over HTTP, for each wire, byte for byte and chunk for chunk, one to one."""
    run = resend(load(CASSETTES / f"{name}.cassette.jsonl"))
    assert {turn.outcome for turn in run.replayed} == {"exact"}
    assert run.pairing is not None
    assert run.pairing.one_to_one
    assert (run.how, run.differs, run.differences) == ("resent", False, ())


def test_each_turn_has_its_verdict_and_what_is_of_none_has_the_number_0() -> None:
    """A refusal that comes back is exact; a turn of which nothing was recorded cannot be judged."""
    found = resend(TWO).replayed
    assert [(one.number, one.outcome) for one in found] == [(1, "exact"), (2, "exact"), (3, "unchecked"), (0, "exact")]
    assert "no exchange" in found[2].note


def test_it_says_that_the_client_was_not_run_and_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorded command is told, and never run: a recording may hold any."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("something was run")

    monkeypatch.setattr(subprocess.Popen, "__init__", never)
    hostile = msgspec.structs.replace(TWO, header=Header(command="touch /tmp/never; rm -rf ."))
    resend(hostile)
    assert command_line(hostile) == "nexdiag replay x.cassette.jsonl -- touch '/tmp/never;' rm -rf ."
    assert command_line(msgspec.structs.replace(TWO, name="a; b")).startswith("nexdiag replay 'a; b' -- ")
    assert command_line(Cassette(header=Header())) == "nexdiag replay FILE -- COMMAND"


def test_faults_need_a_client() -> None:
    """Nobody is there to survive them: that is said, with the command that has a client."""
    with pytest.raises(NothingToDo, match="by a client only") as told:
        resend(TWO, How(faults=(Fault(kind="status", value="503"),)))
    assert "nexdiag replay x.cassette.jsonl -- ./agent" in told.value.hint


def test_a_recording_without_exchanges_is_nothing_to_do() -> None:
    """A header alone, or turns alone: exit 4, not a pass."""
    for empty in (Cassette(header=Header()), Cassette(header=Header(), turns=(Turn(number=1, said="x"),))):
        with pytest.raises(NothingToDo, match="no exchange"):
            resend(empty)


@pytest.mark.parametrize("split", ["whole", "byte", "utf8", "data"])
def test_an_answer_that_is_split_otherwise_is_the_same_bytes(split: str) -> None:
    """Only its boundaries differ, and these were chosen."""
    cassette = load(CASSETTES / f"{FOREIGN[0]}.cassette.jsonl")
    assert {turn.outcome for turn in resend(cassette, How(split=split)).replayed} == {"exact"}


@pytest.mark.parametrize(
    ("got", "pointer"),
    [
        (Got(status=500), "(status)"),
        (Got(status=200, headers=(("content-type", "text/plain"),), pieces=(b"ab", b"c")), "(headers)"),
        (Got(status=200, headers=(("content-type", "application/json"),), pieces=(b"abd",)), "(body)"),
        (Got(status=200, headers=(("content-type", "application/json"),), pieces=(b"a", b"bc")), "(chunks)"),
        (
            Got(status=200, headers=(("content-type", "application/json"),), pieces=(b"ab", b"c"), broken="x"),
            "(failure)",
        ),
    ],
)
def test_whatever_is_not_as_recorded_is_a_difference(got: Got, pointer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status, headers, bytes, boundaries, and whether it ended well."""

    async def other(*_: object) -> Got:
        return got

    monkeypatch.setattr(module, "_one", other)
    one = recorded(0, chat(user("x")), body=b"ab")
    assert one.response is not None
    chunks = (*one.response.chunks, Chunk(at=0.2, bytes=b"c"))
    one = msgspec.structs.replace(one, response=msgspec.structs.replace(one.response, chunks=chunks))
    cassette = Cassette(header=Header(), turns=(Turn(number=1, said="x"),), exchanges=(one,))
    (verdict,) = resend(cassette).replayed
    assert verdict.outcome == "changed"
    assert [(one.pointer, one.turn) for one in verdict.differences] == [(pointer, 1)]


def timed(number: int, start: float, seconds: float, text: str) -> Exchange:
    """An exchange at a time."""
    return msgspec.structs.replace(recorded(number, chat(user(text))), started=start, duration=seconds)


def test_what_was_side_by_side_is_side_by_side_again() -> None:
    """A request waits for those that had ended before it, and for no other."""
    under_way: set[int] = set()
    seen: dict[int, set[int]] = {}

    async def ask(exchange: Exchange) -> Got:
        seen[exchange.id] = set(under_way)
        under_way.add(exchange.id)
        for _ in range(5):
            await asyncio.sleep(0)
        under_way.discard(exchange.id)
        return Got(status=200)

    found = [timed(0, 0, 10, "a"), timed(1, 1, 2, "b"), timed(2, 5, 1, "c"), timed(3, 20, 1, "d")]
    assert set(asyncio.run(in_order(found, ask))) == {0, 1, 2, 3}
    assert seen[1] == {0}
    assert 1 not in seen[2]
    assert seen[3] == set()


def test_equal_requests_are_never_under_way_together() -> None:
    """Which of them came first would be chance, and so would be who gets which answer."""
    exchanges = tuple(
        msgspec.structs.replace(timed(number, 0.0, 10.0, "same"), response=Response(status=200 + number))
        for number in range(20)
    )
    most = under_way = 0

    async def ask(exchange: Exchange) -> Got:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        for _ in range(5):
            await asyncio.sleep(0)
        under_way -= 1
        return Got(status=exchange.id)

    assert set(asyncio.run(in_order(exchanges, ask))) == set(range(20))
    assert most == 1
    run = resend(Cassette(header=Header(), exchanges=exchanges))
    assert [turn.outcome for turn in run.replayed] == ["exact"]


def test_a_recording_of_endless_silence_ends() -> None:
    """A hostile failure that means waiting for ever is not waited for: it ends as a timeout does."""
    silent = msgspec.structs.replace(recorded(0, chat(user("x"))), failure="Stalled")
    (verdict,) = resend(Cassette(header=Header(), exchanges=(silent,))).replayed
    assert verdict.outcome == "exact"


@settings(max_examples=25)
@given(cassettes())
def test_any_recording_gets_its_answers_again(cassette: Cassette) -> None:
    """Random bodies, headers, statuses, times, failures: each request has its recording, and nothing is left over."""
    if not cassette.exchanges:
        return
    run = resend(cassette)
    assert {turn.outcome for turn in run.replayed} <= {"exact", "unchecked"}
    assert run.pairing is not None
    assert run.pairing.one_to_one
    judged = {(turn.session, turn.number) for turn in run.replayed if turn.outcome == "exact"}
    own = {(turn.session, turn.number) for turn in cassette.turns}
    of_none = [one for one in cassette.exchanges if (one.session, one.turn) not in own]
    assert judged == {(turn.session, turn.number) for turn in cassette.turns if turn.exchanges} | (
        {("", 0)} if of_none else set()
    )


Came = tuple[int | None, bytes, bool]
"""Status, all bytes, and whether it broke off."""


def expected(exchange: Exchange) -> Came:
    """What a client must get for a recorded exchange."""
    played: Playback = playback(exchange)
    return played.status, b"".join(piece.bytes for piece in played.pieces), played.failure is not None


async def through(way: Any, transport: Any, found: tuple[Exchange, ...]) -> list[Came]:  # noqa: ANN401 - of either library
    """What a client of that sort gets for each recorded request."""
    came: list[Came] = []
    async with way.client(transport) as client:
        for exchange in found:
            status, pieces, broken = None, [], False
            asked = exchange.request
            try:
                response = await client.send(asked.method, asked.url, content=asked.body.join())
                status = response.status_code
                with contextlib.suppress(StopAsyncIteration):
                    async for piece in client.pieces(response):
                        pieces.append(piece)  # noqa: PERF401 - what came before a failure counts
                await client.close(response)
            except way.library.TransportError:
                broken = True
            came.append((status, b"".join(pieces), broken))
    return came


@settings(max_examples=20)
@given(exchanges())
def test_any_recording_is_the_same_session_through_any_client(found: tuple[Exchange, ...]) -> None:
    """Through httpx and httpx2, sync and async: status, bytes and failure of each exchange come back."""
    for way in WAYS:
        came = asyncio.run(through(way, Player(Answers(Matcher(found))), found))
        assert came == [expected(exchange) for exchange in found]


def test_a_recorder_around_a_player_records_the_same_again(tmp_path: Path) -> None:
    """What is recorded from a replay replays to the same: requests, answers, boundaries, failures."""
    count = iter(range(10**6))

    @settings(max_examples=20)
    @given(exchanges())
    def holds(found: tuple[Exchange, ...]) -> None:
        path = tmp_path / f"{next(count)}.cassette.jsonl"
        recorder = Recorder(Writer(path, Header()), Redactor([]))
        transport = RecordingTransport(Player(Answers(Matcher(found))), recorder)
        came = asyncio.run(through(WAYS[0], transport, found))
        recorder.close()
        again = codec.decode(path.read_bytes()).exchanges
        assert [expected(exchange)[:2] for exchange in again] == [one[:2] for one in came]
        assert [one.request.body.join() for one in again] == [one.request.body.join() for one in found]

    holds()


def test_patterns_of_the_user_do_not_keep_a_recording_from_itself() -> None:
    """What a pattern means was replaced when it was recorded; what still fits it was never a secret."""
    found = resend(msgspec.structs.replace(TWO, header=Header(redactions=("on", "e")))).replayed
    assert {turn.outcome for turn in found} == {"exact", "unchecked"}
