"""The stub: each profile refuses each fault in its server's words, and answers what is good."""

import asyncio
import json
import re
from collections.abc import Iterator

import httpx
import pytest
from httpx_sse import connect_sse

from nexdiag.codec import sse
from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Profile, Refusal, Sends, StreamHabits, Wire
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message
from nexdiag.endpoint.serving import running
from nexdiag.endpoint.stub import StubEndpoint, filled
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.profiles import ALL, named
from nexdiag.lint.seen.bare import BareExchange

CLOCK = 1_800_000_000.0
USER = {"role": "user", "content": "Hello"}
CALLS = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "abcdefghi", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
TOOL = {"role": "tool", "tool_call_id": "abcdefghi", "content": "r"}
GOOD = {"model": "m", "messages": [USER]}
FAULTS = {
    "role-alternation": {"model": "m", "messages": [USER, USER]},
    "orphan-tool-result": {"model": "m", "messages": [USER, TOOL]},
    "unanswered-tool-call": {"model": "m", "messages": [USER, CALLS, USER]},
    "model-name-prefix": {"model": "local:qwen3-coder", "messages": [USER]},
    "stream-options-unsupported": GOOD | {"stream": True, "stream_options": {"include_usage": True}},
}
FACTS = {
    "index": "1",
    "next": "2",
    "id": "abcdefghi",
    "ids": "abcdefghi",
    "previous": "user",
    "model": "local:qwen3-coder",
    "name": "qwen3-coder",
    "method": "POST",
    "path": "/nowhere/chat/completions",
}
EVERY = pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)


@pytest.fixture(scope="module")
def stubs() -> Iterator[dict[str, httpx.Client]]:
    """One running stub for each profile, with a client at its first route."""
    clients: dict[str, httpx.Client] = {}
    closing = []
    try:
        for profile in ALL:
            server = running(StubEndpoint(profile, script=("one", "two words"), clock=lambda: CLOCK))
            closing.append(server)
            clients[profile.name] = httpx.Client(base_url=server.__enter__(), trust_env=False)
        yield clients
    finally:
        for client in clients.values():
            client.close()
        for server in closing:
            server.__exit__(None, None, None)


def chat_path(profile: Profile) -> str:
    return profile.routes[0]


@EVERY
@pytest.mark.parametrize("rule", FAULTS)
@pytest.mark.parametrize("stream", [False, True])
def test_each_fault_is_refused_where_the_profile_says_so(
    stubs: dict[str, httpx.Client], profile: Profile, rule: str, stream: bool
) -> None:
    """Status and body are those of the profile, filled; where it says nothing, the request passes, streamed or not."""
    answer = stubs[profile.name].post(chat_path(profile), json={"stream": stream} | FAULTS[rule])
    refusal = profile.refusal(rule)
    if refusal is None:
        assert answer.status_code == 200
        return
    assert answer.status_code == refusal.status
    assert answer.json() == filled(refusal.body, FACTS)
    assert re.search(r"\{[a-z_]+\}", answer.text) is None


@EVERY
def test_the_linter_explains_what_the_stub_says(stubs: dict[str, httpx.Client], profile: Profile) -> None:
    """Stub and linter read the same profile: each refusal is confirmed by the rule that made it."""
    for rule, request in FAULTS.items():
        answer = stubs[profile.name].post(chat_path(profile), json=request)
        if answer.status_code == 200:
            continue
        bare = BareExchange(server=profile.name, status=answer.status_code, request=request, response=answer.text)
        (cause, *_) = judge_bare(bare)[1]
        assert (cause.rule, cause.refused) == (rule, True)


@EVERY
def test_another_address_is_answered_as_that_server_does(stubs: dict[str, httpx.Client], profile: Profile) -> None:
    """A base URL without /v1 gets that server's 404, in JSON or plain text."""
    answer = stubs[profile.name].post("/nowhere/chat/completions", json=GOOD)
    refusal = profile.refusal("base-url-missing-v1") or profile.refusal("route-not-found")
    assert answer.status_code == 404
    if refusal is None:
        assert answer.json()["error"]["message"] == "not found: POST /nowhere/chat/completions"
    elif isinstance(refusal.body, str):
        assert (answer.text, answer.headers["content-type"]) == (refusal.body, "text/plain; charset=utf-8")
    else:
        assert answer.json() == filled(refusal.body, FACTS)


