"""Promises of `nexdiag.replay.serving.desk`: what is answered with what, and what is told of it, over raw sockets."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest
from replayed import CLOSE, World, answers_in, asking, recorded, serving

from nexdiag.core.exchange import Exchange
from nexdiag.replay.matching.matcher import Miss
from nexdiag.replay.playback import Laid, Playback
from nexdiag.replay.serving import desk
from nexdiag.replay.serving.served import ANSWERED, AWAY, FAILED, REFUSED, UNMATCHED

FIVE = (("content-type", "application/json"), ("content-length", "5"))


def playing(*exchanges: Exchange, **options: Any) -> Callable[[Callable[[World], Coroutine[Any, Any, None]]], None]:  # noqa: ANN401 - as `serving`
    """Run a scene with a server of these exchanges."""

    def run(scene: Callable[[World], Coroutine[Any, Any, None]]) -> None:
        async def play() -> None:
            async with serving(*exchanges, **options) as here:
                await scene(here)

        asyncio.run(play())

    return run


def error_in(body: bytes) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.json.decode(body)["error"]
    return value


def test_an_answer_is_told_with_its_recording() -> None:
    """Who asked what, which exchange answered, and how it ended."""

    @playing(recorded(7), recorded(8, b'{"a":1}', failure="RemoteProtocolError: cut"))
    async def scene(here: World) -> None:
        await here.ask(asking(b"{}", CLOSE), asking(b'{"a":1}'))
        await here.ask(asking(b'{"a":1}'))
        assert [(one.what, one.exchange, one.status, one.why) for one in here.heard] == [
            (ANSWERED, 7, 200, ""),
            (ANSWERED, 8, 200, "RemoteProtocolError: cut"),
        ]
        assert (here.heard[0].method, here.heard[0].target) == ("POST", "/v1/chat/completions")


def test_what_is_not_recorded_is_a_599_and_the_connection_goes_on() -> None:
    """With a JSON body, and word to the client not to ask again; the next request on the connection is answered."""

    @playing(recorded())
    async def scene(here: World) -> None:
        raw = await here.ask(asking(b'{"other":1}'), asking(b"{}", CLOSE))
        miss, hit = answers_in(raw)
        assert (miss.status, miss.header("content-type"), miss.header("x-should-retry")) == (
            599, "application/json", "false",
        )  # fmt: skip
        assert error_in(miss.body)["type"] == "nexdiag_unmatched"
        assert (hit.status, hit.chunks) == (200, [b"hello"])
        assert here.words == [UNMATCHED, ANSWERED]
        assert here.answers.pairing().misses == (0,)


def test_the_turn_that_a_client_names_is_told_with_the_miss() -> None:
    """Our own executor sends it; whatever is no number is none."""

    @playing()
    async def scene(here: World) -> None:
        for value in (b"3", b"0x3", b"9" * 30, b""):
            await here.ask(asking(b"{}", b"X-Nexdiag-Turn: " + value, CLOSE))
        assert [turn for _, turn, _ in here.answers.misses] == [3, None, None, None]


def test_a_request_is_seen_as_it_was_sent() -> None:
    """Its URL is our address, its fields have names in lower case, its body is whole."""

    @playing()
    async def scene(here: World) -> None:
        await here.ask(asking(b'{"a": 1}', b"X-Some: Thing", CLOSE, path="/v1/x?y=%20z"))
        [asked] = here.answers.requests
        assert (asked.url, asked.body.join()) == ("http://localhost/v1/x?y=%20z", b'{"a": 1}')
        assert dict(asked.headers)["x-some"] == "Thing"


@pytest.mark.parametrize(
    ("request_", "host"),
    [
        (b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n", "api.openai.com:443"),
        (b"GET http://example.com/v1/models HTTP/1.1\r\nHost: example.com\r\n\r\n", "example.com"),
        (b"POST http://example.com:1/v1 HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", "example.com:1"),
    ],
)
def test_who_tries_to_leave_is_refused_and_named(request_: bytes, host: str) -> None:
    """A program whose proxy is this server wants another host: it gets nothing, and the recording is not asked."""

    @playing(recorded())
    async def scene(here: World) -> None:
        answer = await here.one(request_)
        assert answer.status == 403
        assert error_in(answer.body)["code"] == "network_closed"
        assert f"{here.url}/v1" in error_in(answer.body)["hint"]
        assert [(one.what, one.host, one.status) for one in here.heard] == [(AWAY, host, 403)]
        assert not here.answers.requests


def test_who_uses_the_server_as_a_proxy_for_itself_is_answered() -> None:
    """HTTP/1.1 wants that a server understands its own address before a path."""

    @playing(recorded(method="GET", path="/v1/models", body=b""))
    async def scene(here: World) -> None:
        request = f"GET {here.url}/v1/models HTTP/1.1\r\nHost: 127.0.0.1:{here.port}\r\nConnection: close\r\n\r\n"
        assert (await here.one(request.encode())).body == b"hello"
        assert here.answers.pairing().one_to_one


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"Origin: http://evil.com", 403),
        (b"Transfer-Encoding: gzip, chunked", 400),
        (b"Expect: a miracle", 417),
        (b"Upgrade: websocket\r\nConnection: upgrade", 501),
    ],
)
def test_what_may_not_ask_is_refused(line: bytes, status: int) -> None:
    """By the head alone, in the server's own name; the recording is not spent."""

    @playing(recorded())
    async def scene(here: World) -> None:
        answer = await here.one(asking(b"{}", line))
        assert answer.status == status
        assert error_in(answer.body)["message"].startswith("nexdiag replay: ")
        assert not here.answers.requests
        assert here.words in ([REFUSED], [])  # what the parser itself cannot read has no head that could be told

    @playing(recorded())
    async def rebinding(here: World) -> None:
        assert (await here.one(asking(host=b"evil.com"))).status == 403
        assert here.words == [REFUSED]


