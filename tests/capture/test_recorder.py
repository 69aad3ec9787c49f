"""Promises of `nexdiag.capture.recorder`, kept against a real server."""

import asyncio
import contextlib
import errno
import itertools
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from loopback import STREAM_HEAD, Answer, Asked, serving

from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redact import Redactor
from nexdiag.capture.secrets import spellings
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.writer import Writer
from nexdiag.codec.cassette import decode
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Request
from nexdiag.core.turn import LogLine, ToolRun, Turn

KEY = 'sk-test/"0123456789'


class Recording:
    """A recorder on a file, with a clock that goes a second a look."""

    def __init__(self, path: Path, *, write: Callable[[int, bytes], int] = os.write) -> None:
        clock, ticks = itertools.count(1000), itertools.count()
        writer = Writer(path, Header(), write=write)
        self.recorder = Recorder(
            writer, Redactor([KEY]), clock=lambda: float(next(clock)), ticks=lambda: float(next(ticks))
        )

    @contextlib.asynccontextmanager
    async def client(self, answer: Answer) -> AsyncIterator[httpx.AsyncClient]:
        """A client of a server that answers so, recorded."""
        async with serving(answer) as url:
            transport = RecordingTransport(httpx.AsyncHTTPTransport(), self.recorder)
            async with httpx.AsyncClient(transport=transport, base_url=url, trust_env=False) as client:
                yield client

    def read(self) -> Cassette:
        """What is on disk."""
        return decode(self.recorder.writer.path.read_bytes())


@pytest.fixture
def recording(tmp_path: Path) -> Iterator[Recording]:
    recording = Recording(tmp_path / "c")
    yield recording
    recording.recorder.close()


async def streamed(asked: Asked) -> None:
    """Three chunks, one of them cut within a character."""
    await asked.send(STREAM_HEAD)
    for piece in (b"data: h\xc3", b"\xa9llo\n\n", b"data: [DONE]\n\n", b""):
        await asked.chunk(piece)


def test_an_exchange_is_kept_as_it_passed(recording: Recording) -> None:
    """Request and response byte for byte, chunk for chunk, with turn, attempt, times; nothing of ours on the wire."""
    heads = []

    async def answer(asked: Asked) -> None:
        heads.append(asked.head + asked.body)
        await streamed(asked)

    async def play() -> list[bytes]:
        async with recording.client(answer) as client:
            extensions = {"nexdiag.turn": 3, "nexdiag.attempt": 2}
            body = b'{"messages": [{"role": "user"}], "a":1}'
            async with client.stream("POST", "/v1/chat?a=b", content=body, extensions=extensions) as response:
                assert response.headers["x-request-id"] == "ré1"
                return [piece async for piece in response.aiter_raw()]

    pieces = asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert exchange.request.body.join() == b'{"messages": [{"role": "user"}], "a":1}'
    assert (exchange.request.method, exchange.request.path) == ("POST", "/v1/chat?a=b")
    assert dict(exchange.request.headers)["content-length"] == "39"
    assert exchange.response is not None
    assert (
        [chunk.bytes for chunk in exchange.response.chunks]
        == pieces
        == [
            b"data: h\xc3",
            b"\xa9llo\n\n",
            b"data: [DONE]\n\n",
        ]
    )
    assert (exchange.response.status, exchange.response.header("x-request-id")) == (200, "ré1")
    assert (exchange.turn, exchange.attempt, exchange.id, exchange.failure) == (3, 2, 0, None)
    assert (exchange.started, exchange.response.first_byte, exchange.duration) == (1000, 1, 5)
    assert [chunk.at for chunk in exchange.response.chunks] == [2, 3, 4]
    assert b"nexdiag" not in heads[0].lower()


def test_a_chunk_reaches_the_client_before_the_next_is_sent(recording: Recording) -> None:
    """Recording does not hold back: the server sends its second chunk only when the client has the first."""

    async def play() -> None:
        got_first = asyncio.Event()

        async def answer(asked: Asked) -> None:
            await asked.send(STREAM_HEAD)
            await asked.chunk(b"first")
            await got_first.wait()
            await asked.chunk(b"second")
            await asked.chunk(b"")

        async with recording.client(answer) as client, client.stream("GET", "/") as response:
            pieces = response.aiter_raw()
            assert await anext(pieces) == b"first"
            got_first.set()
            assert [piece async for piece in pieces] == [b"second"]

    asyncio.run(asyncio.wait_for(play(), 10))


