"""What passes through the recording proxy, against mitmdump in the same run: requests a second, and the first byte.

Run it with: python benchmarks/proxy.py [MITMDUMP]      (mitmproxy in an environment of its own; else the one on PATH)

Both record to a file. mitmdump is measured twice: as it is, when it hands a stream on only after its end, and with
`stream_large_bodies=1`, when it passes pieces on as they come, as a client of a model wants them (and keeps none).
"""

import asyncio
import contextlib
import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import httptools

ANSWER = json.dumps({"object": "chat.completion", "choices": [{"message": {"role": "assistant", "content": "Hi"}}]})
CHUNKS = 60
TOGETHER = 6
"""Pieces of a fast stream that are sent between two looks at the loop, so that the upstream is not what is measured."""
GAP = 0.02
"""Seconds between the pieces of a stream whose first byte is measured."""
CLIENTS = 8
BODY = json.dumps(
    {"model": "m", "stream": True, "messages": [{"role": "user", "content": "What does this function do? " * 20}]}
).encode()
OURS = """
import sys
from pathlib import Path
from nexdiag.runner.proxying import Target, proxying
with proxying(Target(url=sys.argv[1] + "/v1"), cassette=Path(sys.argv[2]), port=int(sys.argv[3])):
    sys.stdin.read()
"""


class Upstream(asyncio.Protocol):
    """Answers `/v1/json` at once, `/v1/sse` with a stream, `/v1/slow` with one that takes its time."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.running: set[asyncio.Task[None]] = set()

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """What is asked for."""
        self.url = url

    def on_message_complete(self) -> None:
        """It is whole."""
        if self.url.endswith(b"json"):
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER)
            self.transport.write(head + ANSWER.encode())
            return
        task = asyncio.get_running_loop().create_task(self.stream(GAP if self.url.endswith(b"slow") else 0.0))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def stream(self, gap: float) -> None:
        """Pieces that say when they were sent."""
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        await asyncio.sleep(gap)
        for number in range(5 if gap else CHUNKS):
            told = b'"at": %.6f, ' % time.perf_counter() if gap else b""
            piece = b'data: {%s"id":"chatcmpl-1","choices": [{"delta": {"content": "word%d "}}]}\n\n' % (told, number)
            self.transport.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if gap or not number % TOGETHER:
                await asyncio.sleep(gap)
        self.transport.write(b"0\r\n\r\n")


class Client(asyncio.Protocol):
    """Asks again and again on one connection, as long as there is something left to ask."""

    def __init__(self, path: str, left: Iterator[int], delays: list[float]) -> None:
        """`left` is shared by all clients; so is `delays`."""
        self.head = (
            b"POST /v1/%s HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % (
                path.encode(),
                len(BODY),
            )
        )
        self.left = left
        self.delays = delays
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.parser = httptools.HttpResponseParser(self)
        self.ask()

    def ask(self) -> None:
        """Ask once more, or end."""
        self.fresh = True
        if next(self.left, None) is None:
            self.over.set_result(None)
            self.transport.close()
        else:
            self.transport.write(self.head + BODY)

    def data_received(self, data: bytes) -> None:
        """Something came."""
        self.now = time.perf_counter()
        self.parser.feed_data(data)

    def on_body(self, piece: bytes) -> None:
        """A piece of the answer."""
        if self.fresh and piece.startswith(b'data: {"at": '):
            self.fresh = False
            self.delays.append(self.now - float(piece[13:].partition(b",")[0]))

    def on_message_complete(self) -> None:
        """It is whole."""
        assert self.parser.get_status_code() == HTTPStatus.OK
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        if not self.over.done():
            self.over.set_exception(exc or ConnectionError("closed"))


async def load(port: int, path: str, count: int, clients: int) -> tuple[float, list[float]]:
    """Requests a second, and the delays of first pieces in seconds."""
    left, delays = iter(range(count)), list[float]()
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    made = [await loop.create_connection(lambda: Client(path, left, delays), "127.0.0.1", port) for _ in range(clients)]
    await asyncio.gather(*(client.over for _, client in made))
    return count / (time.perf_counter() - began), delays


def free_port() -> int:
    """A port that is free just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@contextlib.contextmanager
def started(command: list[str], port: int) -> Iterator[None]:
    """A program, until the block ends, from when it listens."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as program:  # noqa: S603 - ours
        try:
            until = time.monotonic() + 30
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                assert time.monotonic() < until, f"{command[0]} does not listen"
                time.sleep(0.05)
            yield
        finally:
            program.terminate()


def measured(port: int) -> tuple[float, float, float]:
    """JSON answers a second, streams a second, and the median delay of a first piece in milliseconds."""
    rates = []
    for path in ("json", "sse"):
        asyncio.run(load(port, path, 100, CLIENTS))  # warm
        rates.append(max(asyncio.run(load(port, path, 1000, CLIENTS))[0] for _ in range(3)))
    _, delays = asyncio.run(load(port, "slow", 40, 1))
    return rates[0], rates[1], statistics.median(delays) * 1000


def main() -> None:
    """Print a row for each: bare, ours, and mitmdump's; ratios are ours against theirs."""
    mitmdump = sys.argv[1] if len(sys.argv) > 1 else shutil.which("mitmdump")
    assert mitmdump, "mitmdump is wanted: on PATH, or as the argument"
    base = free_port()
    url = f"http://127.0.0.1:{base}"
    rows: dict[str, tuple[float, float, float]] = {}
    with tempfile.TemporaryDirectory() as scratch, started([sys.executable, __file__, "--upstream", str(base)], base):
        rows["no proxy"] = measured(base)
        commands: dict[str, Callable[[int], list[str]]] = {
            "nexdiag": lambda port: [sys.executable, "-c", OURS, url, f"{scratch}/c", str(port)],
            "mitmdump": lambda port: [*theirs(mitmdump, url, port), "-w", f"{scratch}/m"],
            "mitmdump, streaming": lambda port: [
                *theirs(mitmdump, url, port), "-w", f"{scratch}/s", "--set", "stream_large_bodies=1",
            ],
        }  # fmt: skip
        for name, command in commands.items():
            port = free_port()
            with started(command(port), port):
                rows[name] = measured(port)
        assert Path(f"{scratch}/c").stat().st_size
    ours = rows["nexdiag"]
    print(f"{'':22}{'JSON /s':>10}{'SSE /s':>10}{'first piece, ms after upstream':>34}")
    for name, (plain, streams, delay) in rows.items():
        ratio = "" if not name.startswith("mitm") else f"   ours ×{ours[0] / plain:.1f}, ×{ours[1] / streams:.1f}"
        print(f"{name:22}{plain:10.0f}{streams:10.0f}{delay:34.2f}{ratio}")


def theirs(mitmdump: str, url: str, port: int) -> list[str]:
    """The peer as a reverse proxy that prints nothing."""
    return [mitmdump, "--mode", f"reverse:{url}", "--listen-host", "127.0.0.1", "-p", str(port), "-q"]


async def serve(port: int) -> None:
    """The upstream, for ever."""
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--upstream"]:
        asyncio.run(serve(int(sys.argv[2])))
    else:
        main()
