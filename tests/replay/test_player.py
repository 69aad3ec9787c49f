"""Promises of `nexdiag.replay.player`: what was recorded from a real server comes back as it was."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from loopback import STREAM_HEAD, Answer, Asked, serving
from strategies_wire import exchanges

from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.writer import Writer
from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import decode
from nexdiag.codec.encodings import encoded
from nexdiag.core.cassette import Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.player import UNMATCHED, Player

KEY = "sk-test-0123456789abcdef"
URL = "http://recorded/v1/chat/completions"


class Seen(msgspec.Struct):
    """What a client saw of one answer."""

    head: tuple[int, list[tuple[bytes, bytes]]] | None = None
    pieces: list[bytes] = []
    error: type[Exception] | None = None


async def see(client: httpx.AsyncClient, body: bytes, path: str = "/v1/chat/completions") -> Seen:
    """Ask, and take down all that comes."""
    return await take_down(client.send(client.build_request("POST", path, content=body), stream=True))


async def take_down(coming: Awaitable[httpx.Response]) -> Seen:
    """All that comes of a request."""
    seen = Seen()
    try:
        async with contextlib.aclosing(await coming) as response:
            seen.head = response.status_code, [(name.lower(), value) for name, value in response.headers.raw]
            async for piece in response.aiter_raw():
                seen.pieces.append(piece)
    except httpx.TransportError as error:
        seen.error = type(error)
    return seen


def record(path: Path, answer: Answer, bodies: list[bytes]) -> tuple[list[Seen], Player]:
    """Ask a real server, recorded; what was seen, and a player of the recording."""
    recorder = Recorder(Writer(path, Header()), Redactor([KEY]))

    async def live() -> list[Seen]:
        async with serving(answer) as url:
            transport = RecordingTransport(httpx.AsyncHTTPTransport(), recorder)
            async with httpx.AsyncClient(transport=transport, base_url=url, trust_env=False) as client:
                return [await see(client, body) for body in bodies]

    seen = asyncio.run(live())
    recorder.close()
    assert recorder.trouble is None
    splitter = Splitter()
    return seen, Player(Answers(Matcher(decode(path.read_bytes(), splitter=splitter).exchanges), splitter=splitter))


def play(player: Player, bodies: list[bytes], *, at_once: bool = False) -> list[Seen]:
    """Ask the player, one after the other or all at once."""

    async def replay() -> list[Seen]:
        async with httpx.AsyncClient(transport=player, base_url="http://elsewhere") as client:
            asking = [see(client, body) for body in bodies]
            return list(await asyncio.gather(*asking)) if at_once else [await one for one in asking]

    return asyncio.run(replay())


def chat(*texts: str, model: str = "m") -> bytes:
    """A chat request."""
    return json.dumps({"model": model, "messages": [{"role": "user", "content": text} for text in texts]}).encode()


def recorded(*bodies: bytes) -> Player:
    """A player of answers that say their number."""
    found = []
    for number, body in enumerate(bodies):
        request = Request(method="POST", url=URL, body=Splitter().split(body))
        response = Response(status=200, chunks=(Chunk(at=0.0, bytes=b"answer %d" % number),))
        found.append(Exchange(id=number, started=0, request=request, response=response, turn=number + 1))
    return Player(Answers(Matcher(found)))


async def many(asked: Asked) -> None:
    """Answers of all kinds, as the request wants."""
    kind = json.loads(asked.body)["model"]
    if kind == "stream":
        await asked.send(STREAM_HEAD)
        for piece in (b"data: h\xc3", b"\xa9\n\n", b"\0\xff", b""):
            await asked.chunk(piece)
    elif kind == "plain":
        await asked.answer(b'{"a": 1}', headers=b"Set-Cookie: a=b\r\nSet-Cookie: c=d\r\nServer: \xe9\r\n")
    elif kind == "empty":
        await asked.answer(b"", status=204)
    elif kind == "refused":
        await asked.answer(b"no", status=429, headers=b"Retry-After: 3\r\n")
    elif kind == "torn":
        await asked.send(STREAM_HEAD)
        await asked.chunk(b"begin")
    elif kind == "no HTTP":
        await asked.send(b"what?\r\n\r\n")


KINDS = ["stream", "plain", "empty", "refused", "torn", "no HTTP", "silent"]


def test_what_was_received_comes_back(tmp_path: Path) -> None:
    """Status, headers, chunks byte for byte and one for one, and failures as the same httpx class."""
    bodies = [chat(model=kind) for kind in KINDS]
    live, player = record(tmp_path / "c", many, bodies)
    played = play(player, bodies)
    for kind, before, after in zip(KINDS, live, played, strict=True):
        assert after.pieces == before.pieces, kind
        assert after.error == before.error, kind
        assert (after.head is None) == (before.head is None)
        if before.head is not None and after.head is not None:
            assert after.head[0] == before.head[0]
            kept = [pair for pair in before.head[1] if pair[0] != b"set-cookie"]
            assert [pair for pair in after.head[1] if pair[0] != b"set-cookie"] == kept
    assert [seen.error for seen in live[4:]] == [httpx.RemoteProtocolError] * 3
    assert player.answers.unplayed() == ()
    assert [exchange.id for _, exchange in player.answers.pairs] == list(range(len(KINDS)))


def test_a_refused_connection_is_refused_again(tmp_path: Path) -> None:
    """The class and the words of the failure are those of the recording."""
    recorder = Recorder(Writer(tmp_path / "c", Header()), Redactor())
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"

        async def live() -> Seen:
            transport = RecordingTransport(httpx.AsyncHTTPTransport(), recorder)
            async with httpx.AsyncClient(transport=transport, base_url=url, trust_env=False) as client:
                return await see(client, b"{}")

        assert asyncio.run(live()).error is httpx.ConnectError
    recorder.close()
    player = Player(Answers(Matcher(decode((tmp_path / "c").read_bytes()).exchanges)))
    assert play(player, [b"{}"])[0].error is httpx.ConnectError


def test_identical_requests_are_answered_in_the_order_recorded() -> None:
    """The first asks the first answer."""
    assert [seen.pieces for seen in play(recorded(*[chat("a")] * 3), [chat("a")] * 3)] == [
        [b"answer 0"],
        [b"answer 1"],
        [b"answer 2"],
    ]


def test_requests_at_once_get_their_own_answers() -> None:
    """In whatever order they come."""
    bodies = [chat(str(number)) for number in range(20)]
    seen = play(recorded(*bodies), bodies[::-1], at_once=True)
    assert [one.pieces for one in seen] == [[b"answer %d" % number] for number in reversed(range(20))]


def test_a_request_without_a_recording_is_answered_so() -> None:
    """Status 599, and a JSON body that names the nearest exchange and how much it shares; the miss is remembered."""
    player = recorded(chat("a"), chat("a", "b"))

    async def ask(body: bytes) -> httpx.Response:
        async with httpx.AsyncClient(transport=player) as client:
            return await client.post(URL, content=body, extensions={"nexdiag.turn": 7})

    response = asyncio.run(ask(chat("a", "b", "c")))
    assert response.status_code == UNMATCHED == 599
    error = response.json()["error"]
    assert (error["type"], error["nearest"], error["shared"]) == ("nexdiag_unmatched", 1, 2)
    assert error["message"] == "POST /v1/chat/completions: no recording of this request"
    play(player, [chat("a")])
    assert "already been played" in asyncio.run(ask(chat("a"))).json()["error"]["message"]
    play(player, [chat("a", "b")])
    other = asyncio.run(ask(chat("z"))).json()["error"]
    assert (other["nearest"], other["shared"]) == (0, 0)
    assert [(turn, miss.shared) for _, turn, miss in player.answers.misses] == [(7, 2), (7, 1), (7, 0)]


def test_a_secret_is_asked_for_as_it_was_recorded(tmp_path: Path) -> None:
    """With the recorder's redaction, a request that holds a key finds its recording; and no key is kept of it."""

    async def answer(asked: Asked) -> None:
        await asked.answer(b"you said " + asked.body)

    body = chat(f"my key is {KEY}")
    path = f"/v1?key={KEY}"
    recorder = Recorder(Writer(tmp_path / "c", Header()), Redactor([KEY]))

    async def live() -> Seen:
        async with serving(answer) as url:
            transport = RecordingTransport(httpx.AsyncHTTPTransport(), recorder)
            async with httpx.AsyncClient(transport=transport, base_url=url, trust_env=False) as client:
                return await see(client, body, path)

    live_seen = asyncio.run(live())
    recorder.close()
    found = decode((tmp_path / "c").read_bytes()).exchanges
    player = Player(Answers(Matcher(found), clean=Redactor([KEY]).request))

    async def replay() -> Seen:
        async with httpx.AsyncClient(transport=player, base_url="http://elsewhere") as client:
            return await see(client, body, path)

    assert b"".join(asyncio.run(replay()).pieces) == Redactor([KEY]).wire(b"".join(live_seen.pieces))
    assert player.answers.misses == []
    assert KEY not in repr(player.answers.pairs)


