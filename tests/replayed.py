"""A replay server for tests: recordings as a test writes them, raw sockets, answers as they stand on the wire."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from nexdiag.codec.body import Splitter
from nexdiag.core.exchange import Chunk, Exchange, Headers, Request, Response
from nexdiag.replay.answers import Answers, Lay
from nexdiag.replay.matching.matcher import Matcher, Miss
from nexdiag.replay.models import made_models
from nexdiag.replay.serving.sending import Timer
from nexdiag.replay.serving.served import Served
from nexdiag.replay.serving.server import ReplayServer

STREAM: Headers = (("content-type", "text/event-stream"), ("transfer-encoding", "chunked"))
PATH = "/v1/chat/completions"


def recorded(  # noqa: PLR0913 - all of an exchange that tests choose
    number: int = 0,
    body: bytes = b"{}",
    pieces: Sequence[bytes] | None = (b"hello",),
    *,
    method: str = "POST",
    path: str = PATH,
    status: int = 200,
    headers: Headers = STREAM,
    failure: str | None = None,
    every: float = 0.0,
) -> Exchange:
    """One exchange. Its pieces came `every` so many seconds; None: no head ever came."""
    chunks = tuple(Chunk(at=every * place, bytes=piece) for place, piece in enumerate(pieces or (), start=1))
    response = Response(status=status, headers=headers, chunks=chunks) if pieces is not None else None
    return Exchange(
        id=number,
        started=float(number),
        request=Request(method=method, url=f"https://recorded.example{path}", body=Splitter().split(body)),
        response=response,
        failure=failure,
        duration=every * (len(chunks) + 1),
    )


def asking(
    body: bytes = b"{}", *more: bytes, path: str = PATH, method: str = "POST", host: bytes = b"localhost"
) -> bytes:
    """A request as it stands on the wire."""
    fields = b"".join(line + b"\r\n" for line in more)
    head = f"{method} {path} HTTP/1.1\r\n".encode() + b"Host: " + host + b"\r\n"
    return head + fields + b"Content-Length: %d\r\n\r\n" % len(body) + body


CLOSE = b"Connection: close"


class Answer:
    """One answer, read by hand, so that the boundaries of its chunks are seen."""

    def __init__(self, status: int, headers: Headers, chunks: list[bytes], *, whole: bool) -> None:
        self.status = status
        self.headers = headers
        self.chunks = chunks
        self.whole = whole
        """Whether it has the end that its head tells."""

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


def answers_in(raw: bytes, *, bodiless: bool = False) -> Iterator[Answer]:
    """All answers that stand in these bytes."""
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        pairs = [line.split(b":", 1) for line in lines]
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1").strip(" ")) for name, value in pairs)
        status, told = int(first.split()[1]), dict(headers)
        chunks: list[bytes] = []
        whole = True
        if bodiless or status in (204, 304):
            pass
        elif told.get("transfer-encoding") == "chunked":
            whole = False
            while raw and not whole:
                size, _, rest = raw.partition(b"\r\n")
                length = int(size, 16)
                assert rest[length : length + 2] == b"\r\n"
                whole = not length
                chunks += [rest[:length]] if length else []
                raw = rest[length + 2 :]
        elif "content-length" in told:
            size_told = int(told["content-length"])
            chunks, raw, whole = [raw[:size_told]], raw[size_told:], len(raw) >= size_told
        else:
            chunks, raw = [raw], b""
        yield Answer(status, headers, chunks, whole=whole)


class World:
    """A replay server, and all that was heard of it."""

    def __init__(self, server: ReplayServer, answers: Answers, heard: list[Served]) -> None:
        self.server = server
        self.answers = answers
        self.heard = heard
        self.url = ""
        self.port = 0

    @property
    def words(self) -> list[str]:
        """What became of each request."""
        return [served.what for served in self.heard]

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, *pieces: bytes) -> bytes:
        """All that comes back until the server closes, or resets."""
        reader, writer = await self.connect()
        for piece in pieces:
            writer.write(piece)
            await rounds()
        raw = b""
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(2**16):
                raw += part
        writer.close()
        return raw

    async def one(self, *pieces: bytes) -> Answer:
        [answer] = answers_in(await self.ask(*pieces))
        return answer


async def rounds(count: int = 3) -> None:
    """Let the loop look at its sockets."""
    for _ in range(count):
        await asyncio.sleep(0)


def told(miss: Miss) -> Mapping[str, Any]:
    """A body of a 599."""
    return {"error": {"type": "nexdiag_unmatched", "path": miss.request.path}}


@contextlib.asynccontextmanager
async def serving(
    *exchanges: Exchange,
    speed: float | None = None,
    told: Callable[[Miss], Mapping[str, Any]] = told,
    timer: Timer | None = None,
    lay: Lay = lambda exchange: None,
    hide: Callable[[str], str] = lambda text: text,
) -> AsyncIterator[World]:
    """A server of these exchanges, until the block ends."""
    heard: list[Served] = []
    answers = Answers(Matcher(exchanges), make=made_models(exchanges), lay=lay)
    server = ReplayServer(answers, speed=speed, told=told, heard=heard.append, timer=timer, hide=hide)
    world = World(server, answers, heard)
    world.url = await server.start()
    world.port = int(world.url.rpartition(":")[2])
    try:
        yield world
    finally:
        await server.close()
        await rounds()


class HandTimer:
    """A loop's clock that a test moves; whoever waits is called when the time has come."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[_Due] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], object], /) -> "_Due":
        due = _Due(when, callback, self)
        self.waiting.append(due)
        return due

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while ready := [due for due in self.waiting if due.when <= end]:
            due = min(ready, key=lambda one: one.when)
            self.waiting.remove(due)
            self.now = max(self.now, due.when)
            due.callback()
        self.now = end


class _Due:
    def __init__(self, when: float, callback: Callable[[], object], timer: HandTimer) -> None:
        self.when = when
        self.callback = callback
        self._timer = timer

    def cancel(self) -> None:
        if self in self._timer.waiting:
            self._timer.waiting.remove(self)
