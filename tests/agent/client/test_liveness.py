"""Promises of client.liveness: a silent llama.cpp is asked, nobody else, and only a refused line counts."""

import asyncio
import json
import ssl

import httpx
import pytest
from model_server import Asked, http, sends, serving

from nexdiag.agent.client import liveness
from nexdiag.agent.client.guard import Life
from nexdiag.agent.client.probe import Side
from nexdiag.core.endpoint import Endpoint, Profile

TLS = ssl.create_default_context()


def at(url: str, profile: str = "llama.cpp") -> Endpoint:
    return Endpoint(base_url=f"{url}/v1", model="m", profile=Profile(name=profile, title=""), key="sk-key")


def life(url: str) -> Life:
    async def ask() -> Life:
        async with httpx.AsyncHTTPTransport(verify=TLS) as transport:
            return await liveness.ask(Side(at(url), transport))

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("slots", "state", "words"),
    [
        ([{"is_processing": True}, {"is_processing": False}], "working", "the server is at work (1 of 2 slots)"),
        ([{"is_processing": False}], "unknown", "the server says that it works on nothing"),
        ([{"is_processing": "yes"}, 7, None], "unknown", "the server says that it works on nothing"),
        ([], "unknown", ""),
        ({"is_processing": True}, "unknown", ""),
        (None, "unknown", ""),
    ],
)
def test_slots_say_whether_it_works(slots: object, state: str, words: str) -> None:
    """Only what says so in so many words."""
    with serving(sends(http(json.dumps(slots)))) as server:
        assert life(server.url) == Life(state=state, words=words)
    assert server.asked[0].path == "/slots"
    assert server.asked[0].headers["authorization"] == "Bearer sk-key"


def test_without_slots_its_health_is_asked() -> None:
    """A server that was started with --no-slots; one that is well is still silent."""

    def play(asked: Asked, wire: object) -> None:
        well = asked.path == "/health"
        wire.sendall(http('{"status": "ok"}') if well else http("{}", "501 Not Implemented"))  # type: ignore[attr-defined]

    with serving(play) as server:
        assert life(server.url) == Life(words="the server is well, and silent")


@pytest.mark.parametrize("raw", [http("{}", "500 Oh"), http("<html>"), b"", b"SSH-2.0\r\n"])
def test_a_question_that_fails_says_nothing(raw: bytes) -> None:
    """Whatever comes instead of an answer."""
    with serving(sends(raw)) as server:
        assert life(server.url) == Life()


def test_a_server_that_takes_no_connection_is_gone() -> None:
    """Nobody listens there any more."""
    with serving(sends(b"")) as server:
        pass
    assert life(server.url) == Life(state="gone")


@pytest.mark.parametrize(
    ("url", "profile", "can"),
    [
        ("http://127.0.0.1:8080", "llama.cpp", True),
        ("http://localhost:8080", "llama.cpp", True),
        ("http://127.0.0.1:8080", "vllm", False),
        ("http://example.com", "llama.cpp", False),
    ],
)
def test_only_a_llama_on_this_machine_is_asked(url: str, profile: str, can: bool) -> None:
    """Others have nothing to ask, or are none of our business."""
    assert liveness.can_be_asked(at(url, profile)) == can


@pytest.mark.real
def test_a_real_llama_says_what_it_does() -> None:
    """At rest it works on nothing; and when it is gone, it is."""
    from nexdiag.endpoint import llama  # noqa: PLC0415 - only where the extra is installed

    with llama.running() as url:
        assert life(url) in (
            Life(words="the server says that it works on nothing"),
            Life(words="the server is well, and silent"),
        )
    assert life(url) == Life(state="gone")
