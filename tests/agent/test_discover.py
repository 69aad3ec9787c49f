"""Promises of nexdiag.agent.discover: the server on this machine is found by asking, and in bounded time."""

import asyncio
import json
from collections.abc import Callable

import httpx
import pytest

from nexdiag.agent import discover
from nexdiag.agent.discover import Choice, Found, ask, choose, described, listed
from nexdiag.core.errors import EndpointError, UsageError

LLAMA = Found(base_url="http://127.0.0.1:8080/v1", models=("qwen3",), profile="llama.cpp")
OLLAMA = Found(base_url="http://127.0.0.1:11434/v1", models=("nomic-embed-text", "qwen3:8b", "qwen3"))


def listing(*names: object) -> bytes:
    return json.dumps({"object": "list", "data": [{"id": name} for name in names]}).encode()


def recognise(url: str, response: httpx.Response, body: bytes) -> str | None:
    return "llama.cpp" if b"tiny" in body else None


def asked(answer: Callable[[httpx.Request], httpx.Response], url: str = "http://h:1") -> Found | None:
    return asyncio.run(ask(url, httpx.MockTransport(answer), recognise=recognise, key="k"))


def test_the_usual_ports_are_asked_at_once() -> None:
    """Each port is asked for its models, none waits for another, and those that answer are given in order."""
    waiting: list[int | None] = []
    all_asked = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        waiting.append(request.url.port)
        if len(waiting) == len(discover.PORTS):
            all_asked.set()
        await all_asked.wait()
        if request.url.port not in (8080, 1234):
            raise httpx.ConnectError("refused")
        assert request.url.path == "/v1/models"
        assert "authorization" not in request.headers
        return httpx.Response(200, content=listing("tiny"))

    found = asyncio.run(discover.discover(httpx.MockTransport(answer), recognise=recognise))
    assert sorted(waiting) == sorted(discover.PORTS)
    assert [(one.base_url, one.models, one.profile) for one in found] == [
        ("http://127.0.0.1:8080/v1", ("tiny",), "llama.cpp"),
        ("http://127.0.0.1:1234/v1", ("tiny",), "llama.cpp"),
    ]


def test_a_server_that_never_answers_is_none() -> None:
    """One that hangs costs its half second, and hides no other."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.port == 1:
            await asyncio.Event().wait()
        return httpx.Response(200, content=listing("m"))

    found = asyncio.run(discover.discover(httpx.MockTransport(answer), recognise=recognise, ports=(1, 2), wait=0.01))
    assert [one.base_url for one in found] == ["http://127.0.0.1:2/v1"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b"[]"), (200, b"{}"), (200, b'{"data": 3}'), (404, listing("m")), (500, b""),
     (302, listing("m")), (200, b"[" * 10_000), (200, b"\xff")],
)  # fmt: skip
def test_what_is_no_list_of_models_is_no_server(status: int, body: bytes) -> None:
    """Any other program may listen on such a port; a redirect is not followed."""
    assert asked(lambda _: httpx.Response(status, content=body)) is None


def test_an_endless_answer_is_cut() -> None:
    """Bytes are bounded: what is longer than any list of models is none."""

    async def endless() -> "object":
        while True:
            yield b"x" * 100_000

    assert asked(lambda _: httpx.Response(200, content=endless())) is None  # type: ignore[arg-type]


def test_odd_entries_are_passed_over() -> None:
    """Names that are none, or that a terminal would obey, are left out; the others count."""
    found = asked(lambda _: httpx.Response(200, content=listing("a", None, 3, "", "b\x1b[31m", {"x": 1}, "c")))
    assert found == Found(base_url="http://h:1/v1", models=("a", "c"))


def test_a_server_that_wants_a_key_is_told() -> None:
    """A 401 is an answer; the key goes only where somebody named the server."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer k"
        return httpx.Response(401)

    found = asked(answer)
    assert found == Found(base_url="http://h:1/v1", locked=True)
    with pytest.raises(UsageError, match="wants a key") as refused:
        choose([found])
    assert "--key-env" in refused.value.hint


def test_the_first_model_that_can_chat_is_taken() -> None:
    """An embedding model answers no chat; what else there is, is told."""
    assert choose([OLLAMA]) == Choice(server=OLLAMA, model="qwen3:8b", others=("nomic-embed-text", "qwen3"))
    only = Found(base_url="http://h/v1", models=("my-embed",))
    assert choose([only]).model == "my-embed"


def test_a_named_model_finds_its_server() -> None:
    """Of several servers the one that serves it; its provider prefix is no part of the name."""
    assert choose([LLAMA, OLLAMA], "qwen3:8b") == Choice(server=OLLAMA, model="qwen3:8b")
    assert choose([LLAMA], "local:qwen3") == Choice(server=LLAMA, model="local:qwen3")


def test_no_server_is_an_endpoint_s_fault() -> None:
    """Exit 3, with the ports that were asked and what to do."""
    with pytest.raises(EndpointError, match="8000, 8080, 30000, 11434, 1234") as refused:
        choose([])
    assert refused.value.exit_code == 3
    assert "nexdiag init -m MODEL -e URL" in refused.value.hint


@pytest.mark.parametrize("model", [None, "qwen3"])
def test_several_servers_are_listed(model: str | None) -> None:
    """Which one is meant is not guessed: exit 2, with all of them."""
    with pytest.raises(UsageError, match="2 answer") as refused:
        choose([LLAMA, OLLAMA], model)
    assert described(LLAMA) in refused.value.what
    assert described(OLLAMA) in refused.value.what
    assert f"-e {LLAMA.base_url}" in refused.value.hint


def test_a_model_that_nobody_serves_is_told_with_the_nearest() -> None:
    """A typo is answered with what there is (reference fault 19)."""
    with pytest.raises(UsageError, match="no server on this machine serves the model 'qwen'") as refused:
        choose([LLAMA], "qwen")
    assert "did you mean qwen3?" in refused.value.hint
    with pytest.raises(UsageError) as other:
        choose([LLAMA], "zzz")
    assert "served: qwen3" in other.value.hint


def test_a_server_without_models_is_told() -> None:
    """Ollama and LM Studio run without one."""
    with pytest.raises(UsageError, match="serves no model"):
        choose([Found(base_url="http://h/v1")])


def test_long_lists_are_cut() -> None:
    """Five names, and how many more."""
    assert listed(("a", "b")) == "a, b"
    assert listed(tuple("abcdefg")) == "a, b, c, d, e and 2 more"
