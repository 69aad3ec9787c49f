"""Promises of `nexdiag.replay.playing`: every client of httpx and httpx2, sync and async, gets what was recorded."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import structs
from ways import WAYS, Way, every_way

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Matcher, Miss
from nexdiag.replay.playback import STALLED, Piece, Playback, playback
from nexdiag.replay.player import Player
from nexdiag.replay.playing import UNMATCHED, bare

URL = "http://recorded/v1/chat/completions"
STREAM = Response(
    status=200,
    headers=(
        ("content-type", "text/event-stream"),
        ("x-request-id", "ré1"),
        ("set-cookie", "a=b"),
        ("set-cookie", "c"),
    ),
    chunks=(Chunk(at=3.0, bytes=b"data: h\xc3"), Chunk(at=7.0, bytes=b"\xa9\n\n"), Chunk(at=7.0, bytes=b"\0\xff")),
    first_byte=2.0,
)
FAILURES = {
    "ReadTimeout": "ReadTimeout",
    "ReadError: [Errno 104] reset": "ReadError",
    "ProxyError: a: b": "ProxyError",
    "RemoteProtocolError": "RemoteProtocolError",
    "Unfinished: the recording ended first": "TransportError",
    "HTTPStatusError: not of a transport": "TransportError",
    "__doc__": "TransportError",
    "": "TransportError",
}


def exchange(response: Response | None, **more: Any) -> Exchange:  # noqa: ANN401 - fields of an exchange
    request = Request(method="POST", url=URL, body=Splitter().split(b"{}"))
    return Exchange(id=0, started=0, request=request, response=response, **more)


async def ask(way: Way, player: Player) -> Any:  # noqa: ANN401 - a response of either library
    """The response, read to its end, with its pieces."""
    async with way.client(player) as client:
        response = await client.send("POST", "http://elsewhere/v1/chat/completions", content=b"{}")
        try:
            return response, [piece async for piece in client.pieces(response)]
        finally:
            await client.close(response)


@every_way
def test_an_answer_comes_back_as_it_was(way: Way) -> None:
    """Status, headers and chunks, one for one, in a response that the client's own library made."""
    response, pieces = asyncio.run(ask(way, Player(Answers(Matcher((exchange(STREAM),))))))
    assert isinstance(response, way.library.Response)
    assert pieces == [b"data: h\xc3", b"\xa9\n\n", b"\0\xff"]
    assert (response.status_code, response.headers["x-request-id"]) == (200, "ré1")
    assert response.headers.get_list("set-cookie") == ["a=b", "c"]


@every_way
def test_a_refusal_is_of_the_clients_library(way: Way) -> None:
    """Status 599 with a body of JSON, in all of them."""

    async def miss() -> Any:  # noqa: ANN401 - JSON
        async with way.client(Player(Answers(Matcher(())))) as client:
            status, pieces = await client.body("POST", URL, content=b"{}")
            return status, msgspec.json.decode(b"".join(pieces))

    status, said = asyncio.run(miss())
    assert (status, said["error"]["type"]) == (UNMATCHED, "nexdiag_unmatched")


@every_way
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("begun", [True, False])
def test_a_failure_is_an_error_of_the_clients_library(way: Way, failure: str, *, begun: bool) -> None:
    """Whatever stands in the recording, before the head or within the body, the client gets a transport's error."""
    player = Player(Answers(Matcher((exchange(STREAM if begun else None, failure=failure),))))
    with pytest.raises(way.library.TransportError) as error:
        asyncio.run(ask(way, player))
    assert type(error.value) is getattr(way.library, FAILURES[failure])
    assert str(error.value.request.url).startswith("http://elsewhere")


@every_way
@pytest.mark.parametrize("failure", ["ClientClosed: early", "CancelledError"])
def test_what_the_client_did_is_not_the_servers_failure(way: Way, failure: str) -> None:
    """Where the client stopped reading, the recording ends, and nothing is said of a broken line."""
    assert len(asyncio.run(ask(way, Player(Answers(Matcher((exchange(STREAM, failure=failure),))))))[1]) == 3


@every_way
@pytest.mark.parametrize(("speed", "expected"), [(1.0, [2, 1, 4, 2]), (10.0, [0.2, 0.1, 0.4, 0.2]), (None, [])])
def test_the_recorded_pace_is_kept_if_wanted(way: Way, speed: float | None, expected: list[float]) -> None:
    """The head, each chunk and the failure come when they came, divided by the speed; a thread waits, a task sleeps."""
    waited: list[float] = []
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    broken = exchange(STREAM, failure="ReadError", duration=9.0)
    player = Player(Answers(Matcher((broken,))), speed=speed, sleep=sleep, wait=waited.append)
    with pytest.raises(way.library.ReadError):
        asyncio.run(ask(way, player))
    assert (waited, slept) == ((pytest.approx(expected), []) if way.sync else ([], pytest.approx(expected)))


