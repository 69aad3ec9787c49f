"""Promises of client.probe: the window is what the server runs with, in two seconds, or it is not known."""

import asyncio
import json
import ssl
import threading
from collections.abc import Mapping

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_server import Asked, Play, http, serving

from nexdiag.agent.client import probe
from nexdiag.core.endpoint import Endpoint, Profile

TLS = ssl.create_default_context()
UNKNOWN = Profile(name="unknown", title="", known=False)
SHOW = {"model_info": {"qwen3.context_length": 40960, "general.name": "x"}, "parameters": "num_ctx    8192\nstop  x"}
LISTED = {"data": [{"id": "m", "loaded_context_length": 4096, "max_context_length": 131072}]}


def at(url: str, profile: Profile | str = UNKNOWN, **fields: object) -> Endpoint:
    profile = Profile(name=profile, title="") if isinstance(profile, str) else profile
    return Endpoint(**{"base_url": f"{url}/v1", "model": "m", "profile": profile, **fields})  # type: ignore[arg-type]


def by_path(bodies: Mapping[str, object]) -> Play:
    """A server that has these values at these paths, and nothing else."""

    def play(asked: Asked, wire: object) -> None:
        value = bodies.get(asked.path)
        raw = (
            http(b"", "404 Not Found")
            if value is None
            else http(value if isinstance(value, bytes) else json.dumps(value))
        )
        wire.sendall(raw)  # type: ignore[attr-defined]

    return play


def window(endpoint: Endpoint, *, patience: float = 20.0) -> probe.Window | None:
    async def ask() -> probe.Window | None:
        async with httpx.AsyncHTTPTransport(verify=TLS) as transport:
            return await probe.window_of(endpoint, transport, patience=patience)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("profile", "bodies", "found"),
    [
        ("llama.cpp", {"/props": {"default_generation_settings": {"n_ctx": 8192}}}, (8192, "/props")),
        ("vllm", {"/v1/models": {"data": [{"id": "m", "max_model_len": 32768}]}}, (32768, "/v1/models")),
        ("sglang", {"/v1/models": {"data": [{"id": "other", "max_model_len": 32768}]}}, (32768, "/v1/models")),
        ("openrouter", {"/v1/models": {"data": [{"id": "m", "context_length": 65536}]}}, (65536, "/v1/models")),
        ("ollama", {"/api/show": SHOW}, (8192, "/api/show")),
        ("ollama", {"/api/ps": {"models": [{"model": "m:latest", "context_length": 4096}]}, "/api/show": SHOW},
         (4096, "/api/ps")),
        (UNKNOWN, {"/api/v0/models": LISTED, "/v1/models": {"data": [{"id": "m"}]}}, (4096, "/api/v0/models")),
        (UNKNOWN, {"/props": {"default_generation_settings": {"n_ctx": 8192}}}, (8192, "/props")),
        (UNKNOWN, {"/v1/models": {"data": [{"id": "m", "max_model_len": 32768}]}}, (32768, "/v1/models")),
        (UNKNOWN, {}, None),
        ("openai", {"/v1/models": {"data": [{"id": "m", "context_length": 5}]}}, None),
    ],
)  # fmt: skip
def test_each_server_is_asked_in_its_own_way(
    profile: Profile | str, bodies: dict[str, object], found: probe.Window | None
) -> None:
    """And says who said it; a server that nobody named is asked everything at once (reference fault 15)."""
    with serving(by_path(bodies)) as server:
        assert window(at(server.url, profile)) == found


@pytest.mark.parametrize(
    ("profile", "bodies"),
    [
        ("vllm", {"/v1/models": {"data": [{"id": "a", "max_model_len": 5}, {"id": "b", "max_model_len": 6}]}}),
        ("ollama", {"/api/show": {**SHOW, "parameters": "stop x"}}),
        ("ollama", {"/api/ps": {"models": [{"model": "other", "context_length": 4096}]}}),
    ],
)
def test_a_window_that_could_be_another_s_is_not_believed(profile: str, bodies: dict[str, object]) -> None:
    """Another model's; or Ollama's limit of the model, while the server runs it with less and says nothing."""
    with serving(by_path(bodies)) as server:
        assert window(at(server.url, profile)) is None


@pytest.mark.parametrize("number", [0, -1, 10_000_001, 1e4, "8192", None, True, [8192], {"n": 1}])
def test_absurd_numbers_are_none(number: object) -> None:
    """One token to ten million, as an integer; anything else is not known."""
    with serving(by_path({"/props": {"default_generation_settings": {"n_ctx": number}}})) as server:
        assert window(at(server.url, "llama.cpp")) is None


BODIES = st.recursive(
    st.none() | st.integers() | st.text(max_size=9),
    lambda i: (
        st.lists(i, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "models", "id", "parameters", "model_info", "context_length"]), i)
    ),
)


@given(BODIES)
def test_no_body_is_too_odd(body: object) -> None:
    """Whatever stands there, nothing is raised."""

    async def ask() -> probe.Window | None:
        transport = httpx.MockTransport(lambda request: httpx.Response(200, content=json.dumps(body)))
        return await probe.window_of(at("http://127.0.0.1:1"), transport)

    found = asyncio.run(ask())
    assert found is None or 1 <= found[0] <= 10_000_000


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b'{"default_generation_settings": '])
def test_what_is_no_json_is_nothing(raw: bytes) -> None:
    """A page, half an object, an abyss of brackets."""
    with serving(by_path({"/props": raw})) as server:
        assert window(at(server.url, "llama.cpp")) is None


def test_a_server_that_hangs_is_not_waited_for() -> None:
    """All questions share one patience; what is known by then is taken, from whoever knew it."""
    over = threading.Event()
    listed = by_path({"/v1/models": {"data": [{"id": "m", "max_model_len": 32768}]}})

    def play(asked: Asked, wire: object) -> None:
        if asked.path == "/v1/models":
            listed(asked, wire)  # type: ignore[arg-type]
        else:
            over.wait(20)

    with serving(play) as server:
        assert window(at(server.url), patience=0.5) == (32768, "/v1/models")
        assert window(at(server.url, "llama.cpp"), patience=0.05) is None
        over.set()


def test_nobody_there_is_nothing() -> None:
    """And no error."""
    assert window(at("http://127.0.0.1:1")) is None
    assert window(at("http://[::1"), patience=1) is None


def test_the_key_goes_to_the_endpoint_s_origin_only() -> None:
    """It is sent as in the conversation; a redirect is not followed."""
    with serving(by_path({})) as other:
        moved = http(b"", "302 Found", headers={"location": f"{other.url}/props"})
        with serving(lambda asked, wire: wire.sendall(moved)) as server:
            assert window(at(server.url, "llama.cpp", key="sk-key")) is None
            assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer sk-key"]
        assert other.asked == []


def test_a_body_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody fills the memory with a list of models."""
    monkeypatch.setattr(probe, "_LARGEST", 1000)
    with serving(by_path({"/v1/models": {"data": [{"id": "m", "max_model_len": 5, "x": "y" * 2000}]}})) as server:
        assert window(at(server.url, "vllm")) is None


@pytest.mark.real
def test_a_real_llama_tells_its_window() -> None:
    """llama.cpp itself, in its own words."""
    from nexdiag.endpoint import llama  # noqa: PLC0415 - only where the extra is installed

    with llama.running(context=2048) as url:
        assert window(at(url, "llama.cpp")) == (2048, "/props")
        assert window(at(url)) == (2048, "/props")
