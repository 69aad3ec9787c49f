"""Promises of nexdiag.agent.client: over a real socket, every answer is a reply or one line that says why not."""

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import loopback
import msgspec
import pytest
from hand_clock import HandClock
from model_server import (
    DONE,
    PATIENCE,
    Asked,
    Play,
    answers,
    calls,
    chunk,
    holds,
    http,
    says,
    sends,
    serving,
    stream_head,
)

from nexdiag.agent.client import Aside, ChatClient
from nexdiag.agent.loop.events import CallModel, Failed, Replied
from nexdiag.codec import anthropic, chat, responses
from nexdiag.codec.chat import Delta, ToolSpec
from nexdiag.core.endpoint import Endpoint, Profile, Sends
from nexdiag.core.message import Message, Reply, ToolCall, Usage
from nexdiag.core.version import VERSION
from nexdiag.endpoint import llama as endpoint_llama

PLAIN = Profile(name="plain", title="")
ASK = CallModel(messages=(Message(role="system", content="be kind"), Message(role="user", content="hi")))
CALLED = {"index": 0, "id": "a", "function": {"name": "bash", "arguments": "{}"}}
ERROR = '{"error": {"message": "no\\nsuch thing", "type": "t"}}'


TLS = ssl.create_default_context()
"""Made once: it takes longer than most of these tests."""


def transport() -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(verify=TLS)


def at(url: str, **fields: object) -> Endpoint:
    return Endpoint(**{"base_url": f"{url}/v1", "model": "m", "profile": PLAIN, **fields})  # type: ignore[arg-type]


def asking(endpoint: Endpoint, times: int = 1, **how: object) -> list[Replied | Failed]:
    """Ask so many times over one client."""

    async def talk() -> list[Replied | Failed]:
        client = ChatClient(endpoint, transport(), clock=lambda: 1779285792.0)
        try:
            return [await client.ask(ASK, **how) for _ in range(times)]  # type: ignore[arg-type]
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
    told: list[Delta] = []
    with serving(answers("Hel", "lo")) as server:
        first, second = asking(at(server.url), 2, on_delta=told.append)
    assert text(first) == text(second) == "Hello"
    assert [(delta.kind, delta.text) for delta in told] == [("text", "Hel"), ("text", "lo")] * 2


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
        client = ChatClient(at(server.url), transport())
        await client.ask(ASK)
        assert await asyncio.to_thread(hung_up.wait, 20)
        await client.close()

    with serving(lingers) as server:
        asyncio.run(talk())


# ---- answers that are none


@pytest.mark.parametrize(
    ("chunked", "delta"),
    [(True, {"content": "hé"}), (False, {"reasoning": "hm", "content": "é"}), (True, {"tool_calls": [CALLED]})],
)
def test_a_response_cut_at_any_byte_is_no_answer(chunked: bool, delta: dict[str, Any]) -> None:
    """From the first byte of its head to the last before the finish reason; then it is one (reference fault L6)."""
    events = chunk(delta) + chunk({}, "stop") + DONE
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


