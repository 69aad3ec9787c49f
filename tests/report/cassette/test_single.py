"""One exchange in full, and as a curl command."""

import shlex
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from kept import asked, recording, stream
from msgspec import structs

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Headers, Request
from nexdiag.report.cassette.single import curl, key_variables, single

CASSETTE = recording("hello", "which day")


def test_all_of_an_exchange_is_shown() -> None:
    """Headers, every message with its index, what came back, and how."""
    shown = single(CASSETTE.exchanges[2])
    for part in (
        "exchange 2 · turn 2\nPOST http://127.0.0.1:8080/v1/chat/completions\n",
        "  authorization: [redacted 5b1c3f0a]\n",
        '  model = "m"\n',
        "  [0] system\n    | Be brief.\n",
        "  [5] tool\n    | Thu\n",
        f"200 · {len(stream('a', 'b'))} chunks",
        "= assistant · stop",
    ):
        assert part in shown
    assert "100 ms" not in single(CASSETTE.exchanges[2], times=False)
    assert "call_9f" not in single(CASSETTE.exchanges[2], ids=False)


def test_a_body_that_is_no_json_is_shown_as_text() -> None:
    request = Request(method="PUT\x1b", url="http://h/\n", headers=(("a", "b\x1b"),), body=Body.of(b"\xffraw\x1b"))
    shown = single(Exchange(id=0, started=1.0, request=request, failure="ReadTimeout: x"))
    assert "  | \\xffraw⟨ESC⟩" in shown
    assert "! ReadTimeout: x" in shown
    assert "\x1b" not in shown


def test_an_encoded_request_says_so() -> None:
    one = CASSETTE.exchanges[0]
    shown = single(structs.replace(one, request=structs.replace(one.request, encoding="gzip")))
    assert "  (sent in gzip; shown without it)\n" in shown


def test_curl_sends_the_very_body_again() -> None:
    """A shell runs the command: quotes, dollars and line ends of the body arrive as they were."""
    seen: list[tuple[bytes, str | None]] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            seen.append((self.rfile.read(length), self.headers["authorization"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1/chat/completions"
        request = asked([{"role": "user", "content": 'it\'s $HOME `id` "x" \\ ☃\n'}], Splitter(), url=url)
        exchange = structs.replace(CASSETTE.exchanges[0], request=request)
        command = curl(exchange, "f")
        subprocess.run(["sh", "-c", command], check=True, env={"OPENAI_API_KEY": "k-1", "PATH": "/usr/bin:/bin"})
    assert seen == [(request.body.join(), "Bearer k-1")]


def test_what_fits_in_no_command_line_is_piped() -> None:
    """Large bodies, bytes, control characters, and a beginning that curl takes for a file."""
    for raw in (b"x" * 200_000, b"\xff", b"\x1b[2J", b"@/etc/passwd"):
        request = Request(method="POST", url="http://h/a b", body=Body.of(raw))
        command = curl(Exchange(id=7, started=1.0, request=request), "my file")
        assert command.startswith("nexdiag cassette show 'my file' --exchange 7 --raw request | curl ")
        assert shlex.split(command)[-2:] == ["--data-binary", "@-"]


def test_a_request_without_a_body_sends_none() -> None:
    headers = (("x-other", "[redacted 00000000]"), ("accept", "*/*"), ("host", "h"))
    exchange = Exchange(id=0, started=1.0, request=Request(method="GET", url="http://h/v1/models", headers=headers))
    assert curl(exchange, "f") == "curl -sS -X GET http://h/v1/models -H 'accept: */*'"


def test_the_key_comes_from_a_variable_only_where_one_was_sent() -> None:
    """Nothing is said of a key that the client never had."""
    exchange = CASSETTE.exchanges[2]
    for headers, variables in (
        ((("accept", "*/*"),), ()),
        ((("authorization", "[redacted 1]"), ("x-api-key", "[redacted 1]")), ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")),
        ((("authorization", "none"),), ()),
    ):
        sent = structs.replace(exchange.request, headers=Headers(headers))
        one = structs.replace(exchange, request=sent)
        assert key_variables(one) == variables
        assert all(f"${name}" in curl(one, "f") for name in variables)