def test_a_request_of_a_derived_class_is_known() -> None:
    """Also one whose class bears another name, or the same."""
    import httpx2  # noqa: PLC0415 - an optional library

    class Request(httpx2.Request):
        """Of a client that derives its own."""

    response: Any = Player(Answers(Matcher((exchange(STREAM),)))).handle_request(Request("POST", URL, content=b"{}"))  # type: ignore[arg-type]
    assert isinstance(response, httpx2.Response)


def test_a_refusal_says_what_the_caller_tells_and_else_the_least() -> None:
    """What was asked and what is nearest are known here; in what they differ is told by whoever was handed in."""
    nearest = Exchange(id=3, started=0.0, request=Request(method="POST", url=URL, body=Body.of(b"{}")), turn=2)
    asked = Request(method="POST", url="http://h/v1/embeddings", body=Body.of(b"\xff"))
    assert bare(Miss(request=asked, nearest=nearest, shared=1))["error"] == {
        "type": "nexdiag_unmatched",
        "message": "POST /v1/embeddings: no recording of this request",
        "nearest": 3,
        "shared": 1,
    }
    player = Player(Answers(Matcher(())), told=lambda miss: {"path": miss.request.path})
    with httpx.Client(transport=player) as client:
        assert client.post(URL).json() == {"path": "/v1/chat/completions"}


def player_of(found: Playback, **more: Any) -> tuple[Player, list[float]]:  # noqa: ANN401 - what a player takes
    """A player that answers everything so; and what it waited."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    answers = Answers(Matcher(()), make=lambda request: found)
    return Player(answers, sleep=sleep, wait=waited.append, **more), waited


async def ask_for(way: Way, player: Player, read: float | None) -> list[bytes]:
    """The pieces that come to a client of this patience."""
    async with way.client(player, timeout=way.library.Timeout(1.0, read=read)) as client:
        response = await client.send("POST", URL, content=b"{}")
        try:
            return [piece async for piece in client.pieces(response)]
        finally:
            await client.close(response)


WITHIN = playback(exchange(STREAM))
STALLS = {
    "within the body": structs.replace(WITHIN, failure=STALLED),
    "before the head": structs.replace(WITHIN, status=None, failure=STALLED, pieces=()),
}
HELD = {
    "before the head": structs.replace(WITHIN, held=9.0),
    "before a piece": structs.replace(WITHIN, pieces=(*WITHIN.pieces[:1], Piece(1.0, b"late", 9.0))),
}


@every_way
@pytest.mark.parametrize("where", STALLS)
def test_a_stall_lasts_as_long_as_the_client_waits(way: Way, where: str) -> None:
    """Its read timeout, at any speed; then it gets the error of its own library. Nobody really waits."""
    player, waited = player_of(STALLS[where])
    with pytest.raises(way.library.ReadTimeout, match="nothing came for 7 s, the client's read timeout") as error:
        asyncio.run(ask_for(way, player, 7.0))
    assert str(error.value.request.url) == URL
    assert waited == [7.0]


@pytest.mark.parametrize("way", [way for way in WAYS if way.sync], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("where", STALLS)
def test_a_thread_that_would_wait_for_ever_is_told_so(way: Way, where: str) -> None:
    """At once: no test hangs over a client without a timeout."""
    player, waited = player_of(STALLS[where])
    with pytest.raises(way.library.ReadTimeout, match="has set no read timeout: live it would wait for ever"):
        asyncio.run(ask_for(way, player, None))
    assert waited == []


@pytest.mark.parametrize("way", [way for way in WAYS if not way.sync], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("where", STALLS)
def test_a_task_that_waits_for_ever_ends_when_it_is_cancelled(way: Way, where: str) -> None:
    """A client that keeps clocks of its own, as our executor does."""

    async def give_up() -> None:
        player, _ = player_of(STALLS[where])
        asking = asyncio.create_task(ask_for(way, player, None))
        for _ in range(50):
            await asyncio.sleep(0)
        assert not asking.done()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(give_up())


@every_way
@pytest.mark.parametrize("where", HELD)
def test_what_is_held_back_is_waited_for_at_any_speed(way: Way, where: str) -> None:
    """Beside the recorded pace."""
    for speed, paced in ((None, 0.0), (1.0, 1.0), (10.0, 0.1)):
        player, waited = player_of(structs.replace(HELD[where], after=paced and 1.0), speed=speed)
        asyncio.run(ask_for(way, player, None))
        assert pytest.approx(9.0 + paced) in waited


@every_way
@pytest.mark.parametrize("where", HELD)
def test_a_client_waits_no_longer_than_it_would_live(way: Way, where: str) -> None:
    """A silence beyond its read timeout is that timeout; what came before it has come."""
    player, waited = player_of(HELD[where])
    with pytest.raises(way.library.ReadTimeout, match="nothing came for 5 s"):
        asyncio.run(ask_for(way, player, 5.0))
    assert waited == [5.0]
    enough, waited = player_of(HELD[where])
    asyncio.run(ask_for(way, enough, 9.0))
    assert waited == [9.0]
