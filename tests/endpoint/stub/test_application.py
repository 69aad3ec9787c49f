"""The stub as an application: which question a request is."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from nexdiag.core.endpoint import Profile
from nexdiag.core.errors import UsageError
from nexdiag.endpoint.stub.answers import Answer, Call
from nexdiag.endpoint.stub.application import StubEndpoint
from nexdiag.endpoint.stub.refusing import filled
from nexdiag.lint.profiles import ALL, named

USER = {"role": "user", "content": "Hello"}
CHAT = "/v1/chat/completions"


def answer(stub: StubEndpoint, method: str, path: str, value: object = None) -> tuple[int, str, Any]:
    status, kind, pieces = stub.answer(method, path, b"" if value is None else json.dumps(value).encode())
    text = b"".join(pieces).decode()
    return status, kind, json.loads(text) if kind == "application/json" else text


def chat(*messages: object, **more: object) -> dict[str, object]:
    return {"model": "m", "messages": messages or [USER], **more}


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_another_address_is_answered_as_that_server_does(profile: Profile) -> None:
    """A base URL without /v1 gets that server's 404, in JSON or plain text."""
    status, kind, body = answer(StubEndpoint(profile), "POST", "/nowhere/chat/completions", chat())
    stated = profile.refusal("base-url-missing-v1") or profile.refusal("route-not-found")
    assert status == 404
    if stated is not None:
        assert body == filled(stated.body, {"method": "POST", "path": "/nowhere/chat/completions"}, otherwise=str)
        assert (kind == "text/plain; charset=utf-8") is isinstance(stated.body, str)
    else:
        assert "POST /nowhere/chat/completions" in json.dumps(body)


@pytest.mark.parametrize("name", ["sglang", "vllm", "ollama", "openai", "mistral"])
def test_without_v1_nothing_is_served(name: str) -> None:
    """The first fault of a first use."""
    stub = StubEndpoint(named(name))
    assert answer(stub, "POST", "/chat/completions", chat())[0] == 404
    assert answer(stub, "GET", "/models")[0] == 404


def test_a_place_in_a_route_is_any_name() -> None:
    """Azure's deployments; and each wire stands beside chat completions."""
    stub = StubEndpoint(named("azure"))
    assert answer(stub, "POST", "/openai/deployments/mine/chat/completions", chat())[0] == 200
    assert answer(stub, "POST", "/openai/v1/responses", {"model": "m", "input": "Hello"})[0] == 200
    assert answer(StubEndpoint(named("llama.cpp")), "POST", "/chat/completions", chat())[0] == 200


@pytest.mark.parametrize(("method", "path"), [("GET", CHAT), ("DELETE", "/v1/models"), ("PUT", "/v1/responses")])
def test_a_wrong_method(method: str, path: str) -> None:
    """405, and 404 where a server finds routes by method."""
    assert answer(StubEndpoint(named("vllm")), method, path) == (
        405,
        "application/json",
        {"detail": "Method Not Allowed"},
    )
    assert answer(StubEndpoint(named("llama.cpp")), method, path)[0] == 404


def test_models_are_listed() -> None:
    """One model, under the name that was given."""
    stub = StubEndpoint(named("vllm"), model="qwen3-coder", clock=lambda: 7.5)
    entry = {"id": "qwen3-coder", "object": "model", "created": 7, "owned_by": "vllm"}
    assert answer(stub, "GET", "/v1/models") == (200, "application/json", {"object": "list", "data": [entry]})


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 10_000])
def test_a_body_that_is_no_request(body: bytes) -> None:
    """No rule is about it; it is refused all the same."""
    status, _, pieces = StubEndpoint(named("openai")).answer("POST", CHAT, body)
    assert status == 400
    assert b"wanted a chat request as a JSON object" in b"".join(pieces)


@pytest.mark.parametrize(
    "value", [{"messages": [{"role": "user"}]}, {"messages": [], "model": [], "stream": "yes", "stream_options": 3}]
)
def test_odd_requests_are_answered(value: object) -> None:
    """What the profile does not refuse passes."""
    assert answer(StubEndpoint(named("unknown")), "POST", CHAT, value)[0] == 200


def test_a_script_with_tools_and_failures() -> None:
    """A call, a failure that is told once, what is said after it; streamed too."""
    script = (
        Answer(tool_calls=(Call(name="f", arguments={"a": 1}),)),
        Answer(status=503, body={"error": "busy"}),
        "Done.",
    )
    stub = StubEndpoint(named("mistral"), script=script)
    _, _, called = answer(stub, "POST", CHAT, chat())
    message = called["choices"][0]["message"]
    assert (message["tool_calls"][0]["function"]["arguments"], message["content"]) == ('{"a":1}', None)
    after = chat(
        USER,
        message | {"content": ""},
        {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "r"},
    )
    assert answer(stub, "POST", CHAT, after) == (503, "application/json", {"error": "busy"})
    assert answer(stub, "POST", CHAT, after)[2]["choices"][0]["message"]["content"] == "Done."
    assert answer(StubEndpoint(named("mistral"), script=[Answer(body="gone")]), "POST", CHAT, chat(stream=True)) == (
        *(200, "text/plain; charset=utf-8"),
        "gone",
    )


def test_it_names_itself() -> None:
    """Where a server does, in its header; over HTTP."""
    stub = StubEndpoint(named("llama.cpp"))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(stub), base_url="http://h") as client:
            return await client.post(CHAT, json=chat())

    told = asyncio.run(ask())
    assert (told.status_code, told.headers["server"]) == (200, "llama.cpp")


def test_other_protocols_are_not_spoken() -> None:
    """A websocket is no request."""
    with pytest.raises(UsageError, match="wanted an HTTP request, found websocket"):
        asyncio.run(StubEndpoint(named("openai"))({"type": "websocket"}, _never, _never))


async def _never(*_: object) -> dict[str, object]:
    raise AssertionError
