"""A model's server for tests, on a real socket of this machine, that sends the very bytes it is told to.

Each request is played by the next of the plays, the last one again and again. A play writes to the wire as it
likes: whole answers, half ones, none, or bytes that are no HTTP.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

PATIENCE = 20.0
"""Seconds until a test that waits for something that does not come fails."""
DONE = b"data: [DONE]\n\n"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Its conversation."""
        messages: list[dict[str, Any]] = json.loads(self.body)["messages"]
        return messages

    @property
    def model(self) -> str:
        """Who was asked."""
        return str(json.loads(self.body)["model"])


Play = Callable[[Asked, socket.socket], None]


class Server:
    """What was asked, and where."""

    def __init__(self, url: str, plays: tuple[Play, ...]) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.only_chats = False
        """It knows nothing of what a client looks up before it asks: no play is played for that."""
        self._plays = plays
        self._came = threading.Condition()

    def wait(self, count: int) -> None:
        """Until so many requests have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.asked) >= count, PATIENCE), f"{len(self.asked)} of {count}"

    def answer(self, wire: socket.socket) -> None:
        """Play one request, and hang up."""
        with wire, suppress(OSError):
            asked = _request(wire)
            if asked is None:
                wire.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
                return
            if self.only_chats and not asked.path.endswith("/chat/completions"):
                wire.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                return
            with self._came:
                play = self._plays[min(len(self.asked), len(self._plays) - 1)]
                self.asked.append(asked)
                self._came.notify_all()
            play(asked, wire)


@contextmanager
def serving(*plays: Play) -> Iterator[Server]:
    """Serve on a free port for as long as the block lasts; open connections are cut at its end."""
    wires: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(f"http://127.0.0.1:{listening.getsockname()[1]}", plays)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    wire, _ = listening.accept()
                    wires.append(wire)
                    threading.Thread(target=server.answer, args=(wire,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            for wire in wires:
                with suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


# ---- bytes


def http(
    body: bytes | str = b"",
    status: str = "200 OK",
    *,
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A whole response."""
    raw = body.encode() if isinstance(body, str) else body
    lines = {"content-type": kind, "content-length": str(len(raw)), "connection": "close", **(headers or {})}
    return b"".join((f"HTTP/1.1 {status}\r\n".encode(), *_lines(lines), b"\r\n", raw))


def stream_head(headers: Mapping[str, str] | None = None) -> bytes:
    """The head of an event stream that ends with the connection."""
    lines = {"content-type": "text/event-stream", "connection": "close", **(headers or {})}
    return b"".join((b"HTTP/1.1 200 OK\r\n", *_lines(lines), b"\r\n"))


def chunk(delta: Mapping[str, Any], finish: str | None = None, **more: object) -> bytes:
    """One event of a streamed answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c1", "model": "m", "choices": [choice], **more}).encode() + b"\n\n"


def says(*pieces: str) -> bytes:
    """The events of an answer in these pieces."""
    told = [chunk({"content": piece}) for piece in pieces]
    return b"".join((chunk({"role": "assistant"}), *told, chunk({}, "stop"), DONE))


def calls(*wanted: tuple[str, str, str], finish: str = "tool_calls") -> bytes:
    """The events of an answer that calls tools: id, name, arguments of each."""
    deltas = [
        {"index": at, "id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, (call_id, name, arguments) in enumerate(wanted)
    ]
    return b"".join((chunk({"role": "assistant", "tool_calls": deltas}), chunk({}, finish), DONE))


# ---- plays


def sends(*parts: bytes) -> Play:
    """A play that sends these bytes and hangs up."""
    return lambda asked, wire: wire.sendall(b"".join(parts))


def answers(*pieces: str) -> Play:
    """A play that streams a text."""
    return sends(stream_head(), says(*pieces))


def echoes(asked: Asked, wire: socket.socket) -> None:
    """A play that answers with what was said last."""
    wire.sendall(stream_head() + says("echo: " + str(asked.messages[-1]["content"])))


def holds(until: threading.Event, *parts: bytes) -> Play:
    """A play that sends these bytes, waits, and then hangs up."""

    def play(asked: Asked, wire: socket.socket) -> None:
        wire.sendall(b"".join(parts))
        until.wait(PATIENCE)

    return play


def first(until: threading.Event, play: Play) -> Play:
    """The play, but not before that moment."""

    def late(asked: Asked, wire: socket.socket) -> None:
        until.wait(PATIENCE)
        play(asked, wire)

    return late


def _lines(headers: Mapping[str, str]) -> list[bytes]:
    return [f"{name}: {value}\r\n".encode() for name, value in headers.items() if value]


def _request(wire: socket.socket) -> Asked | None:
    """The request on the wire; None for what is none."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = wire.recv(65536)
        raw += piece
        if not piece or not raw[:1].isalpha():
            return None
    head, _, body = raw.partition(b"\r\n\r\n")
    request, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += wire.recv(65536)
    method, path, _ = request.split(" ", 2)
    return Asked(method=method, path=path, headers=headers, body=body)