@pytest.mark.parametrize("name", ["sglang", "vllm", "ollama", "openai", "mistral"])
def test_without_v1_nothing_is_served(stubs: dict[str, httpx.Client], name: str) -> None:
    """The first fault of a first use."""
    assert stubs[name].post("/chat/completions", json=GOOD).status_code == 404
    assert stubs[name].get("/models").status_code == 404


def test_llama_cpp_has_an_alias(stubs: dict[str, httpx.Client]) -> None:
    """With and without /v1; and it names itself."""
    answer = stubs["llama.cpp"].post("/chat/completions", json=GOOD)
    assert (answer.status_code, answer.headers["server"]) == (200, "llama.cpp")


@EVERY
def test_good_conversations_pass(stubs: dict[str, httpx.Client], profile: Profile) -> None:
    """The n-th user message gets the n-th reply, and after the last the first again."""
    messages: list[object] = [{"role": "system", "content": "s"}]
    for expected in ("one", "two words", "one"):
        messages.append(USER)
        body = stubs[profile.name].post(chat_path(profile), json={"model": "m", "messages": messages}).json()
        message = body["choices"][0]["message"]
        assert (message["content"], body["choices"][0]["finish_reason"]) == (expected, "stop")
        messages.append({"role": "assistant", "content": message["content"]})
    assert (body["object"], body["created"], body["model"]) == ("chat.completion", int(CLOCK), "m")


@EVERY
def test_a_tool_round_trip_passes(stubs: dict[str, httpx.Client], profile: Profile) -> None:
    """Calls and their answers are what every server takes."""
    answer = stubs[profile.name].post(chat_path(profile), json={"model": "m", "messages": [USER, CALLS, TOOL]})
    assert answer.status_code == 200


def streamed(client: httpx.Client, path: str, request: dict[str, object]) -> list[str]:
    with connect_sse(client, "POST", path, json=request) as source:
        return [event.data for event in source.iter_sse()]


@EVERY
def test_a_stream_keeps_the_servers_habits(stubs: dict[str, httpx.Client], profile: Profile) -> None:
    """Usage only when it is asked for, or always; `[DONE]` at the end, or not."""
    request = {"model": "m", "messages": [USER], "stream": True}
    events = streamed(stubs[profile.name], chat_path(profile), request)
    assert "".join(_content(event) for event in events) == "one"
    assert (events[-1] == "[DONE]") is profile.stream.done
    assert any('"usage"' in event for event in events) is (profile.stream.usage == "always")
    if profile.refusal("stream-options-unsupported") is None:
        asked = request | {"stream_options": {"include_usage": True}}
        events = streamed(stubs[profile.name], chat_path(profile), asked)
        assert any('"usage"' in event for event in events) is (profile.stream.usage != "never")


def _content(event: str) -> str:
    if event == "[DONE]":
        return ""
    choices = json.loads(event)["choices"]
    return (choices[0]["delta"].get("content") or "") if choices else ""


def test_a_stream_without_done() -> None:
    """Some servers just end."""
    profile = Profile(name="x", title="X", stream=StreamHabits(done=False, usage="never"))
    _, kind, pieces = StubEndpoint(profile).answer(
        "POST", "/v1/chat/completions", b'{"messages": [], "stream": true, "stream_options": {"include_usage": true}}'
    )
    text = b"".join(pieces)
    assert kind == "text/event-stream"
    assert b"[DONE]" not in text
    assert b"usage" not in text


def test_models_are_listed(stubs: dict[str, httpx.Client]) -> None:
    """One model, under the name that was given."""
    with running(StubEndpoint(named("vllm"), model="qwen3-coder", clock=lambda: CLOCK)) as address:
        answer = httpx.get(f"{address}/v1/models", trust_env=False).json()
    entry = {"id": "qwen3-coder", "object": "model", "created": int(CLOCK), "owned_by": "vllm"}
    assert answer == {"object": "list", "data": [entry]}