def test_a_client_that_leaves_early_is_kept(recording: Recording) -> None:
    """What it read until then, and that it was the client who left."""

    async def play() -> None:
        gone = asyncio.Event()

        async def answer(asked: Asked) -> None:
            await asked.send(STREAM_HEAD)
            await asked.chunk(b"first")
            await gone.wait()

        async with recording.client(answer) as client:
            async with client.stream("GET", "/") as response:
                async for piece in response.aiter_raw():
                    assert piece == b"first"
                    break
            gone.set()

    asyncio.run(asyncio.wait_for(play(), 10))
    (exchange,) = recording.read().exchanges
    assert exchange.failure is not None
    assert exchange.failure.startswith("ClientClosed")
    assert exchange.response is not None
    assert exchange.response.body == b"first"


def test_a_stream_that_is_closed_from_within_is_the_clients_doing(recording: Recording) -> None:
    """A client that closes the iterator before the response did not break off by an error."""

    async def play() -> None:
        async with serving(streamed) as url:
            inner = httpx.AsyncHTTPTransport()
            transport = RecordingTransport(inner, recording.recorder)
            response = await transport.handle_async_request(httpx.Request("GET", url))
            pieces = response.stream.__aiter__()
            await anext(pieces)
            await pieces.aclose()
            await response.aclose()
            await transport.aclose()

    asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert (exchange.failure or "").startswith("ClientClosed")


def test_a_server_that_breaks_off_is_kept_and_raised(recording: Recording) -> None:
    """The client gets the very error, the recording its name and what came before it."""

    async def answer(asked: Asked) -> None:
        await asked.send(STREAM_HEAD)
        await asked.chunk(b"first")

    async def play() -> None:
        async with recording.client(answer) as client:
            with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
                await client.get("/")

    asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert exchange.response is not None
    assert exchange.response.body == b"first"
    assert (exchange.failure or "").startswith("RemoteProtocolError: ")


def test_a_refused_connection_is_kept_and_raised(recording: Recording) -> None:
    """An exchange without a response, with the transport's words."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/v1"

        async def play() -> None:
            transport = RecordingTransport(httpx.AsyncHTTPTransport(), recording.recorder)
            async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
                with pytest.raises(httpx.ConnectError):
                    await client.post(url, json={"a": 1})

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


def test_requests_at_once_do_not_mix(recording: Recording) -> None:
    """Ten under way together, ended in the opposite order: each has its own chunks; numbers go by the sending."""

    async def play() -> None:
        turn_to_end = [asyncio.Event() for _ in range(11)]
        all_asked = asyncio.Semaphore(0)

        async def answer(asked: Asked) -> None:
            number = json.loads(asked.body)["n"]
            await asked.send(STREAM_HEAD)
            await asked.chunk(b"begin %d" % number)
            all_asked.release()
            await turn_to_end[number + 1].wait()
            await asked.chunk(b"end %d" % number)
            await asked.chunk(b"")

        async def ask(client: httpx.AsyncClient, number: int) -> None:
            response = await client.post("/", json={"n": number})
            assert response.content == b"begin %dend %d" % (number, number)
            turn_to_end[number].set()

        async with recording.client(answer) as client, asyncio.TaskGroup() as group:
            for number in range(10):
                group.create_task(ask(client, number))
                await all_asked.acquire()
            turn_to_end[10].set()

    asyncio.run(asyncio.wait_for(play(), 10))
    exchanges = recording.read().exchanges
    for number, exchange in enumerate(exchanges):
        assert exchange.id == number
        assert json.loads(exchange.request.body.join()) == {"n": number}
        assert exchange.response is not None
        assert [c.bytes for c in exchange.response.chunks] == [b"begin %d" % number, b"end %d" % number]
    assert len(exchanges) == 10


def test_traffic_goes_on_without_the_recording(tmp_path: Path) -> None:
    """A disk that fails at any write costs the client nothing, and is told."""
    for at in range(1, 4):
        writes = itertools.count()

        def write(file: int, raw: bytes, at: int = at, writes: "itertools.count[int]" = writes) -> int:
            if next(writes) == at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return os.write(file, raw)

        recording = Recording(tmp_path / f"{at}", write=write)

        async def play(recording: Recording = recording) -> None:
            async with recording.client(streamed) as client:
                for _ in range(3):
                    assert (await client.get("/")).text == "data: héllo\n\ndata: [DONE]\n\n"

        asyncio.run(play())
        assert "No space left on device" in (recording.recorder.trouble or "")
        assert len(recording.read().exchanges) == at - 1


def test_a_fault_in_redaction_writes_nothing(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better no recording than one with secrets: the traffic goes on, the trouble is told without the text."""

    def broken(self: Redactor, raw: bytes) -> bytes:
        raise RecursionError(KEY)

    monkeypatch.setattr(Redactor, "wire", broken)

    async def play() -> None:
        async with recording.client(streamed) as client:
            assert (await client.post("/", json={"k": KEY})).status_code == 200

    asyncio.run(play())
    recording.recorder.log_line(LogLine(at=1, text=KEY))
    assert "RecursionError" in (recording.recorder.trouble or "")
    assert KEY not in (recording.recorder.trouble or "")
    assert recording.read().exchanges == ()
    assert recording.read().log == ()


