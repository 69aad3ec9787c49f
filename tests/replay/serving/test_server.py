"""Promises of `nexdiag.replay.serving.server`: real clients, raw sockets, and any recording there may be."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus

import httpx
import openai
import pytest
from hypothesis import given, settings
from replayed import CLOSE, Answer, HandTimer, World, answers_in, asking, recorded, rounds, serving
from strategies_wire import exchanges

from nexdiag.core.exchange import Exchange, client_left
from nexdiag.replay.serving.served import ANSWERED, CLOSED, LEFT

MESSAGES = [{"role": "user", "content": "Hello"}]


def events(*values: object) -> list[bytes]:
    """A stream of server-sent events, an event a piece."""
    return [b"data: " + json.dumps(value).encode() + b"\n\n" for value in values] + [b"data: [DONE]\n\n"]


def delta(**fields: object) -> dict[str, object]:
    choice = {"index": 0, "delta": fields, "finish_reason": None}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def play(scene: Callable[[World], Awaitable[None]], *recording: Exchange, speed: float | None = None) -> None:
    async def run() -> None:
        async with serving(*recording, speed=speed) as here:
            await scene(here)

    asyncio.run(run())


# Raw sockets.

PIECES = [*events(*(delta(content=f"word{number} é") for number in range(20))), b"\xff\x00\r\n0\r\n\r\n", b"", b"x"]


def test_each_recorded_piece_is_one_chunk() -> None:
    """Boundaries survive, wherever they are: within an event, a character, or what looks like the end of a chunk."""

    async def scene(here: World) -> None:
        answer = await here.one(asking(b"{}", CLOSE))
        assert answer.chunks == [piece for piece in PIECES if piece]
        assert answer.whole
        assert (answer.status, answer.header("content-type")) == (200, "text/event-stream")

    play(scene, recorded(pieces=PIECES))


def test_a_request_may_come_a_byte_at_a_time() -> None:
    """Nothing is answered before it is whole, and then as always."""

    async def scene(here: World) -> None:
        request = asking(b'{"messages": []}', CLOSE)
        answer = await here.one(*(request[at : at + 1] for at in range(len(request))))
        assert answer.chunks == [b"hello"]

    play(scene, recorded(body=b'{"messages":[]}'))


def test_pipelined_requests_are_answered_in_order() -> None:
    """Thousands that come at once, each with its own answer, on one connection."""
    count = 2000
    recording = [recorded(n, b'{"n":%d}' % n, (b"a%d" % n, b"b")) for n in range(count)]

    async def scene(here: World) -> None:
        sent = b"".join(asking(b'{"n":%d}' % n) for n in range(count)) + asking(b"no", CLOSE)
        *answers, last = answers_in(await here.ask(sent))
        assert [answer.chunks for answer in answers] == [[b"a%d" % n, b"b"] for n in range(count)]
        assert last.status == 599
        assert here.answers.pairing().unplayed == ()

    play(scene, *recording)


def test_a_client_of_http_1_0_gets_no_chunks() -> None:
    """The connection's end is the body's; where the answer broke off it is reset, so that it is no end."""

    async def scene(here: World) -> None:
        old = b"POST /v1/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s"
        [answer] = answers_in(await here.ask(old % (2, b"{}")))
        assert (answer.body, answer.header("connection")) == (b"hello", "close")
        reader, writer = await here.connect()
        writer.write(old % (7, b'{"a":1}'))
        with pytest.raises(ConnectionResetError):
            await reader.readuntil(b"nothing more")
        writer.close()

    play(scene, recorded(), recorded(1, b'{"a":1}', failure="RemoteProtocolError: cut"))


def test_a_large_answer_is_whole_before_its_reset() -> None:
    """A reset does not overtake what was sent before it, even for a client that reads late."""
    size = 3_000_000

    async def scene(here: World) -> None:
        reader, writer = await here.connect()
        reader._transport.pause_reading()  # type: ignore[attr-defined] # a client that does not read yet
        writer.write(asking())
        await rounds(20)
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(size + len(b"%x\r\n\r\n" % size))
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(1)
        writer.close()

    play(scene, recorded(pieces=[b"a" * size], failure="ReadError: reset"))


def test_a_stalled_answer_ends_with_the_client_or_with_the_server() -> None:
    """It keeps its connection; other clients are answered meanwhile; closing the server ends it."""

    async def scene(here: World) -> None:
        stalled = [await here.connect() for _ in range(2)]
        for reader, writer in stalled:
            writer.write(asking(b'{"a":1}'))
            assert b"hello" in await reader.readuntil(b"hello\r\n")
        assert (await here.one(asking(b"{}", CLOSE))).body == b"hello"
        assert here.words == [ANSWERED]
        stalled[0][1].close()
        while here.words == [ANSWERED]:
            await rounds(1)
        assert here.words == [ANSWERED, LEFT]
        await here.server.close()
        assert await stalled[1][0].read() == b""
        assert here.words == [ANSWERED, LEFT, CLOSED]
        assert here.heard[2].exchange == 2
        assert here.heard[2].why == "the server was closed before the answer was whole"
        stalled[1][1].close()

    stall = [recorded(n, b'{"a":1}', failure="ReadTimeout") for n in (1, 2)]
    play(scene, recorded(), *stall)


def test_a_client_that_leaves_in_the_middle_is_noticed() -> None:
    """At the recorded pace, between two pieces: it is told, and nothing runs on."""

    async def run() -> None:
        timer = HandTimer()
        async with serving(recorded(pieces=[b"a", b"b"], every=1.0), speed=1.0, timer=timer) as here:
            reader, writer = await here.connect()
            writer.write(asking())
            while not timer.waiting:
                await rounds(1)
            timer.advance(1.0)
            assert b"1\r\na\r\n" in await reader.readuntil(b"a\r\n")
            writer.close()
            while not here.heard:
                await rounds(1)
            assert here.words == [LEFT]
            assert not timer.waiting

    asyncio.run(run())


def test_a_port_that_is_taken_is_said() -> None:
    """OSError, for whoever starts it to put into words."""

    async def scene(here: World) -> None:
        with pytest.raises(OSError, match="in use"):
            await here.server.start(here.port)

    play(scene)


def test_a_server_that_never_started_can_be_closed() -> None:
    """Whoever failed to start it has one way out."""

    async def scene(here: World) -> None:
        await here.server.close()
        await here.server.close()

    play(scene)


# Real clients.


def test_two_hundred_clients_at_once_get_their_own_answers() -> None:
    """All on connections of their own; requests and recordings pair one to one."""
    count = 200
    recording = [recorded(n, b'{"n":%d}' % n, events(delta(content=str(n)))) for n in range(count)]

    async def scene(here: World) -> None:
        async def client(number: int) -> None:
            answer = await here.one(asking(b'{"n":%d}' % number, CLOSE))
            assert answer.chunks == events(delta(content=str(number)))

        await asyncio.gather(*map(client, range(count)))
        assert here.answers.pairing().one_to_one
        assert here.words == [ANSWERED] * count

    play(scene, *recording)


def test_httpx_sees_what_was_recorded() -> None:
    """Chunk for chunk, each failure as the error that was recorded, and the connection is used again after a miss."""
    recording = [
        recorded(0, b"0", [b"a", b"bc"]),
        recorded(1, b"1", [b"a"], failure="ReadError: [Errno 104] Connection reset by peer"),
        recorded(2, b"2", [b"a"], failure="RemoteProtocolError: peer closed connection"),
        recorded(3, b"3", None, failure="ReadError"),
        recorded(4, b"4", None, failure="RemoteProtocolError: Server disconnected without sending a response."),
        recorded(5, b"5", [b"ab"], headers=(("content-length", "9"),), failure="RemoteProtocolError: cut"),
        recorded(6, b"6", [b"slow"], status=404, headers=(("content-length", "4"), ("x-request-id", "r"))),
    ]
    wanted = {1: httpx.ReadError, 2: httpx.RemoteProtocolError, 3: httpx.ReadError, 4: httpx.RemoteProtocolError}

    async def scene(here: World) -> None:
        async with httpx.AsyncClient(base_url=here.url, trust_env=False) as http:
            async with http.stream("POST", "/v1/chat/completions", content=b"0") as reply:
                assert [piece async for piece in reply.aiter_raw()] == [b"a", b"bc"]
            for number, error in {**wanted, 5: httpx.RemoteProtocolError}.items():
                with pytest.raises(error):
                    await http.post("/v1/chat/completions", content=b"%d" % number)
            assert (await http.post("/v1/chat/completions", content=b"no")).status_code == 599
            last = await http.post("/v1/chat/completions", content=b"6")
            assert (last.status_code, last.text, last.headers["x-request-id"]) == (404, "slow", "r")
        assert here.answers.pairing().unplayed == ()

    play(scene, *recording)


def test_the_openai_sdk_streams_calls_tools_and_is_told_of_a_miss() -> None:
    """Unchanged: a stream, a call of a tool, the Responses interface, the models; a 599 once, not thrice."""
    call = {"index": 0, "id": "call_1", "function": {"name": "add", "arguments": '{"a": 1}'}, "type": "function"}
    chat = {"messages": MESSAGES, "model": "m", "stream": True}
    tools = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}]
    response = {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed",
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "output": [
            {
                "id": "m1", "type": "message", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "Hi", "annotations": []}],
            }
        ],
    }  # fmt: skip
    whole = json.dumps(response).encode()
    json_headers = (("content-type", "application/json"), ("content-length", str(len(whole))))
    recording = [
        recorded(0, json.dumps(chat).encode(), events(delta(role="assistant", content="Hel"), delta(content="lo"))),
        recorded(1, json.dumps({**chat, "tools": tools}).encode(), events(delta(tool_calls=[call]))),
        recorded(2, b'{"input": "Hello", "model": "m"}', [whole], path="/v1/responses", headers=json_headers),
    ]

    async def scene(here: World) -> None:
        async with openai.AsyncOpenAI(base_url=f"{here.url}/v1", api_key="k") as client:
            stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)  # type: ignore[call-overload]
            assert [part.choices[0].delta.content async for part in stream] == ["Hel", "lo"]
            stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True, tools=tools)  # type: ignore[call-overload]
            [asked] = [part.choices[0].delta.tool_calls[0] async for part in stream]
            assert (asked.function.name, asked.function.arguments) == ("add", '{"a": 1}')
            assert (await client.responses.create(model="m", input="Hello")).output_text == "Hi"
            assert [model.id async for model in client.models.list()] == ["m"]
            with pytest.raises(openai.APIStatusError) as caught:
                await client.chat.completions.create(model="m", messages=[])
            assert caught.value.status_code == 599
        assert here.words == [ANSWERED, ANSWERED, ANSWERED, ANSWERED, "unmatched"]
        assert here.answers.pairing().unplayed == ()

    play(scene, *recording)


# Any recording.

_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings", "expect"}


def kept(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is end to end of recorded fields, as a wire can carry it."""
    found = []
    for name, value in headers:
        if name in _HOP or name.startswith("proxy-") or name == "content-length":
            continue
        plain = "".join(" " if (one < " " and one != "\t") or one == "\x7f" else one for one in value)
        found.append((name, plain.strip().encode("latin-1", "replace").decode("latin-1")))
    return found


