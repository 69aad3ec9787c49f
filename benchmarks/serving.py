"""Streamed chats a second from a recording: ours, mitmdump's server replay, aimock, and a bare ASGI app.

Run it with: python benchmarks/serving.py MITMDUMP AIMOCK ASGI_PYTHON

Each peer lives in an environment of its own, given by the path of its program: MITMDUMP (mitmproxy), AIMOCK (`llmock`
of the npm package @copilotkit/aimock), ASGI_PYTHON (a python with uvicorn, httptools and uvloop). `-` leaves one out,
and so does saying nothing.

All are asked the same by the same eight clients, each on a connection of its own, and all send sixty chunks; but for
mitmdump, which sends what it kept as one body. The bare app knows nothing but its constant bytes: it is what a server
in Python can be. It is measured as it sends sixty pieces, one for one, and as it sends all of them as one body.
Ours is `nexdiag replay FILE --serve` as users start it, and the server below it alone; in both each request is read,
matched and paired. Beside the rates stands what a stream costs the server in CPU time: a busy machine changes that
less.

There are two tables. In the first, which is the one to quote, a recording holds as many chats as are asked for, all
different, and each is asked for once. mitmdump gets a recording of the same chats; aimock has but one fixture, which
answers all of them: what it finds is easier to find. In the second, one chat is asked for again and again
(`--repeats`): there we keep the bytes of the answer ready, and do not read again a request that we have read.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

import httptools
import msgspec
from proxy import BODY, CHUNKS, CLIENTS, free_port

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.runner.load import load as load_cassette

ROUNDS = 7
COUNT = 700
WARM = 700
SIZE = 20
"""Characters of a piece of text: what aimock cuts its answer into."""
OURS = """
import asyncio, msgspec, sys
from pathlib import Path
from nexdiag.codec.body import Splitter
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.serving.server import ReplayServer
from nexdiag.runner.load import load
splitter = Splitter()
cassette = load(Path(sys.argv[1]), splitter=splitter)
async def main():
    exchanges = cassette.exchanges
    if len(exchanges) == 1:
        exchanges = [msgspec.structs.replace(exchanges[0], id=number) for number in range(int(sys.argv[3]))]
    answers = Answers(Matcher(exchanges), splitter=splitter)
    await ReplayServer(answers, told=lambda miss: {}).start(int(sys.argv[2]))
    await asyncio.Event().wait()
asyncio.run(main())
"""
RECORD = """
import sys
from pathlib import Path
from nexdiag.runner.proxying import Target, proxying
with proxying(Target(url=sys.argv[1] + "/v1"), cassette=Path(sys.argv[2]), port=int(sys.argv[3])):
    sys.stdin.read()
"""
BARE = '''
import sys, uvicorn
PIECES = [bytes.fromhex(line) for line in open(sys.argv[1])]
HEADERS = [(b"content-type", b"text/event-stream")]
async def app(scope, receive, send):
    """Constant bytes, whatever is asked."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    for piece in PIECES[:-1]:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": PIECES[-1]})
