"""Promises of nexdiag.agent.client: over a real socket, every answer is a reply or one line that says why not."""

import asyncio
import gzip
import json
import socket
import threading
import time

import httpx
import pytest
from model_server import DONE, Asked, Play, answers, calls, chunk, holds, http, says, sends, serving, stream_head

from nexdiag.agent.client import ChatClient
from nexdiag.agent.loop import CallModel, Failed, Replied
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.endpoint import Endpoint, Profile, Sends
from nexdiag.core.message import Message, ToolCall

PLAIN = Profile(name="plain", title="")
ASK = CallModel(messages=(Message(role="system", content="be kind"), Message(role="user", content="hi")))
ERROR = '{"error": {"message": "no\\nsuch thing", "type": "t"}}'


def at(url: str, **fields: object) -> Endpoint:
    return Endpoint(**{"base_url": f"{url}/v1", "model": "m", "profile": PLAIN, **fields})  # type: ignore[arg-type]


def asking(endpoint: Endpoint, times: int = 1, **how: object) -> list[Replied | Failed]:
    """Ask so many times over one client."""

    async def talk() -> list[Replied | Failed]:
        client = ChatClient(endpoint, httpx.AsyncHTTPTransport(), clock=lambda: 1779285792.0)
        try:
            return [await client.ask(ASK, **{"on_text": lambda text: None, **how}) for _ in range(times)]  # type: ignore[arg-type]
        finally:
            await client.close()

    return asyncio.run(talk())


def asked(play: Play, **fields: object) -> Replied | Failed:
    with serving(play) as server:
        (got,) = asking(at(server.url, **fields))
        return got


def failed(play: Play, **fields: object) -> Failed:
    got = asked(play, **fields)
    assert isinstance(got, Failed), got
    assert "\n" not in got.reason
    assert got.reason.isprintable()
    return got


def text(got: Replied | Failed) -> str | None:
    assert isinstance(got, Replied), got
    return got.reply.message.text if got.broken is None else None


# ---- what goes out


def test_what_is_sent() -> None:
    """The route is the base URL's and nothing else; model, limit and conversation are as they were given."""
    with serving(answers("yo")) as server:
        asking(at(server.url, max_tokens=77, key="sk-key"))
    (request,) = server.asked
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == "Bearer sk-key"
    assert json.loads(request.body) == {
        "model": "m",
        "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}],
        "max_tokens": 77,
        "stream": True,
    }


def test_without_a_key_no_header_goes_out() -> None:
    """An empty bearer token is refused by servers that would take none at all."""
    with serving(answers("yo")) as server:
        asking(at(server.url))
    assert "authorization" not in server.asked[0].headers


def test_what_the_profile_sends_is_sent() -> None:
    """`stream_options`, another name for the limit, and tools in one order, only where they are wanted."""
    profile = Profile(name="p", title="", sends=Sends(stream_options=True, max_tokens_field="max_completion_tokens"))
    with serving(answers("yo")) as server:
        asking(at(server.url, profile=profile), tools=(ToolSpec(name="b"), ToolSpec(name="a")))
    body = json.loads(server.asked[0].body)
    assert body["stream_options"] == {"include_usage": True}
    assert (body["max_completion_tokens"], "max_tokens" in body) == (16384, False)
    assert [tool["function"]["name"] for tool in body["tools"]] == ["a", "b"]


# ---- answers


def test_a_streamed_answer() -> None:
    """Text is told piece by piece, and is the reply's; one client asks as often as it likes."""
    told: list[str] = []
    with serving(answers("Hel", "lo")) as server:
        first, second = asking(at(server.url), 2, on_text=told.append)
    assert text(first) == text(second) == "Hello"
    assert told == ["Hel", "lo", "Hel", "lo"]


def test_streamed_tool_calls() -> None:
    """Calls come out as they were sent."""
    got = asked(sends(stream_head(), calls(("a", "bash", '{"command": "ls"}'))))
    assert isinstance(got, Replied)
    assert got.reply.message.tool_calls == (ToolCall(id="a", name="bash", arguments='{"command": "ls"}'),)