def test_without_a_script_it_says_which_message_it_answers() -> None:
    """The same request always gets the same reply."""
    stub = StubEndpoint(named("unknown"), clock=lambda: CLOCK)
    body = b'{"model": "m", "messages": [{"role": "user"}, {"role": "assistant"}, {"role": "user"}]}'
    answers = [stub.answer("POST", "/v1/chat/completions", body) for _ in range(2)]
    texts = [b"".join(pieces) for _, _, pieces in answers]
    assert texts[0] == texts[1]
    assert b"This answers message 2." in texts[0]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 10_000])
def test_a_body_that_is_no_request(body: bytes) -> None:
    """No rule is about it; it is refused all the same."""
    status, _, pieces = StubEndpoint(named("openai")).answer("POST", "/v1/chat/completions", body)
    assert status == 400
    assert b"wanted a chat request as a JSON object" in b"".join(pieces)


@pytest.mark.parametrize("body", [b"{}", b'{"messages": 1, "model": [], "stream": "yes", "stream_options": 3}'])
def test_odd_requests_are_answered(body: bytes) -> None:
    """What the profile does not refuse passes."""
    assert StubEndpoint(named("openai")).answer("POST", "/v1/chat/completions", body)[0] == 200


def test_only_the_profile_refuses() -> None:
    """A profile that states a refusal has it, with text from the request in it taken as text."""
    refusal = Refusal(rule="model-name-prefix", status=418, body="{name} and {other}", source="test")
    profile = Profile(name="x", title="X", refuses=(refusal,))
    body = b'{"model": "local:{other}\\n", "messages": []}'
    status, kind, pieces = StubEndpoint(profile).answer("POST", "/v1/chat/completions", body)
    assert (status, kind) == (418, "text/plain; charset=utf-8")
    assert b"".join(pieces) == b"{other} and {other}"


def test_other_protocols_are_not_spoken() -> None:
    """A websocket is no request."""
    with pytest.raises(UsageError, match="wanted an HTTP request, found websocket"):
        asyncio.run(StubEndpoint(named("openai"))({"type": "websocket"}, _never, _never))


async def _never(*_: object) -> dict[str, object]:
    raise AssertionError


@EVERY
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", ["chat", "responses", "anthropic"])
def test_all_wires_are_spoken(stubs: dict[str, httpx.Client], profile: Profile, wire: Wire, stream: bool) -> None:
    """Two messages are answered on each wire, beside the path of chat completions, streamed and whole."""
    dialect = DIALECTS[wire]
    path = chat_path(profile).removesuffix("/chat/completions") + dialect.route
    messages = [Message(role="system", content="Be brief."), Message(role="user", content="Hello")]
    for wanted in ("one", "two words"):
        body = dialect.encode_request(
            messages, model="m", max_tokens=9, tools=[ToolSpec(name="f")], sends=Sends(), stream=stream
        )
        answer = stubs[profile.name].post(path, content=body, headers=dialect.headers("k"))
        assert answer.status_code == 200, answer.text
        if stream:
            accumulator, parser = dialect.accumulator(), sse.Parser()
            for event in parser.feed(answer.content) + parser.close():
                accumulator.feed(event)
            reply = accumulator.finish()
        else:
            reply = dialect.decode_reply(answer.content)
        assert (reply.message.text, reply.finish_reason, reply.complete) == (wanted, "stop", True)
        messages += [reply.message, Message(role="user", content="And?")]


@pytest.mark.parametrize(("wire", "shape"), [("responses", "code"), ("anthropic", "type")])
def test_no_request_on_another_wire(stubs: dict[str, httpx.Client], wire: Wire, shape: str) -> None:
    """What is no JSON object is refused, in the shape of that wire."""
    answer = stubs["llama.cpp"].post("/v1" + DIALECTS[wire].route, content=b"[]")
    assert answer.status_code == 400
    assert "an array" in answer.json()["error"]["message"]
    assert shape in (answer.json()["error"] if wire == "responses" else answer.json())
