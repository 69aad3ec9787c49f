"""Promises of `nexdiag.http1.inbound`: what a client may send, and what is refused, on raw sockets."""

import asyncio
import itertools

import pytest
from proxied import PLAIN, Asked, Make, Unkept, World, rounds

from nexdiag.capture.proxy.kept import Keeper

HOST = b"Host: h\r\n"
CLOSE = b"Connection: close\r\n"
POST = b"POST /v1/chat/completions HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def get(path: bytes = b"/v1/models", more: bytes = b"") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + HOST + more + b"\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        POST + CLOSE + b"Content-Length: 7\r\n\r\n" + b'{"a":1}',
        POST + CLOSE + CHUNKED + b'\r\n3;x=y\r\n{"a\r\n4\r\n":1}\r\n0\r\nX-Trailer: 1\r\n\r\n',
    ],
    ids=["length", "chunked"],
)
def test_a_request_may_be_cut_anywhere(world: Make, request_: bytes) -> None:
    """At whatever byte it is cut, the same request goes on, whole, and the same is kept."""

    async def play() -> None:
        async with world() as here:
            for cut in range(1, len(request_)):
                answer = await here.ask(request_[:cut], request_[cut:])
                assert answer.endswith(b"\r\n\r\nhello"), cut
            assert {(one.head, one.body) for one in here.seen} == {
                (
                    b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\ncontent-length: 7\r\n\r\n"
                    % here.upstream_port,
                    b'{"a":1}',
                )
            }
            assert len(here.seen) == len(here.cassette().exchanges) == len(request_) - 1
            assert {one.request.body.join() for one in here.cassette().exchanges} == {b'{"a":1}'}

    asyncio.run(play())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
        (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
        (POST + b"Content-Length: +3\r\n\r\nabc", 400),
        (POST + b"Content-Length: -1\r\n\r\nabc", 400),
        (POST + b"Content-Length: 0x3\r\n\r\nabc", 400),
        (POST + b"Content-Length: 99999999999999999999999\r\n\r\nabc", 400),
        (POST + b"Content-Length:\r\n\r\nabc", 400),
        (POST + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"Content-Length: 3\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"\r\n0x3\r\nabc\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"\r\nffffffffffffffff0\r\nabc\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"\r\n-3\r\nabc\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"\r\n3\r\nabcd\r\n0\r\n\r\n", 400),
        (POST + CHUNKED + b"\r\n3\nabc\n0\n\n", 400),
        (POST + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n", 400),
        (POST + b"X: a\x00b\r\n\r\n", 400),
        (POST + b"X: a\rY: b\r\n\r\n", 400),
        (POST + b"X : a\r\n\r\n", 400),
        (b"POST /v1 HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.1\nHost: h\n\n", 400),
        (b"GET /v1 HTTP/1.1\r\n\r\n", 400),
        (b"GET /v1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET http://other/v1 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"CONNECT other:443 HTTP/1.1\r\n" + HOST + b"\r\n", 501),
        (b"GET /v1 HTTP/2.0\r\n" + HOST + b"\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET /v1\r\n\r\n", 505),
        (b"BREW /pot HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (get(more=b"Upgrade: websocket\r\nConnection: upgrade\r\n"), 501),
        (get(more=b"Upgrade: h2c, websocket\r\nConnection: upgrade\r\n"), 501),
        (get(more=b"Expect: a miracle\r\n"), 417),
        (get(more=b"X: " + b"a" * 70_000 + b"\r\n"), 431),
        (get(more=b"a:\r\n" * 20_000), 431),
        (get(path=b"/" + b"a" * 70_000), 431),
        (POST + b"Content-Length: 9999999999\r\nExpect: 100-continue\r\n\r\n", 413),
    ],
)
def test_what_is_no_plain_request_is_refused_and_not_passed_on(world: Make, request_: bytes, status: int) -> None:
    """With a status and words, and the end of the connection; nothing of it, and nothing behind it, goes on."""

    async def play() -> None:
        async with world() as here:
            answer = await here.ask(request_ + get())
            assert answer.startswith(b"HTTP/1.1 %d " % status), answer
            assert b"nexdiag proxy" in answer
            assert not here.seen
            for cut in range(1, min(len(request_), 120), 7):
                assert b" %d " % status in await here.ask(request_[:cut], request_[cut:])
            assert not here.seen
            assert not here.cassette().exchanges

    asyncio.run(play())


def test_an_endless_head_is_refused(world: Make) -> None:
    """Also where no header field of it ever ends."""

    async def play() -> None:
        async with world() as here:
            answer = await here.ask(b"GET /v1 HTTP/1.1\r\nHost: h\r\nX: ", *[b"a" * 30_000] * 5)
            assert answer.startswith(b"HTTP/1.1 431 ")

    asyncio.run(play())


@pytest.mark.parametrize(
    "start",
    [b"0\r\nX: ", b"3\r\nabc\r\n0\r\nX: ", b"3;x=", b"0\r\nX: a\r\nY: "],
    ids=["trailer", "behind a body", "extension", "second field"],
)
def test_an_endless_trailer_is_refused(world: Make, start: bytes) -> None:
    """The parser would keep all of it, in a time that is the square of it."""

    async def play() -> None:
        async with world() as here:
            answer = await here.ask(POST + CHUNKED + b"\r\n" + start, *[b"a" * 30_000] * 5)
            assert answer.startswith(b"HTTP/1.1 431 ")
            assert b"trailer_too_long" in answer
            assert not here.seen

    asyncio.run(play())


def test_a_body_in_many_small_chunks_is_no_trailer(world: Make) -> None:
    """What stands between its bytes is together longer than a trailer may be."""

    async def play() -> None:
        async with world() as here:
            chunks = b"1;some=extension\r\na\r\n" * 1000
            answer = await here.ask(POST + CLOSE + CHUNKED + b"\r\n", *[chunks] * 5, b"0\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert here.seen[0].body == b"a" * 5000

    asyncio.run(play())


def test_what_came_before_a_malformed_request_is_answered(world: Make) -> None:
    """In the order in which it was asked."""

    async def play() -> None:
        async with world() as here:
            answer = await here.ask(get() + b"GARBAGE\r\n\r\n")
            assert answer.startswith(PLAIN + b"HTTP/1.1 400 ")
            assert len(here.seen) == 1

    asyncio.run(play())


def test_pipelined_requests_are_answered_in_order(world: Make) -> None:
    """Sent at once, they go on one after the other; a slow first answer holds the others back."""

    async def answer(asked: Asked) -> None:
        path = asked.head.split()[1]
        await rounds(5 if path.endswith(b"0") else 0)
        await asked.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))

    async def play() -> None:
        async with world(answer) as here:
            paths = [b"/v1/%d" % number for number in range(30)]
            sent = b"".join(get(path) for path in paths) + get(b"/v1/end", CLOSE)
            for size in (len(sent), 100):
                reply = await here.ask(*(sent[at : at + size] for at in range(0, len(sent), size)))
                assert [part.split(b"HTTP/1.1")[0] for part in reply.split(b"\r\n\r\n")[1:]] == [*paths, b"/v1/end"]
            assert len(here.cassette().exchanges) == 62
            assert here.connections == 1

    asyncio.run(play())


def test_a_client_that_asks_without_end_is_made_to_wait(world: Make) -> None:
    """While an answer is under way, no more is read than what was there: what waits is not piled up."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def answer(asked: Asked) -> None:
        begun.set()
        await go.wait()
        await asked.send(PLAIN)

    async def play() -> None:
        async with world(answer, keeper=Keeper(lambda request: Unkept())) as here:
            reader, writer = await here.connect()
            writer.write(get())
            await begun.wait()
            flood = get() * 40_000  # more than what the system's buffers hold, when none of it is read
            writer.transport.set_write_buffer_limits(high=0)
            for at in range(0, len(flood), 2**16):
                writer.write(flood[at : at + 2**16])
                await rounds(1)
            await rounds(50)
            [connection] = here.proxy._connections
            assert len(connection._waiting) * len(get()) < 2**20
            go.set()
            assert await reader.readexactly(len(PLAIN) * 100) == PLAIN * 100
            writer.close()

    asyncio.run(play())


def test_requests_after_a_close_do_not_count(world: Make) -> None:
    """`Connection: close` is the client's last word."""

    async def play() -> None:
        async with world() as here:
            answer = await here.ask(get(more=CLOSE) + get())
            assert answer.count(b"hello") == 1
            assert b"connection: close" in answer
            assert len(here.seen) == 1

    asyncio.run(play())


def test_a_client_that_waits_for_leave_gets_it(world: Make) -> None:
    """Expect: 100-continue is answered here, also behind a request that is under way; the upstream never sees it."""

    async def play() -> None:
        async with world() as here:
            reader, writer = await here.connect()
            writer.write(get() + POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n" + CLOSE + b"\r\n")
            assert await reader.readexactly(len(PLAIN)) == PLAIN
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"{}")
            assert (await reader.read()).endswith(b"hello")
            assert here.seen[1].body == b"{}"
            assert b"expect" not in here.seen[1].head.lower()
            writer.close()

    asyncio.run(play())


def test_an_offer_of_http_2_is_not_taken_up(world: Make) -> None:
    """Java's client makes it with its first request, whose body must not be lost."""
    offer = (
        POST
        + b"Connection: Upgrade, HTTP2-Settings\r\nContent-Length: 7\r\nHTTP2-Settings: AAEAA\r\nUpgrade: h2c\r\n\r\n"
        + b'{"a":1}'
    )

    async def play() -> None:
        async with world() as here:
            for cut in range(1, len(offer)):
                answer = await here.ask(offer[:cut], offer[cut:] + get(more=CLOSE))
                assert answer.count(b"hello") == 2, cut
            assert {one.body for one in here.seen} == {b'{"a":1}', b""}
            assert not [one for one in here.seen if b"upgrade" in one.head.lower() or b"http2" in one.head.lower()]

    asyncio.run(play())


def test_a_client_of_http_1_0_gets_no_chunks(world: Make) -> None:
    """The end of its connection is the end of the body."""

    async def answer(asked: Asked) -> None:
        await asked.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")

    async def play() -> None:
        async with world(answer) as here:
            reply = await here.ask(b"GET /v1/models HTTP/1.0\r\n\r\n")
            assert reply == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello"
            assert [chunk.bytes for chunk in here.cassette().exchanges[0].response.chunks] == [b"he", b"llo"]

    asyncio.run(play())


@pytest.mark.parametrize("size", [0, 1, 100_000])
def test_an_answer_to_head_has_no_body(world: Make, size: int) -> None:
    """Its length is that which the body would have; the next request on the connection is answered."""

    async def answer(asked: Asked) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
        await asked.send(head if asked.head.startswith(b"HEAD") else PLAIN)

    async def play() -> None:
        async with world(answer) as here:
            reply = await here.ask(b"HEAD /v1 HTTP/1.1\r\n" + HOST + b"\r\n" + get(more=CLOSE))
            assert reply.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nHTTP/1.1 200" % size)
            assert [one.response.body for one in here.cassette().exchanges] == [b"", b"hello"]

    asyncio.run(play())


def test_a_slow_client_makes_the_upstream_wait(world: Make) -> None:
    """What a client does not take is not piled up here: the upstream cannot send on until it does."""
    pieces, piece = 32, b"a" * 1024 * 1024
    sent = itertools.count()
    last = [0]
    begun = asyncio.Event()

    async def answer(asked: Asked) -> None:
        await asked.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (pieces * len(piece)))
        for _ in range(pieces):
            await asked.send(piece)
            last[0] = next(sent) + 1
            begun.set()

    async def settled() -> int:
        """How many pieces the upstream could send when nothing moves any more."""
        before, still = -1, 0
        while still < 50:
            still = still + 1 if last[0] == before else 0
            before = last[0]
            await asyncio.sleep(0)
        return before

    async def play(here: World) -> None:
        reader, writer = await here.connect()
        reader._transport.pause_reading()  # type: ignore[attr-defined] # a client that does not read
        writer.write(get(more=CLOSE))
        await begun.wait()
        assert await settled() < pieces // 2
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"200" in head
        assert sum([len(part) async for part in _parts(reader)]) == pieces * len(piece)
        writer.close()

    async def run() -> None:
        async with world(answer, keeper=Keeper(lambda request: Unkept())) as here:
            await play(here)

    asyncio.run(run())


async def _parts(reader: asyncio.StreamReader):  # noqa: ANN202 - an asynchronous generator of bytes
    while part := await reader.read(2**20):
        yield part
