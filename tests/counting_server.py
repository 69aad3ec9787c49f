"""A real HTTP/1.1 server for clients that block: it counts its answers, to tell a played one from a live one."""

import contextlib
import gzip
import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BINARY = bytes(range(256))


class Counting(BaseHTTPRequestHandler):
    """Says what it was told, compressed where the client can take it; at `/binary` it answers with bytes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        number = next(self.server.counter)  # type: ignore[attr-defined]
        self.answer(b"%d:" % number + BINARY, "application/octet-stream")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = {"n": next(self.server.counter), "echo": asked["messages"][-1]["content"]}  # type: ignore[attr-defined]
        self.answer(json.dumps(answer).encode(), "application/json")

    def answer(self, body: bytes, kind: str) -> None:
        squeezed = "gzip" in self.headers.get("accept-encoding", "")
        body = gzip.compress(body) if squeezed else body
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if squeezed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


@contextlib.contextmanager
def counting() -> Iterator[str]:
    """Serve until the block ends; the value is the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        server.counter = itertools.count()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