@given(exchanges())
def test_any_recording_plays_each_exchange_once(found: tuple[Exchange, ...]) -> None:
    """Ask for every request of a random recording: each exchange is played, with its own bytes or failure."""
    player = Player(Answers(Matcher(found)))

    async def replay() -> None:
        async with httpx.AsyncClient(transport=player) as client:
            for exchange in found:
                asked = exchange.request
                request = client.build_request(asked.method, asked.url, content=asked.body.join())
                seen = await take_down(client.send(request, stream=True))
                played = player.answers.pairs[-1][1]
                assert b"".join(seen.pieces) == (played.response.body if played.response is not None else b"")
                assert (seen.error is None) == (played.failure in (None, "ClientClosed: early") and bool(seen.head))

    asyncio.run(replay())
    assert sorted(exchange.id for _, exchange in player.answers.pairs) == [exchange.id for exchange in found]
    assert player.answers.misses == []
    assert player.answers.unplayed() == ()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br"])
def test_an_encoded_request_finds_its_recording(encoding: str) -> None:
    """The recorder keeps request bodies without their content-encoding; what is asked is read in the same way."""
    body = encoded(chat("a"), encoding)
    assert body is not None
    player = recorded(chat("a"))
    response = player.handle_request(httpx.Request("POST", URL, content=body, headers={"content-encoding": encoding}))
    assert response.read() == b"answer 0"
    assert player.answers.pairs[0][0].encoding == encoding


def test_an_encoding_that_nobody_knows_is_matched_as_it_is() -> None:
    """No error, and no guess."""
    player = recorded(b"what?")
    headers = {"content-encoding": "rot13"}
    assert player.handle_request(httpx.Request("POST", URL, content=b"what?", headers=headers)).read() == b"answer 0"


def test_threads_get_each_exchange_once() -> None:
    """Equal requests of many threads are answered by as many exchanges."""
    player = recorded(*[chat("a")] * 200)

    def ask(_: int) -> bytes:
        return player.handle_request(httpx.Request("POST", URL, content=chat("a"))).read()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(200)))
    assert sorted(answers) == sorted(b"answer %d" % number for number in range(200))
    assert player.answers.unplayed() == ()
