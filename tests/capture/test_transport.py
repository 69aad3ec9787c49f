"""Promises of `nexdiag.capture.transport`, kept against a real server, for httpx and httpx2, sync and async."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from loopback import STREAM_HEAD, Asked, serving
from recordings import Recording, streamed
from ways import Way, every_way

from nexdiag.capture.transport import RecordingTransport


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path / "c")
    yield recording
    recording.recorder.close()


def recorded(way: Way, recording: Recording) -> RecordingTransport:
    return RecordingTransport(way.live(), recording.recorder)


@every_way
def test_an_exchange_is_kept_as_it_passed(recording: Recording, way: Way) -> None:
    """Request and response byte for byte, chunk for chunk, with turn, attempt, times; nothing of ours on the wire."""
    heads = []

    async def answer(asked: Asked) -> None:
        heads.append(asked.head + asked.body)
        await streamed(asked)

    async def play() -> list[bytes]:
        async with serving(answer) as url, way.client(recorded(way, recording)) as client:
            extensions = {"nexdiag.turn": 3, "nexdiag.attempt": 2, "nexdiag.session": "s"}
            body = b'{"messages": [{"role": "user"}], "a":1}'
            response = await client.send("POST", f"{url}/v1/chat?a=b", content=body, extensions=extensions)
            assert response.headers["x-request-id"] == "ré1"
            assert response.http_version == "HTTP/1.1"
            assert isinstance(response, way.library.Response)
            pieces = [piece async for piece in client.pieces(response)]
            await client.close(response)
            return pieces

    pieces = asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert exchange.request.body.join() == b'{"messages": [{"role": "user"}], "a":1}'
    assert (exchange.request.method, exchange.request.path) == ("POST", "/v1/chat?a=b")
    assert dict(exchange.request.headers)["content-length"] == "39"
    assert exchange.response is not None
    kept = [chunk.bytes for chunk in exchange.response.chunks]
    assert kept == pieces == [b"data: h\xc3", b"\xa9llo\n\n", b"data: [DONE]\n\n"]
    assert (exchange.response.status, exchange.response.header("x-request-id")) == (200, "ré1")
    assert (exchange.turn, exchange.attempt, exchange.session) == (3, 2, "s")
    assert (exchange.id, exchange.failure) == (0, None)
    assert (exchange.started, exchange.response.first_byte, exchange.duration) == (1000, 1, 5)
    assert [chunk.at for chunk in exchange.response.chunks] == [2, 3, 4]
    assert b"nexdiag" not in heads[0].lower()


@every_way
def test_a_chunk_reaches_the_client_before_the_next_is_sent(recording: Recording, way: Way) -> None:
    """Recording does not hold back: the server sends its second chunk only when the client has the first."""

    async def play() -> None:
        got_first = asyncio.Event()

        async def answer(asked: Asked) -> None:
            await asked.send(STREAM_HEAD)
            await asked.chunk(b"first")
            await got_first.wait()
            await asked.chunk(b"second")
            await asked.chunk(b"")

        async with serving(answer) as url, way.client(recorded(way, recording)) as client:
            response = await client.send("GET", url)
            pieces = client.pieces(response)
            assert await anext(pieces) == b"first"
            got_first.set()
            assert [piece async for piece in pieces] == [b"second"]
            await client.close(response)

    asyncio.run(asyncio.wait_for(play(), 10))


@every_way
def test_a_client_that_leaves_early_is_kept(recording: Recording, way: Way) -> None:
    """What it read until then, and that it was the client who left."""

    async def play() -> None:
        gone = asyncio.Event()

        async def answer(asked: Asked) -> None:
            await asked.send(STREAM_HEAD)
            await asked.chunk(b"first")
            await gone.wait()

        async with serving(answer) as url, way.client(recorded(way, recording)) as client:
            response = await client.send("GET", url)
            pieces = client.pieces(response)
            assert await anext(pieces) == b"first"
            await client.close(response)
            await pieces.aclose()  # type: ignore[attr-defined]
            gone.set()

    asyncio.run(asyncio.wait_for(play(), 10))
    (exchange,) = recording.read().exchanges
    assert (exchange.failure or "").startswith("ClientClosed")
    assert exchange.response is not None
    assert exchange.response.body == b"first"


@pytest.mark.parametrize("sync", [True, False])
def test_a_stream_that_is_closed_from_within_is_the_clients_doing(recording: Recording, *, sync: bool) -> None:
    """A client that closes the iterator before the response did not break off by an error."""

    def within(url: str) -> None:
        transport = RecordingTransport(httpx.HTTPTransport(), recording.recorder)
        response = transport.handle_request(httpx.Request("GET", url))
        pieces: Any = iter(response.stream)  # type: ignore[arg-type]
        next(pieces)
        pieces.close()
        response.close()
        transport.close()

    async def play() -> None:
        async with serving(streamed) as url:
            if sync:
                await asyncio.to_thread(within, url)
                return
            transport = RecordingTransport(httpx.AsyncHTTPTransport(), recording.recorder)
            response = await transport.handle_async_request(httpx.Request("GET", url))
            pieces: Any = response.stream.__aiter__()  # type: ignore[union-attr]
            await anext(pieces)
            await pieces.aclose()
            await response.aclose()
            await transport.aclose()

    asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert (exchange.failure or "").startswith("ClientClosed")


@every_way
def test_a_server_that_breaks_off_is_kept_and_raised(recording: Recording, way: Way) -> None:
    """The client gets the very error, the recording its name and what came before it."""

    async def answer(asked: Asked) -> None:
        await asked.send(STREAM_HEAD)
        await asked.chunk(b"first")

    async def play() -> None:
        async with serving(answer) as url, way.client(recorded(way, recording)) as client:
            with pytest.raises(way.library.RemoteProtocolError, match="incomplete"):
                await client.body("GET", url)

    asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert exchange.response is not None
    assert exchange.response.body == b"first"
    assert (exchange.failure or "").startswith("RemoteProtocolError: ")


@every_way
def test_a_refused_connection_is_kept_and_raised(recording: Recording, way: Way) -> None:
    """An exchange without a response, with the transport's words."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"

        async def play() -> None:
            async with way.client(recorded(way, recording)) as client:
                with pytest.raises(way.library.ConnectError):
                    await client.body("POST", url, json={"a": 1})

        asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert exchange.response is None
    assert (exchange.failure or "").startswith("ConnectError")


