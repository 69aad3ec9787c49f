"""An endpoint with what its server tells of itself."""

import asyncio
import json
import socket

import msgspec
from model_server import Asked, http
from model_server import serving as model_server

from nexdiag.core.endpoint import Endpoint
from nexdiag.lint import profiles
from nexdiag.runner.probed import probed

PROPS = http(json.dumps({"default_generation_settings": {"n_ctx": 4000}}), headers={"server": "llama.cpp"})
MODELS = http(json.dumps({"object": "list", "data": [{"id": "m", "owned_by": "llamacpp"}]}))
NOTHING = http("no", "404 Not Found")


def tells(asked: Asked, wire: socket.socket) -> None:
    wire.sendall({"/props": PROPS, "/v1/models": MODELS}.get(asked.path, NOTHING))


def endpoint(url: str, **more: object) -> Endpoint:
    return Endpoint(base_url=f"{url}/v1", model="m", profile=profiles.resolve(None), **more)  # type: ignore[arg-type]


def test_kind_and_window_are_asked_for_where_nobody_named_them() -> None:
    """max_tokens is within a quarter of the window, and what is sent is what this server takes."""
    with model_server(tells) as server:
        found = asyncio.run(probed(endpoint(server.url)))
    assert (found.profile.name, found.window, found.window_source) == ("llama.cpp", 4000, "/props")
    assert found.max_tokens == 1000
    assert found.profile.sends.stream_options


def test_what_the_operator_said_goes_before_what_the_server_says() -> None:
    """His window, and his profile; where both are said, nobody is asked (goose took a catalogue's word over it)."""
    with model_server(tells) as server:
        told = endpoint(server.url, window=700)
        assert asyncio.run(probed(told)).window == 700
        told = msgspec.structs.replace(endpoint(server.url), profile=profiles.named("vllm"))
        assert asyncio.run(probed(told)).profile.name == "vllm"
        before = len(server.asked)
        told = msgspec.structs.replace(told, window=700)
        assert asyncio.run(probed(told)) is told
        assert len(server.asked) == before


def test_a_server_that_is_mute_or_away_changes_nothing() -> None:
    """The conversation begins all the same, with what is known."""
    away = endpoint("http://127.0.0.1:9")
    assert asyncio.run(probed(away)) is away
    with model_server(lambda asked, wire: wire.sendall(NOTHING)) as server:
        mute = endpoint(server.url)
        assert asyncio.run(probed(mute)) is mute