def test_a_refusal_that_is_not_read_to_its_end_is_hung_up_on() -> None:
    """And not when the client is closed: the server need not go on."""
    hung_up = threading.Event()

    def floods(asked: Asked, wire: socket.socket) -> None:
        wire.sendall(b"HTTP/1.1 500 Oh\r\ncontent-type: text/plain\r\n\r\n")
        try:
            while True:
                wire.sendall(b"word " * 4096)
        except OSError:
            hung_up.set()

    async def talk() -> None:
        client = ChatClient(at(server.url), transport())
        await client.ask(ASK)
        assert await asyncio.to_thread(hung_up.wait, PATIENCE)
        await client.close()

    with serving(floods) as server:
        asyncio.run(talk())


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
        client = ChatClient(at(server.url), transport())
        came = asyncio.Event()
        task = asyncio.create_task(client.ask(ASK, on_delta=lambda delta: came.set()))
        await asyncio.wait_for(came.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(hung_up.wait, 20)
        await client.close()

    with serving(drips) as server:
        asyncio.run(stopped())


# ---- who asked


def test_each_request_says_whose_it_is() -> None:
    """Session (hashed), turn and attempt, and an id of its own, which a failure names: so that logs can be joined."""

    async def talk() -> list[Replied | Failed]:
        ids = iter(("r1", "r2"))
        client = ChatClient(at(server.url), transport(), session="chat-7f3a", new_id=lambda: next(ids))
        again = msgspec.structs.replace(ASK, attempt=2)
        try:
            return [await client.ask(ASK, turn=3), await client.ask(again, turn=3)]
        finally:
            await client.close()

    with serving(sends(http(ERROR, "503 Busy")), answers("yo")) as server:
        first, _ = asyncio.run(talk())
    sent = [request.headers for request in server.asked]
    assert isinstance(first, Failed)
    assert (first.request_id, sent[0]["x-request-id"], sent[1]["x-request-id"]) == ("r1", "r1", "r2")
    assert [headers["x-nexdiag-attempt"] for headers in sent] == ["1", "2"]
    assert [headers["x-nexdiag-turn"] for headers in sent] == ["3", "3"]
    assert sent[0]["x-nexdiag-session"] == sent[1]["x-nexdiag-session"] != "chat-7f3a"
    assert len(sent[0]["x-nexdiag-session"]) == 16
    assert sent[0]["user-agent"] == f"nexdiag/{VERSION}"


@pytest.mark.parametrize(("question", "begins"), [("chat-17-04", "chat-17-04."), ("a\r\nx: y", "r1"), (None, "r1")])
def test_a_request_is_named_for_its_question(question: str | None, begins: str) -> None:
    """Its id begins with that of the question, as daemon.log has it; one that no header could carry is left out."""

    async def ask() -> None:
        client = ChatClient(at(server.url), transport(), new_id=lambda: "r1")
        try:
            await client.ask(ASK, question=question)
        finally:
            await client.close()

    with serving(answers("yo")) as server:
        asyncio.run(ask())
    assert server.asked[0].headers["x-request-id"].startswith(begins)


def test_what_is_not_known_is_not_said() -> None:
    """Outside a session and a turn neither header goes out; two requests never share an id."""
    with serving(answers("yo")) as server:
        asking(at(server.url), 2)
    one, two = (request.headers for request in server.asked)
    assert {"x-nexdiag-session", "x-nexdiag-turn"}.isdisjoint(one)
    assert one["x-request-id"] != two["x-request-id"]


def test_a_turn_may_ask_for_a_shorter_answer() -> None:
    """What the window has room for goes out instead of the endpoint's number (reference fault 15)."""
    command = msgspec.structs.replace(ASK, max_tokens=123)

    async def talk() -> None:
        client = ChatClient(at(server.url, max_tokens=4096), transport())
        await client.ask(command)
        await client.close()

    with serving(answers("yo")) as server:
        asyncio.run(talk())
    assert json.loads(server.asked[0].body)["max_tokens"] == 123


# ---- all wires

REPLY = Reply(
    message=Message(
        role="assistant", content="Look: é", tool_calls=(ToolCall(id="a1", name="bash", arguments='{"command":"ls"}'),)
    ),
    finish_reason="tool_calls",
    usage=Usage(input_tokens=3, output_tokens=2),
    response_id="r",
    model="m",
)
STREAMS = {
    "chat": b"".join(chat.encode_stream(REPLY, created=1, usage=True)),
    "responses": b"".join(responses.encode_stream(REPLY, created=1)),
    "anthropic": b"".join(anthropic.encode_stream(REPLY)),
}


@pytest.mark.parametrize("wire", STREAMS)
def test_each_wire_is_spoken(wire: str) -> None:
    """Its route, its key header, its stream: the same reply comes out of all three."""
    with serving(sends(stream_head(), STREAMS[wire])) as server:
        (got,) = asking(at(server.url, wire=wire, key="sk-key"), tools=(ToolSpec(name="bash"),))
    (request,) = server.asked
    assert request.path == "/v1" + {"chat": "/chat/completions", "responses": "/responses"}.get(wire, "/messages")
    assert request.headers.get("x-api-key" if wire == "anthropic" else "authorization", "").endswith("sk-key")
    assert isinstance(got, Replied)
    assert got.broken is None
    assert (got.reply.message.text, got.reply.finish_reason) == ("Look: é", "tool_calls")
    assert [(call.name, call.arguments) for call in got.reply.message.tool_calls] == [("bash", '{"command":"ls"}')]


@pytest.mark.parametrize("wire", ["responses", "anthropic"])
def test_each_wire_cut_at_any_byte_is_no_answer(wire: str) -> None:
    """As on the chat wire: unless all of it had come."""
    stream = STREAMS[wire]
    plays = [sends(stream_head(), stream[:cut]) for cut in range(0, len(stream), 11)]
    with serving(*plays) as server:
        results = asking(at(server.url, wire=wire), len(plays))
    for got in results:
        if isinstance(got, Replied) and got.broken is None:
            assert got.reply.message.text == REPLY.message.text
            assert [call.arguments for call in got.reply.message.tool_calls] == ['{"command":"ls"}']


# ---- the habits of servers

OPENED = {"id": "a", "type": "function", "function": {"name": "bash", "arguments": ""}}
ARGUED = {"function": {"arguments": '{"command": "ls"}'}}
HABITS: dict[str, bytes] = {
    "Gemini: whole calls, no index": chunk(
        {"tool_calls": [{"id": "a", "function": {"name": "bash", "arguments": '{"command": "ls"}'}}]}
    )
    + chunk({}, "stop"),
    "SGLang: no index in what follows": chunk({"tool_calls": [{"index": 0, **OPENED}]})
    + chunk({"tool_calls": [ARGUED]})
    + chunk({}, "tool_calls"),
    "LiteLLM: counts from 1": chunk({"tool_calls": [{"index": 1, **OPENED}]})
    + chunk({"tool_calls": [{"index": 1, **ARGUED}]})
    + chunk({}, "tool_calls"),
    "the id comes late": chunk({"tool_calls": [{"index": 0, "function": {"name": "bash", "arguments": ""}}]})
    + chunk({"tool_calls": [{"index": 0, "id": "a", **ARGUED}]})
    + chunk({}, "tool_calls"),
    "no id at all": chunk({"tool_calls": [{"index": 0, "function": {"name": "bash", **ARGUED["function"]}}]})
    + chunk({}, "tool_calls"),
    "OVMS: says stop": chunk({"tool_calls": [{"index": 0, **OPENED}]})
    + chunk({"tool_calls": [{"index": 0, **ARGUED}]})
    + chunk({}, "stop"),
    "OpenRouter: comments, two ends": b": OPENROUTER PROCESSING\n\n"
    + chunk({"tool_calls": [{"index": 0, **OPENED}]})
    + b": OPENROUTER PROCESSING\n\n"
    + chunk({"tool_calls": [{"index": 0, **ARGUED}]})
    + chunk({}, "tool_calls")
    + chunk({}, "tool_calls"),
    "Azure: first a chunk without a choice": b'data: {"choices": [], "prompt_filter_results": []}\n\n'
    + chunk({"tool_calls": [{"index": 0, **OPENED}]})
    + chunk({"tool_calls": [{"index": 0, **ARGUED}]})
    + chunk({}, "tool_calls"),
    "usage before the end, and null": chunk({"tool_calls": [{"index": 0, **OPENED}]}, usage=None)
    + chunk({"tool_calls": [{"index": 0, **ARGUED}]}, usage={"prompt_tokens": "x", "completion_tokens": -1})
    + chunk({}, "tool_calls"),
    "TGI: the arguments are an object": chunk(
        {"tool_calls": {"index": 0, "id": "a", "function": {"name": "bash", "arguments": {"command": "ls"}}}}
    )
    + chunk({}, "stop"),
}  # fmt: skip


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("ending", [b"", DONE])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_the_habits_of_servers_are_understood(habit: str, ending: bytes, newline: bytes) -> None:
    """One call with its arguments, however it is numbered, named and ended (reference faults 25, L11, L12)."""
    raw = (HABITS[habit] + ending).replace(b"\n", newline)
    got = asked(sends(stream_head(), raw))
    assert isinstance(got, Replied)
    assert got.broken is None
    (call,) = got.reply.message.tool_calls
    assert (call.name, json.loads(call.arguments)) == ("bash", {"command": "ls"})


def test_data_without_a_space_and_without_a_last_newline() -> None:
    """Both are allowed; the last event counts though nothing ends it."""
    raw = says("hi").replace(b"data: ", b"data:").removesuffix(DONE).rstrip(b"\n")
    assert text(asked(sends(stream_head(), raw))) == "hi"


def test_an_error_after_text_is_the_server_s() -> None:
    """What was said before it is no answer (reference fault L6); an overflow there is one too."""
    error = b'data: {"error": {"message": "prompt is too long: 9001 tokens > 8192 maximum"}}\n\n'
    refused = failed(sends(stream_head(), chunk({"content": "half"}), error))
    assert (refused.overflow, refused.needed, refused.window, refused.kind) == (True, 9001, 8192, "overflow")


def test_an_overflow_is_told_with_its_numbers() -> None:
    """In llama.cpp's own shape: the loop makes the conversation shorter, and learns the window."""
    error = {
        "code": 400,
        "message": "too long",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 91,
        "n_ctx": 82,
    }
    refused = failed(sends(http(json.dumps({"error": error}), "400 Bad Request")))
    assert (refused.overflow, refused.may_pass, refused.needed, refused.window) == (True, False, 91, 82)


def test_nobody_there_is_a_kind_of_its_own() -> None:
    """So that the loop can wait for a server that is starting."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (got,) = asking(at(f"http://127.0.0.1:{port}"))
    assert isinstance(got, Failed)
    assert got.kind == "refused"


# ---- clocks


class Drip:
    """A server that sends what it is told to, when it is told to."""

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def __call__(self, asked: loopback.Asked) -> None:
        self.came.set()
        await asked.send(loopback.STREAM_HEAD)
        while (piece := await self._pieces.get()) is not None:
            await asked.chunk(piece)

    def send(self, piece: bytes | None) -> None:
        self._pieces.put_nowait(piece)


class Waiting:
    """One request by a hand-moved clock."""

    def __init__(self, url: str, *, aside: Aside = transport, **how: object) -> None:
        self.clock = HandClock()
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.waits: list[tuple[float, str]] = []
        self.client = ChatClient(
            at(url, **how), transport(), ticks=self.clock.ticks, sleep=self.clock.sleep, aside=aside
        )
        self.task = asyncio.create_task(
            self.client.ask(
                ASK,
                on_delta=lambda delta: self.heard.put_nowait(delta.text),
                on_wait=lambda *told: self.waits.append(told),
            )
        )

    async def hear(self) -> str:
        """The next piece of the answer."""
        return await asyncio.wait_for(self.heard.get(), PATIENCE)

    async def end(self) -> Replied | Failed:
        async with asyncio.timeout(PATIENCE):
            got = await self.task
        await self.client.close()
        return got


def test_a_server_that_never_answers_is_left() -> None:
    """Hints from 20 s on, the end after 600 s, worth another try (reference faults 25, 28)."""

    async def scene() -> None:
        drip = Drip()
        async with loopback.serving(drip) as url:
            it = Waiting(url)
            await asyncio.wait_for(drip.came.wait(), PATIENCE)
            await it.clock.advance(590)
            assert it.waits[0] == (20, "the server has not begun to answer; it gets 580 s more")
            assert len(it.waits) == 58
            await it.clock.advance(11)
            got = await it.end()
            drip.send(None)
        assert isinstance(got, Failed)
        assert (got.kind, got.may_pass) == ("timeout", True)
        assert "no byte came for 600 s" in got.reason
        assert "NEXDIAG_STREAM_IDLE_TIMEOUT allows more" in got.reason

    asyncio.run(scene())


def test_a_comment_is_a_sign_of_life() -> None:
    """A server that only says that it is there is waited for; then it is silent, and is left (reference fault L14)."""

    async def scene() -> None:
        drip = Drip()
        async with loopback.serving(drip) as url:
            it = Waiting(url)
            for number in range(4):
                drip.send(b": keep-alive\n\n" + chunk({"content": str(number)}))
                assert await it.hear() == str(number)
                await it.clock.advance(290)
            assert not it.task.done()
            await it.clock.advance(11)
            got = await it.end()
            drip.send(None)
        assert isinstance(got, Replied)
        assert (got.broken or "").startswith("no byte came for 30")
        assert got.reply.message.text == "0123"

    asyncio.run(scene())


def test_a_drip_is_cut_and_can_be_continued() -> None:
    """A byte now and then keeps a stream alive for its lifetime only; what came is kept, as if it were cut there."""

    async def scene() -> None:
        drip = Drip()
        async with loopback.serving(drip) as url:
            it = Waiting(url, max_tokens=100)
            for _ in range(10):
                drip.send(chunk({"content": "x"}))
                await it.hear()
                await it.clock.advance(99)
            got = await it.end()
            drip.send(None)
        assert isinstance(got, Replied)
        assert (got.broken, got.reply.finish_reason) == (None, "length")
        assert got.reply.message.text == "x" * 10
        assert got.repairs == ("the answer took longer than 900 s: the answer was cut there",)

    asyncio.run(scene())


def test_after_the_finish_reason_nobody_waits_long() -> None:
    """Two seconds for the usage, though the connection stays open and no `[DONE]` comes."""

    async def scene() -> None:
        drip = Drip()
        async with loopback.serving(drip) as url:
            it = Waiting(url)
            drip.send(chunk({"content": "hi"}))
            await it.hear()
            drip.send(chunk({}, "stop") + chunk({"reasoning": "?"}))
            await it.hear()
            await it.clock.advance(1.9)
            assert not it.task.done()
            await it.clock.advance(0.2)
            assert text(await it.end()) == "hi"
            drip.send(None)

    asyncio.run(scene())


# ---- a server that can be asked

LLAMA = Profile(name="llama.cpp", title="")


def test_a_llama_that_reads_a_long_prompt_is_waited_for() -> None:
    """Asked on a second connection it says that it works: the user hears so, and no clock runs out."""

    async def scene() -> None:
        drip = Drip()

        async def answer(asked: loopback.Asked) -> None:
            if asked.head.startswith(b"GET /slots "):
                await asked.answer(b'[{"is_processing": true}]')
                answered.set()
            else:
                await drip(asked)

        async with loopback.serving(answer) as url:
            it, answered = Waiting(url, profile=LLAMA), asyncio.Event()
            await asyncio.wait_for(drip.came.wait(), PATIENCE)
            for _ in range(70):
                answered.clear()
                waits = len(it.waits)
                await it.clock.advance(10)
                while it.clock.now >= 1060 and len(it.waits) == waits:
                    await asyncio.wait_for(answered.wait(), PATIENCE)
                    await asyncio.sleep(0)
            assert not it.task.done()
            assert it.waits[-1][1].startswith("the server is at work (1 of 1 slots)")
            drip.send(says("done"))
            drip.send(b"")
            drip.send(None)
            assert text(await it.end()) == "done"

    asyncio.run(scene())


def test_a_llama_that_is_gone_is_left_at_once() -> None:
    """Its stream stands open (SIGTERM does that), but nobody takes connections: that is worth another try."""

    async def scene() -> None:
        drip = Drip()
        async with loopback.serving(drip) as url:
            it = Waiting(url, profile=LLAMA, aside=Refusing)
            await asyncio.wait_for(drip.came.wait(), PATIENCE)
            await it.clock.advance(59)
            assert not it.task.done()
            await it.clock.advance(2)
            got = await it.end()
            drip.send(None)
        assert isinstance(got, Failed)
        assert (got.kind, got.may_pass) == ("refused", True)
        assert "the server is gone" in got.reason

    asyncio.run(scene())


class Refusing(httpx.AsyncBaseTransport):
    """A machine on which nobody listens any more."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path in ("/slots", "/health")
        raise httpx.ConnectError("all attempts failed") from ConnectionRefusedError(111, "refused")


def test_a_connection_on_this_machine_is_used_once() -> None:
    """One that the server closed behind an answer is found out by losing the next request: llama.cpp did that."""
    with serving(answers("yo")) as server:
        asking(at(server.url))
    assert server.asked[0].headers["connection"] == "close"


# ---- the real thing


class Endless(httpx.AsyncHTTPTransport):
    """Asks llama.cpp to go on until its tokens are used up: its tiny model would end after a few words."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = json.dumps({**json.loads(request.content), "ignore_eos": True}).encode()
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"content-length"]
        return await super().handle_async_request(
            httpx.Request(request.method, request.url, headers=headers, content=body, extensions=request.extensions)
        )


@contextlib.contextmanager
def llama_process() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A real server that a test may kill, with its address."""
    code = "from nexdiag.endpoint.llama import serve; serve()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip().removeprefix("listening ")
        finally:
            process.kill()


def llama(url: str, over: httpx.AsyncBaseTransport | None = None, **fields: object) -> ChatClient:
    return ChatClient(at(url, profile=LLAMA, **fields), over or transport())


@pytest.mark.real
def test_a_real_llama_killed_in_mid_stream() -> None:
    """What came is no answer, and it is worth another try; then nobody is there."""

    async def talk(process: subprocess.Popen[str], url: str) -> tuple[Replied | Failed, Replied | Failed]:
        client = llama(url, Endless(verify=TLS), max_tokens=8000)
        got = await client.ask(ASK, on_delta=lambda delta: process.kill())
        await asyncio.to_thread(process.wait)
        again = await client.ask(ASK)
        await client.close()
        return got, again

    with llama_process() as (process, url):
        got, again = asyncio.run(talk(process, url))
    assert isinstance(got, Replied)
    assert (got.broken or "").startswith("the stream broke off: ")
    assert got.reply.message.text
    assert not got.reply.complete
    assert isinstance(again, Failed)
    assert (again.kind, again.may_pass) == ("refused", True)


@pytest.mark.real
def test_a_real_llama_overflows() -> None:
    """The numbers come from its own words; a shorter conversation is answered by the same client."""

    async def talk(url: str) -> tuple[Replied | Failed, Replied | Failed]:
        client = llama(url)
        long = CallModel(messages=(Message(role="user", content="x" * 9000),))
        try:
            return await client.ask(long), await client.ask(ASK)
        finally:
            await client.close()

    with endpoint_llama.running() as url:
        refused, answered = asyncio.run(talk(url))
    assert isinstance(refused, Failed)
    assert (refused.overflow, refused.may_pass, refused.window) == (True, False, 8192)
    assert refused.needed is not None
    assert refused.needed > 9000
    assert text(answered)


@pytest.mark.real
def test_a_cancelled_request_frees_the_one_slot() -> None:
    """The server stops long before its tokens are used up, and answers the next (reference fault 31)."""

    async def talk(url: str) -> tuple[int, Replied | Failed]:
        client = llama(url, Endless(verify=TLS), max_tokens=8000)
        came = asyncio.Event()
        task = asyncio.create_task(client.ask(ASK, on_delta=lambda delta: came.set()))
        await asyncio.wait_for(came.wait(), PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with httpx.AsyncClient() as http, asyncio.timeout(PATIENCE):
            while (slot := (await http.get(f"{url}/slots")).json()[0])["is_processing"]:  # noqa: ASYNC110 - a server's state
                await asyncio.sleep(0.01)
        next_one = llama(url)
        got = await next_one.ask(ASK)
        await client.close()
        await next_one.close()
        return slot["next_token"][0]["n_decoded"], got

    with endpoint_llama.running() as url:
        decoded, got = asyncio.run(talk(url))
    assert decoded < 4000
    assert text(got)


@pytest.mark.real
@pytest.mark.parametrize("wire", STREAMS)
def test_a_real_llama_answers_on_each_wire(wire: str) -> None:
    """Two requests over one client, on all three of its interfaces."""
    with endpoint_llama.running() as url:
        first, second = asking(at(url, profile=LLAMA, wire=wire), 2)
    assert text(first)
    assert text(second)


def test_half_a_key_is_not_quoted_either() -> None:
    """A server that quotes the key where its words are cut leaks no part of it (a secret is taken out before a cut)."""
    key = "sk-" + "SECRET" * 20
    for room in (480, 495, 500, 510, 640, 690):
        body = json.dumps({"error": {"message": "x" * room + " " + key}})
        for answer in (http(body, "401 No"), http(body), http("<p>" + "x" * room + key, kind="text/html")):
            with serving(sends(answer)) as server:
                (got,) = asking(at(server.url, key=key))
            assert "SECRET" not in repr(got)


def test_an_answer_that_is_compressed_twice_is_not_opened() -> None:
    """It could hold a thousand times a thousand times its size, in one piece."""
    body = gzip.compress(gzip.compress(b"\0" * 2**20))
    for status in ("200 OK", "500 No"):
        with serving(sends(http(body, status, headers={"content-encoding": "gzip, gzip"}))) as server:
            (got,) = asking(at(server.url))
        assert isinstance(got, Failed)
        assert "compressed more than once" in got.reason
        assert not got.may_pass