def test_a_whole_json_body_instead_of_a_stream() -> None:
    """A server that ignores `stream` answers all the same."""
    body = {"choices": [{"message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}]}
    assert text(asked(sends(http(json.dumps(body), kind="application/json; charset=utf-8")))) == "whole"


@pytest.mark.parametrize("kind", ["text/event-stream", "Text/Event-Stream; charset=utf-8"])
def test_a_gzipped_answer(kind: str) -> None:
    """A gateway that compresses though nobody asked is understood; what is no gzip is a reason."""
    packed = gzip.compress(says("small"))
    assert text(asked(sends(http(packed, kind=kind, headers={"content-encoding": "gzip"})))) == "small"
    got = asked(sends(http(b"no gzip", kind=kind, headers={"content-encoding": "gzip"})))
    assert isinstance(got, Replied)
    assert "DecodingError" in (got.broken or "")


def test_a_gzipped_refusal_that_is_none() -> None:
    """The words are lost, the refusal is not."""
    refused = failed(sends(http(b"no gzip", "400 Bad Request", headers={"content-encoding": "gzip"})))
    assert refused.reason.startswith("HTTP 400")


def test_an_open_connection_holds_nothing_up() -> None:
    """After `[DONE]` the answer is there at once, though the server keeps the connection."""
    over = threading.Event()
    with serving(holds(over, stream_head({"connection": "keep-alive"}), says("done"))) as server:
        began = time.monotonic()
        (got,) = asking(at(server.url))
        took = time.monotonic() - began
        over.set()
    assert text(got) == "done"
    assert took < 2


def test_a_connection_is_let_go_with_its_answer() -> None:
    """A server that has more to say is hung up on as soon as nobody reads it, and not when the client is closed."""
    hung_up = threading.Event()

    def lingers(asked: Asked, wire: socket.socket) -> None:
        wire.sendall(stream_head() + says("done"))
        wire.settimeout(20)
        if wire.recv(1) == b"":
            hung_up.set()

    async def talk() -> None:
        client = ChatClient(at(server.url), httpx.AsyncHTTPTransport())
        await client.ask(ASK, on_text=lambda text: None)
        assert await asyncio.to_thread(hung_up.wait, 20)
        await client.close()

    with serving(lingers) as server:
        asyncio.run(talk())


# ---- answers that are none


@pytest.mark.parametrize("chunked", [True, False])
def test_a_response_cut_at_any_byte_is_no_answer(chunked: bool) -> None:
    """From the first byte of its head to the last before the finish reason; then it is one."""
    events = chunk({"content": "hé"}) + chunk({}, "stop") + DONE
    if chunked:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        stream = head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(events), events)
    else:
        stream = stream_head() + events
    ended = stream.index(b'"stop"') + len(b'"stop"}]}')
    plays: list[Play] = [
        lambda asked, wire, cut=cut: wire.sendall(stream[:cut])  # type: ignore[misc]
        for cut in range(len(stream))
    ]
    with serving(*plays) as server:
        results = asking(at(server.url), len(stream))
    for cut, got in enumerate(results):
        whole = isinstance(got, Replied) and got.broken is None
        assert whole == (cut >= ended), (cut, stream[:cut], got)
        assert not isinstance(got, Failed) or (got.reason and got.may_pass)


def test_an_error_inside_a_stream() -> None:
    """Under a status of 200, and with control characters: one line."""
    error = b'data: {"error": {"message": "boom\\n\\u001b[31mred", "code": 503}}\n\n'
    refused = failed(sends(stream_head(), says("half")[:200], b"\n\n", error))
    assert refused.reason == "the server failed in mid-stream: boom \\x1b[31mred"
    assert (refused.may_pass, refused.status) == (True, 503)


def test_a_page_in_a_200() -> None:
    """A login page, or the server's own web page, is quoted, and is final."""
    refused = failed(sends(http("<html><title>Sign in</title>", kind="text/html")))
    assert "an event stream was wanted, text/html came from http://127.0.0.1" in refused.reason
    assert "Sign in" in refused.reason
    assert not refused.may_pass
    assert "an untyped body came" in failed(sends(http("hm", kind=""))).reason


@pytest.mark.parametrize(
    "status", [*range(201, 209), *range(300, 309), *range(400, 430), 451, 499, *range(500, 512), 529, 599]
)
def test_each_status_is_a_failure_in_the_server_s_words(status: int) -> None:
    """One line with the status, the address and the server's words; what may pass is told apart from a refusal."""
    refused = failed(sends(http(ERROR if status not in (204, 304) else b"", f"{status} Odd")))
    assert refused.reason.startswith(f"HTTP {status} from http://127.0.0.1:")
    assert "no such thing" in refused.reason or status in (204, 205, 304)
    assert refused.status == status
    assert refused.may_pass == (status in {408, 409, 425, 429, 500, 502, 503, 504, 529})


def test_a_refused_key_is_told_with_its_variable() -> None:
    """A 401 names where the key came from, or that none was sent; and not the key, though the server quotes it."""
    play = sends(http('{"error": {"message": "bad key sk-secret-1"}}', "401 Unauthorized"))
    assert failed(play, key="sk-secret-1", key_variable="MY_KEY").reason.endswith("bad key [the key] (key from MY_KEY)")
    assert failed(play, key="sk-secret-1").reason.endswith("bad key [the key]")
    assert "(no key was sent: name its variable with api_key_env" in failed(play).reason


@pytest.mark.parametrize(("after", "wait"), [("12", 12.0), ("Wed, 20 May 2026 14:03:42 GMT", 30.0), ("soon", 0.0)])
def test_a_busy_server_says_how_long_to_wait(after: str, wait: float) -> None:
    """Retry-After is heard, as seconds or as a date."""
    refused = failed(sends(http(ERROR, "429 Too Many Requests", headers={"retry-after": after})))
    assert (refused.may_pass, refused.wait) == (True, wait)


def test_a_template_that_fails_is_final() -> None:
    """llama.cpp and Ollama answer 500 to a conversation that their template refuses; it would be so for ever."""
    words = '{"error": {"code": 500, "message": "Jinja Exception: Conversation roles must alternate"}}'
    assert not failed(sends(http(words, "500 Internal Server Error"))).may_pass


def test_a_redirect_is_not_followed() -> None:
    """It might lead the key to another host; where it leads is told."""
    with serving(answers("stolen")) as other:
        headers = {"location": f"{other.url}/v1/chat/completions?token=abc"}
        refused = failed(sends(http(b"", "307 Temporary Redirect", headers=headers)), key="sk-secret-1")
        assert other.asked == []
    assert f"redirects to {other.url}/v1/chat/completions; if that is right" in refused.reason
    assert "token" not in refused.reason
    assert not refused.may_pass


def test_a_huge_refusal_is_read_to_its_beginning() -> None:
    """A server that sends an error without end is left; it cannot fill the memory."""
    sent = 0

    def floods(asked: Asked, wire: socket.socket) -> None:
        nonlocal sent
        wire.sendall(b"HTTP/1.1 500 Oh\r\ncontent-type: text/plain\r\n\r\n")
        while sent < 200 * 1024**2:
            wire.sendall(b"word " * 4096)
            sent += 5 * 4096

    refused = failed(floods)
    assert len(refused.reason) < 1000
    assert sent < 50 * 1024**2


def test_nobody_there() -> None:
    """A refused connection may pass: the server may be starting."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (got,) = asking(at(f"http://127.0.0.1:{port}"))
    assert isinstance(got, Failed)
    assert got.may_pass
    assert "ConnectError" in got.reason
    assert f"http://127.0.0.1:{port}/v1" in got.reason


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x15\x03\x01\x00\x02", b"HTTP/9.9 what\r\n\r\n", b""]
)
def test_another_protocol(greeting: bytes) -> None:
    """Bytes that are no HTTP, or none at all, are told in one line."""
    assert "RemoteProtocolError" in failed(sends(greeting)).reason


def test_tls_to_a_server_that_speaks_none() -> None:
    """`https` for `http` is a mistake in the configuration: it is final."""
    with serving(answers("yo")) as server:
        (got,) = asking(at(server.url.replace("http:", "https:")))
    assert isinstance(got, Failed)
    assert "SSL" in got.reason
    assert not got.may_pass


@pytest.mark.parametrize("key", ["se\ncret-key", "sécret-key", "se\rcret-key", "se\0cret-key"])
def test_a_key_that_no_header_can_carry(key: str) -> None:
    """It is refused before anything is sent, and not shown."""
    with serving(answers("yo")) as server:
        (got,) = asking(at(server.url, key=key, key_variable="MY_KEY"))
    assert isinstance(got, Failed)
    assert got.reason == "the key from MY_KEY holds a character that no HTTP header can carry"
    assert not got.may_pass
    assert server.asked == []


@pytest.mark.parametrize(
    "url", ["http://ho st", "http://[::1", "http://" + "a" * 80 + ".b", "gopher://h", "http://h:99999", "http://.", "/"]
)
def test_a_url_that_is_none(url: str) -> None:
    """However the endpoint came to be, a bad URL is a reason and no crash."""
    (got,) = asking(at(url))
    assert isinstance(got, Failed)
    assert got.reason


def test_credentials_in_a_url_are_not_told() -> None:
    """An endpoint that was made by hand with a password in its URL does not tell it."""
    with serving(sends(http(ERROR, "403 Forbidden"))) as server:
        (got,) = asking(at(server.url.replace("//", "//user:hunter2@")))
    assert isinstance(got, Failed)
    assert "hunter2" not in got.reason
    assert server.url in got.reason


def test_an_answer_that_takes_long_can_be_stopped() -> None:
    """Cancellation goes through, and the connection is closed: the server need not go on."""
    hung_up = threading.Event()

    def drips(asked: Asked, wire: socket.socket) -> None:
        wire.sendall(stream_head() + chunk({"content": "x"}))
        wire.settimeout(20)
        if wire.recv(1) == b"":
            hung_up.set()

    async def stopped() -> None:
        client = ChatClient(at(server.url), httpx.AsyncHTTPTransport())
        came = asyncio.Event()
        task = asyncio.create_task(client.ask(ASK, on_text=lambda text: came.set()))
        await asyncio.wait_for(came.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(hung_up.wait, 20)
        await client.close()

    with serving(drips) as server:
        asyncio.run(stopped())