def is_as_recorded(answer: Answer, exchange: Exchange) -> bool:
    """Status, end-to-end fields, bytes and boundaries."""
    response = exchange.response
    assert response is not None
    pieces = [chunk.bytes for chunk in response.chunks if chunk.bytes]
    headers = [
        (name, value.strip()) for name, value in answer.headers if name not in ("transfer-encoding", "connection")
    ]
    bodiless = response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
    return (answer.status, headers, answer.chunks) == (
        response.status,
        kept(response.headers),
        [] if bodiless else pieces,
    )


async def until_silent(here: World, request: bytes, exchange: Exchange) -> bytes:
    """What comes of an answer that stalls: then the client goes."""
    reader, writer = await here.connect()
    writer.write(request)
    raw = b""
    if exchange.response is not None:
        size = sum(len(b"%x\r\n%b\r\n" % (len(one.bytes), one.bytes)) for one in exchange.response.chunks if one.bytes)
        bodiless = exchange.response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        raw = await reader.readuntil(b"\r\n\r\n")
        raw += await reader.readexactly(0 if bodiless else size)
    count = len(here.heard)
    writer.close()
    while len(here.heard) == count:
        await rounds(1)
    return raw


@settings(max_examples=60)
@given(exchanges())
def test_any_recording_comes_back_as_it_is(recording: tuple[Exchange, ...]) -> None:
    """Status, end-to-end fields, bytes and boundaries; what broke off breaks off; requests and recordings pair."""

    async def scene(here: World) -> None:
        for exchange in recording:
            request = asking(
                exchange.request.body.join(), CLOSE, path=exchange.request.path, method=exchange.request.method
            )
            if (exchange.failure or "").startswith("ReadTimeout"):
                playable = exchange.response is None or exchange.response.status >= HTTPStatus.OK
                raw = await (until_silent(here, request, exchange) if playable else here.ask(request))
            else:
                raw = await here.ask(request)
            found = list(answers_in(raw))
            if exchange.response is None:
                assert not found
                continue
            [answer] = found
            if exchange.response.status < HTTPStatus.OK:
                assert answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
                continue
            assert is_as_recorded(answer, exchange)
            bodiless = answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
            assert bodiless or answer.whole is (exchange.failure is None or client_left(exchange.failure))
        assert here.answers.pairing().unplayed == ()
        assert here.answers.pairing().misses == ()

    play(scene, *recording)


def test_it_listens_without_any_clients_library() -> None:
    """Whoever starts a program behind it waits for its imports."""
    code = "import sys, nexdiag.replay.serving.server; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"anyio", "h11", "httpcore", "httpx", "httpx2", "rich", "typer", "uvicorn", "vcr", "yaml"}
    assert not heavy & set(done.stdout.split())