def test_a_web_page_of_this_machine_is_let_ask_and_read() -> None:
    """Its browser asks first whether it may; what answers, be it recorded, missing or wrong, the page can read."""
    origin = b"Origin: http://localhost:3000"

    @playing(recorded())
    async def scene(here: World) -> None:
        ask = asking(b"", origin, b"Access-Control-Request-Method: POST", method="OPTIONS")
        raw = await here.ask(ask + asking(b"{}", origin) + asking(b'{"no":1}', origin, CLOSE))
        preflight, hit, miss = answers_in(raw)
        assert (preflight.status, hit.status, miss.status) == (204, 200, 599)
        assert preflight.header("access-control-allow-methods") == "POST"
        assert {one.header("access-control-allow-origin") for one in (preflight, hit, miss)} == {
            "http://localhost:3000"
        }
        assert here.answers.pairing().requests == 2
        assert here.words == [ANSWERED, UNMATCHED]


def test_a_recorded_preflight_is_played() -> None:
    """A browser that was recorded asks what it asked then; and OPTIONS that is no preflight is a request like any."""
    held = recorded(method="OPTIONS", body=b"", status=204, pieces=(), headers=(("x-recorded", "yes"),))

    @playing(held)
    async def scene(here: World) -> None:
        line = b"Access-Control-Request-Method: POST"
        answer = await here.one(asking(b"", line, CLOSE, method="OPTIONS"))
        assert answer.header("x-recorded") == "yes"
        assert here.answers.pairing().one_to_one
        assert (await here.one(asking(b"", CLOSE, method="OPTIONS"))).status == 599


def test_models_are_made_and_marked() -> None:
    """A list that nobody recorded counts as made, and is neither a pair nor a miss."""

    @playing(recorded(body=b'{"model":"tiny"}'))
    async def scene(here: World) -> None:
        answer = await here.one(asking(b"", CLOSE, path="/v1/models", method="GET"))
        assert msgspec.json.decode(answer.body)["data"][0]["id"] == "tiny"
        assert answer.header("x-nexdiag-made") == "models"
        assert here.answers.pairing().made == 1
        assert [(one.what, one.exchange) for one in here.heard] == [(ANSWERED, None)]


def test_an_error_of_ours_is_a_500_and_the_server_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client is told where it arose, in none of the words that may hold its secrets."""

    @playing(recorded())
    async def scene(here: World) -> None:
        take = here.answers.take
        monkeypatch.setattr(
            here.answers, "take", lambda request, turn: 1 / 0 if request.body.join() == b"0" else take(request)
        )
        failed, hit = answers_in(await here.ask(asking(b"0"), asking(b"{}", CLOSE)))
        assert (failed.status, failed.header("x-should-retry"), hit.status) == (500, "false", 200)
        assert "ZeroDivisionError in <lambda>" in error_in(failed.body)["message"]
        assert here.words == [FAILED, ANSWERED]


def test_a_body_that_cannot_be_told_is_an_error_of_ours() -> None:
    """Whoever words the misses may fail."""

    def told(miss: Miss) -> dict[str, Any]:
        raise LookupError(miss.request.url)

    @playing(told=told)
    async def scene(here: World) -> None:
        answer = await here.one(asking(b"{}", CLOSE))
        assert answer.status == 500
        assert b"localhost" not in answer.body


def test_a_recorded_status_that_is_none_is_told() -> None:
    """A 100 would leave the client waiting."""

    @playing(recorded(status=100))
    async def scene(here: World) -> None:
        answer = await here.one(asking(b"{}", CLOSE))
        assert answer.status == 500
        assert "the recorded status 100" in error_in(answer.body)["message"]


def test_whoever_listens_cannot_break_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the listener's is not the client's."""

    @playing(recorded())
    async def scene(here: World) -> None:
        monkeypatch.setattr(here.server._desk, "_heard", lambda served: 1 / 0)
        miss, hit = answers_in(await here.ask(asking(b"1"), asking(b"{}", CLOSE)))
        assert (miss.status, hit.body) == (599, b"hello")