uvicorn.run(app, port=int(sys.argv[2]), log_level="error", http="httptools", loop=sys.argv[3], lifespan="off")
'''


def pieces() -> list[bytes]:
    """The stream that the upstream sends."""
    texts = [f"word {number:<{SIZE - 5}}" for number in range(CHUNKS - 2)]
    deltas = [{"role": "assistant"}, *({"content": text} for text in texts)]
    heads = [
        {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "delta": one}],
        }
        for one in deltas
    ]
    return [b"data: %s\n\n" % json.dumps(head).encode() for head in heads] + [b"data: [DONE]\n\n"]


def body_of(chat: int) -> bytes:
    """What a client asks in the chat of this number: all are equally long."""
    return BODY.replace(b"What does", b"%06d: what does" % chat, 1)


def request_of(chat: int) -> bytes:
    """The same as it goes over the wire."""
    body = body_of(chat)
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    return head % len(body) + body


REQUESTS = [request_of(chat) for chat in range(WARM + ROUNDS * COUNT)]


async def upstream(port: int) -> None:
    """Sends the stream to whoever asks, for ever: piece by piece in the first chat, and in all others at once."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                first = await reader.readexactly(len(body_of(0))) == body_of(0)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                for piece in pieces():
                    writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    if first:
                        await asyncio.sleep(0.002)
                writer.write(b"0\r\n\r\n")

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    await server.serve_forever()


class Client(asyncio.Protocol):
    """Asks on one connection, chat by chat.

    It reads the first answer as a client does, of the others only where they end: else it would be what is measured.
    """

    LAST = b"\r\n0\r\n\r\n"

    def __init__(self, left: Iterator[int]) -> None:
        """`left`, the chats that are to be asked, is shared by all clients."""
        self.left = left
        self.first = True
        self.whole = b""
        self.size = 0
        """Bytes of an answer whose head tells its length; 0 for one in chunks."""
        self.came = 0
        self.tail = b""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.parser = httptools.HttpResponseParser(self)
        self.ask()

    def ask(self) -> None:
        """Ask once more, or end."""
        self.came, self.tail = 0, b""
        chat = next(self.left, None)
        if chat is None:
            self.over.set_result(None)
            self.transport.close()
        else:
            self.transport.write(REQUESTS[chat])

    def data_received(self, data: bytes) -> None:
        """Something came."""
        if self.first:
            self.whole += data
            self.parser.feed_data(data)
            return
        self.came += len(data)
        self.tail = (self.tail + data[-len(self.LAST) :])[-len(self.LAST) :]
        if self.came >= self.size if self.size else self.tail == self.LAST:
            self.ask()

    def on_message_complete(self) -> None:
        """The first answer is whole, and it is the stream."""
        assert self.parser.get_status_code() == HTTPStatus.OK
        assert b"[DONE]" in self.whole
        self.first = False
        self.size = 0 if self.whole.endswith(self.LAST) else len(self.whole)
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        if not self.over.done():
            self.over.set_exception(exc or ConnectionError("closed"))


async def load(port: int, chats: Sequence[int], clients: int) -> float:
    """Streams a second."""
    left, loop = iter(chats), asyncio.get_running_loop()
    began = time.perf_counter()
    made = [await loop.create_connection(lambda: Client(left), "127.0.0.1", port) for _ in range(clients)]
    await asyncio.gather(*(client.over for _, client in made))
    return len(chats) / (time.perf_counter() - began)


def ask(port: int, chats: Sequence[int], clients: int = CLIENTS) -> float:
    """Streams a second."""
    return asyncio.run(load(port, chats, clients))


@contextlib.contextmanager
def started(command: list[str], port: int) -> Iterator[int]:
    """A program, until the block ends, from when it listens: its process id."""
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as program:  # type: ignore[call-overload] # noqa: S603 - ours
        try:
            until = time.monotonic() + 30
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert time.monotonic() < until, f"{command[0]} does not listen"
                time.sleep(0.05)
            yield program.pid
        finally:
            program.terminate()


def burnt(process: int) -> float:
    """Seconds of CPU time that a process has used; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


class Peer:
    """One server that is measured."""

    def __init__(self, port: int, process: int, *, different: bool) -> None:
        """It listens. It is asked for chats that differ, or for one again and again."""
        self.port = port
        self.process = process
        self.rates: list[float] = []
        self.burnt = 0.0
        self._different = different
        ask(port, range(WARM) if different else [0] * WARM)

    def measure(self) -> None:
        """One round."""
        first = WARM + len(self.rates) * COUNT
        chats = range(first, first + COUNT) if self._different else [0] * COUNT
        before = burnt(self.process)
        self.rates.append(ask(self.port, chats))
        self.burnt += burnt(self.process) - before

    @property
    def cost(self) -> float:
        """Microseconds of CPU time for a stream."""
        return self.burnt / (len(self.rates) * COUNT) * 1e6


@contextlib.contextmanager
def all_of(commands: dict[str, list[str]], *, different: bool) -> Iterator[dict[str, Peer]]:
    """All peers, each started and warm: `PORT` stands for its port in a command."""
    with contextlib.ExitStack() as stack:
        peers = {}
        for name, command in commands.items():
            port = free_port()
            process = stack.enter_context(started([str(port) if part == "PORT" else part for part in command], port))
            peers[name] = Peer(port, process, different=different)
        yield peers


def recordings(scratch: Path, mitmdump: str, url: str) -> None:
    """One stream recorded by us; the same of many chats, by us and by mitmdump."""
    port = free_port()
    one = scratch / "one.cassette.jsonl"
    with started([sys.executable, "-c", RECORD, url, str(one), str(port)], port):
        ask(port, [0], 1)
    (scratch / "many.cassette.jsonl").write_bytes(codec.encode(many_of(load_cassette(one))))
    if mitmdump != "-":
        for name, chats in (("one.flows", [0]), ("many.flows", range(len(REQUESTS)))):
            port = free_port()
            with started([mitmdump, *reverse(url), "-p", str(port), "-w", f"{scratch}/{name}"], port) as process:
                ask(port, chats, 1 if name == "one.flows" else CLIENTS)
                os.kill(process, signal.SIGINT)
                os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)


def many_of(one: Cassette) -> Cassette:
    """The recording of as many chats as are asked for, each with the answer of that one."""
    splitter, [exchange] = Splitter(), one.exchanges
    exchanges = [
        msgspec.structs.replace(
            exchange, id=chat, request=msgspec.structs.replace(exchange.request, body=splitter.split(body_of(chat)))
        )
        for chat in range(len(REQUESTS))
    ]
    return msgspec.structs.replace(one, exchanges=tuple(exchanges), turns=())


def reverse(url: str) -> list[str]:
    """Mitmdump before one server, printing nothing."""
    return ["--mode", f"reverse:{url}", "--listen-host", "127.0.0.1", "-q"]


def peers(  # noqa: PLR0913 - each peer has a path of its own
    scratch: Path, mitmdump: str, aimock: str, python: str, url: str, *, different: bool
) -> dict[str, list[str]]:
    """The commands of all that are to be measured."""
    kind = "many" if different else "one"
    cassette, enough = f"{scratch}/{kind}.cassette.jsonl", str(len(REQUESTS))
    whole_command = ["replay", cassette, "--serve", "--port", "PORT", *([] if different else ["--repeats"])]
    commands = {
        "nexdiag replay --serve": [sys.executable, "-m", "nexdiag", "-q", *whole_command],
        "its server alone": [sys.executable, "-c", OURS, cassette, "PORT", enough],
    }
    if mitmdump != "-":
        replay = ["--server-replay", f"{scratch}/{kind}.flows", "--set", "server_replay_reuse=true"]
        lazy = ["--set", "connection_strategy=lazy", "--set", "server_replay_kill_extra=true"]
        commands["mitmdump"] = [mitmdump, *reverse(url), "-p", "PORT", *replay, *lazy]
    if aimock != "-":
        text = "".join(f"word {number:<{SIZE - 5}}" for number in range(CHUNKS - 2))
        fixture = {"fixtures": [{"match": {"model": "m"}, "response": {"content": text}}]}
        Path(f"{scratch}/fixture.json").write_text(json.dumps(fixture))
        quiet = ["--log-level", "silent", "-c", str(SIZE), "-f", f"{scratch}/fixture.json"]
        commands["aimock"] = [aimock, "-p", "PORT", *quiet]
    if python != "-":
        whole = pieces()
        for kind, parts in (("in 60 pieces", whole), ("in one body", [b"".join(whole)])):
            name = f"{scratch}/{kind.replace(' ', '-')}"
            Path(name).write_text("\n".join(part.hex() for part in parts))
            for loop in ("asyncio", "uvloop"):
                commands[f"ASGI {kind}, {loop}"] = [python, "-c", BARE, name, "PORT", loop]
    return commands


def main() -> None:
    """Print a row for each: its rate, and ours against it, all measured in turns."""
    mitmdump, aimock, python, *_ = *sys.argv[1:4], "-", "-", "-"
    base = free_port()
    url = f"http://127.0.0.1:{base}"
    with tempfile.TemporaryDirectory() as made, started([sys.executable, __file__, "--upstream", str(base)], base):
        scratch = Path(made)
        recordings(scratch, mitmdump, url)
        for different in (True, False):
            commands = peers(scratch, mitmdump, aimock, python, url, different=different)
            with all_of(commands, different=different) as measured:
                for _ in range(ROUNDS):
                    for peer in measured.values():
                        peer.measure()
            print("different chats, each asked for once" if different else "\none chat, asked for again and again")
            table(measured)


def table(measured: dict[str, Peer]) -> None:
    """A row for each."""
    first, second, *_ = ours = list(measured.values())[:2]
    print(f"{'':28}{'streams/s':>10}{'CPU µs':>8}   {'×, the command':>16}{'×, its server':>16}{'×, by CPU time':>16}")
    for name, peer in measured.items():
        pairs = [zip(one.rates, peer.rates, strict=True) for one in ours]
        ratios = [statistics.median(mine / theirs for mine, theirs in pair) for pair in pairs]
        row = f"{name:28}{statistics.median(peer.rates):10.0f}{peer.cost:8.0f}   {ratios[0]:16.2f}{ratios[1]:16.2f}"
        print(row + f"{peer.cost / first.cost:9.2f}, {peer.cost / second.cost:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--upstream"]:
        asyncio.run(upstream(int(sys.argv[2])))
    else:
        main()