@pytest.mark.parametrize("mid_stream", [False, True])
def test_a_cancelled_request_is_kept_and_cancelled(recording: Recording, *, mid_stream: bool) -> None:
    """The task ends as cancelled, before the answer's head or within its body, and the exchange says so."""

    async def play() -> None:
        asked_for, forever = asyncio.Event(), asyncio.Event()

        async def answer(asked: Asked) -> None:
            if mid_stream:
                await asked.send(STREAM_HEAD)
                await asked.chunk(b"first")
            asked_for.set()
            await forever.wait()

        async def ask(client: httpx.AsyncClient, first: asyncio.Event) -> None:
            async with client.stream("GET", "/") as response:
                async for _ in response.aiter_raw():
                    first.set()

        async with recording.client(answer) as client:
            first = asyncio.Event()
            task = asyncio.create_task(ask(client, first))
            await (first if mid_stream else asked_for).wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            forever.set()

    asyncio.run(asyncio.wait_for(play(), 10))
    (exchange,) = recording.read().exchanges
    assert (exchange.failure or "").startswith("CancelledError")
    assert (exchange.response is not None) == mid_stream


@every_way
def test_requests_at_once_do_not_mix(recording: Recording, way: Way) -> None:
    """Five under way together, ended in the opposite order: each has its own chunks; numbers go by the sending."""

    async def play() -> None:
        turn_to_end = [asyncio.Event() for _ in range(6)]
        all_asked = asyncio.Semaphore(0)

        async def answer(asked: Asked) -> None:
            number = json.loads(asked.body)["n"]
            await asked.send(STREAM_HEAD)
            await asked.chunk(b"begin %d" % number)
            all_asked.release()
            await turn_to_end[number + 1].wait()
            await asked.chunk(b"end %d" % number)
            await asked.chunk(b"")

        async with serving(answer) as url, way.client(recorded(way, recording)) as client:

            async def ask(number: int) -> None:
                _, pieces = await client.body("POST", url, json={"n": number})
                assert b"".join(pieces) == b"begin %dend %d" % (number, number)
                turn_to_end[number].set()

            async with asyncio.TaskGroup() as group:
                for number in range(5):
                    group.create_task(ask(number))
                    await all_asked.acquire()
                turn_to_end[5].set()

    asyncio.run(asyncio.wait_for(play(), 20))
    exchanges = recording.read().exchanges
    for number, exchange in enumerate(exchanges):
        assert exchange.id == number
        assert json.loads(exchange.request.body.join()) == {"n": number}
        assert exchange.response is not None
        assert [c.bytes for c in exchange.response.chunks] == [b"begin %d" % number, b"end %d" % number]
    assert len(exchanges) == 5


@every_way
def test_an_answer_that_was_made_whole_is_kept(recording: Recording, way: Way) -> None:
    """Also a transport that answers without a stream, as test doubles do, is recorded; a derived class is known."""

    class Response(way.library.Response):  # type: ignore[name-defined,misc]
        """Of a double that derives its own."""

    async def play() -> None:
        inner = way.library.MockTransport(lambda request: Response(201, json={"a": 1}))
        async with way.client(RecordingTransport(inner, recording.recorder)) as client:
            assert await client.body("GET", "http://h/") == (201, [b'{"a":1}'])

    asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (201, b'{"a":1}')


@every_way
def test_a_request_that_is_made_while_it_is_sent_is_kept_whole(recording: Recording, way: Way) -> None:
    """A body from a generator goes out, and is recorded, as one."""
    got = []

    async def sent() -> AsyncIterator[bytes]:
        yield b'{"a":'
        yield b"1}"

    async def play() -> None:
        inner = way.library.MockTransport(lambda request: got.append(request.content) or way.library.Response(204))
        async with way.client(RecordingTransport(inner, recording.recorder)) as client:
            content: Any = iter([b'{"a":', b"1}"]) if way.sync else sent()
            assert (await client.body("POST", "http://h/", content=content))[0] == 204

    asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert [exchange.request.body.join()] == got == [b'{"a":1}']