def test_to_head_there_is_no_body() -> None:
    """Recorded or not: its length is told, and the next answer begins after the head."""
    held = recorded(method="HEAD", body=b"", headers=FIVE, pieces=())

    @playing(held)
    async def scene(here: World) -> None:
        raw = await here.ask(asking(b"", method="HEAD") + asking(b"", CLOSE, method="HEAD", path="/other"))
        hit, miss = answers_in(raw, bodiless=True)
        assert (hit.status, hit.header("content-length")) == (200, "5")
        assert miss.status == 599


def test_a_fault_is_sent_as_it_was_laid() -> None:
    """The server sends what it is given: other status, fields and pieces than recorded."""

    def lay(exchange: Exchange) -> Laid:
        headers = (("retry-after", "1"), ("content-length", "2"))
        return Laid(playback=Playback(exchange=exchange, status=429, headers=headers, pieces=()), fault="status 429")

    @playing(recorded(), lay=lay)
    async def scene(here: World) -> None:
        answer = await here.one(asking(b"{}", CLOSE))
        assert (answer.status, answer.header("retry-after"), answer.body) == (429, "1", b"")
        assert answer.whole


def test_the_name_is_this_machine() -> None:
    """It listens nowhere else."""
    assert desk.HOST == "127.0.0.1"


KEY = "sk-proj-Zx9Qw8Er7Ty6Ui5Op4As3Df2Gh1Jk0LmNbVcXz"


@pytest.mark.parametrize(
    "request_",
    [
        f"GET /v1/{KEY}/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        f"GET /v1/x HTTP/1.1\r\nHost: {KEY}.evil.com\r\n\r\n",
        f"GET /v1/x?a={KEY} HTTP/1.1\r\nHost: h\r\nOrigin: http://{KEY}.com\r\n\r\n",
        "GET /v1/x HTTP/1.1\r\nHost: h\r\nOrigin: http://user:pass-word@evil.com\r\n\r\n",
        f"GET /v1/{KEY} HTTP/1.1\r\nHost: h\r\nExpect: a miracle\r\n\r\n",
        f"GET http://user:pass-word@evil.com/{KEY}?api_key={KEY} HTTP/1.1\r\nHost: evil.com\r\n\r\n",
        f"GET http://{KEY}.evil.com/ HTTP/1.1\r\nHost: evil.com\r\n\r\n",
        "CONNECT user:pass-word@evil.com:443 HTTP/1.1\r\nHost: h\r\n\r\n",
        f"CONNECT {KEY}.evil.com:443 HTTP/1.1\r\nHost: h\r\n\r\n",
        f"GET /v1/{'a' * 170}/{KEY} HTTP/1.1\r\nHost: {'a' * 170}.{KEY}.com\r\n\r\n",
    ],
)
def test_no_secret_of_a_client_is_told_or_sent_back(request_: str) -> None:
    """Neither in a target, nor in the name of a host or a page; also where only a part of it would be shown."""

    @playing(recorded(), hide=lambda text: text.replace(KEY, "[key]"))
    async def scene(here: World) -> None:
        raw = (await here.ask(request_.encode())).decode()
        [heard] = here.heard
        # A 599 is written from what the recorder would have kept: that is proven where it is made.
        for text in (raw if heard.what != UNMATCHED else "", heard.target, heard.host, heard.why):
            assert KEY[:8] not in text
            assert "pass-word" not in text


def test_what_cannot_be_hidden_is_not_shown() -> None:
    """A redactor that fails ends neither the server nor the secret."""

    def hide(text: str) -> str:
        raise RecursionError(text)

    @playing(recorded(), hide=hide)
    async def scene(here: World) -> None:
        await here.ask(asking(b"{}", CLOSE))
        raw = await here.ask(b"CONNECT evil.com:443 HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b" 403 " in raw
        assert [(one.what, one.target) for one in here.heard] == [
            (ANSWERED, "what cannot be shown"),
            (AWAY, "what cannot be shown"),
        ]