def test_no_secret_reaches_the_disk(recording: Recording) -> None:
    """Planted in every place, in every spelling: none is in the file afterwards."""
    in_json = json.dumps(KEY)[1:-1]
    cut = [f"data: {json.dumps({'content': KEY[place : place + 3]})}\n\n" for place in range(0, len(KEY), 3)]

    async def answer(asked: Asked) -> None:
        assert KEY.encode() in asked.head  # the wire has it
        await asked.send(
            STREAM_HEAD.replace(b"\r\n\r\n", b"\r\nSet-Cookie: k=%s\r\nX-K: %s\r\n\r\n" % (2 * (KEY.encode(),)))
        )
        whole = f'data: {{"content":"{in_json}"}}\n\n{"".join(cut)}: {KEY}\n\n'.encode()
        for place in range(0, len(whole), 7):
            await asked.chunk(whole[place : place + 7])
        await asked.chunk(b"")

    async def play() -> None:
        async with recording.client(answer) as client:
            url = client.base_url.copy_with(username="me", password=KEY, path="/v1", query=f"key={KEY}".encode())
            headers = {"authorization": f"Bearer {KEY}", "x-api-key": KEY, "cookie": f"k={KEY}", "user-agent": KEY}
            messages = [{"role": "user", "content": KEY}, {"role": "tool", "content": json.dumps({"k": KEY})}]
            await client.post(url, json={"messages": messages, "k": KEY}, headers=headers)

    asyncio.run(play())
    recorder = recording.recorder
    turn = Turn(number=1, said=f"said {KEY}", reply=f"reply {KEY}", error=f"error {KEY}", outcome="failed")
    recorder.turn_started(turn)
    recorder.tool_run(ToolRun(call_id="c", name="n", arguments=json.dumps({"k": KEY}), output=f"output {KEY}"))
    recorder.log_line(LogLine(at=1, text=f"log {KEY}"))
    recorder.turn_ended(turn)
    recorder.begin(Request(method="GET", url=f"http://me:{KEY}@h/", body=Body.of(KEY.encode())), turn=None).end(KEY)
    raw = recorder.writer.path.read_bytes()
    found = decode(raw)
    assert recorder.trouble is None
    assert len(found.exchanges) == 2
    assert found.exchanges[0].response is not None
    deltas = [
        json.loads(line[6:])["content"]
        for line in found.exchanges[0].response.body.splitlines()
        if line[:5] == b"data:"
    ]
    texts = [raw.decode(), "".join(deltas), found.exchanges[0].request.url, *deltas]
    for spelled in spellings(KEY):
        assert not [text for text in texts if spelled.decode() in text], spelled
    assert "0123456789" not in "".join(texts)
    assert len(deltas) == 1 + len(cut)


def test_what_is_under_way_at_the_end_is_kept(recording: Recording) -> None:
    """A recording that ends while a server still thinks shows the request that it was thinking about."""
    passing = recording.recorder.begin(Request(method="POST", url="http://h/"), turn=1)
    passing.head(200, ())
    passing.chunk(b"begin")
    recording.recorder.close()
    passing.chunk(b"late")
    passing.end()
    (exchange,) = recording.read().exchanges
    assert exchange.response is not None
    assert exchange.response.body == b"begin"
    assert (exchange.failure or "").startswith("Unfinished")


def test_a_round_trip_ends_once(recording: Recording) -> None:
    """A second end, as when a client closes what has broken, does not write it again."""
    passing = recording.recorder.begin(Request(method="GET", url="http://h/"))
    passing.end("ReadError: gone")
    passing.end()
    assert [one.failure for one in recording.read().exchanges] == ["ReadError: gone"]


@pytest.mark.parametrize(("turn", "attempt"), [("1", None), (-1, 0), (None, "x"), (1.5, -3)])
def test_odd_numbers_of_turns_do_no_harm(recording: Recording, turn: object, attempt: object) -> None:
    """Extensions come from anyone: what is no number counts as none, and the file stays readable."""
    recording.recorder.begin(Request(method="GET", url="http://h/"), turn=turn, attempt=attempt).end()
    (exchange,) = recording.read().exchanges
    assert (exchange.turn, exchange.attempt) == (None, 1)


def test_an_answer_that_was_made_whole_is_kept(recording: Recording) -> None:
    """Also a transport that answers without a stream, as test doubles do, is recorded."""

    async def play() -> None:
        inner = httpx.MockTransport(lambda request: httpx.Response(201, json={"a": 1}))
        async with httpx.AsyncClient(transport=RecordingTransport(inner, recording.recorder)) as client:
            assert (await client.get("http://h/")).json() == {"a": 1}

    asyncio.run(play())
    (exchange,) = recording.read().exchanges
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (201, b'{"a":1}')
