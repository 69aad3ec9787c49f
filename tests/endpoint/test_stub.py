"""The stub of each server, as real clients meet it: the openai SDK, nex, and the Messages wire over plain HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from nexdiag.agent import config as configuration
from nexdiag.codec import sse
from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Endpoint, Profile, Sends, Wire
from nexdiag.core.message import Message
from nexdiag.endpoint import llama
from nexdiag.endpoint.serving import running
from nexdiag.endpoint.stub import Answer, Call, StubEndpoint
from nexdiag.endpoint.stub.application import Receive, Scope, Send
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.profiles import SERVERS, named
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.runner import native
from nexdiag.runner.crew import Crew

PROFILES = [server.profile for server in SERVERS]
EVERY = pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Where"}},
    "required": ["city"],
}
TOOLS: Any = [{"type": "function", "function": {"name": "get_day", "description": "The day", "parameters": SCHEMA}}]
USER = {"role": "user", "content": "Please call get_day."}


SCRIPT = (
    Answer(tool_calls=(Call(name="read_file", arguments={"path": "note.txt"}),), reasoning="What does it say?"),
    "It says milk.",
)
STUBS = {profile.name: StubEndpoint(profile) for profile in PROFILES}
STUBS |= {f"{profile.name}-scripted": StubEndpoint(profile, script=SCRIPT) for profile in PROFILES}


async def every(scope: Scope, receive: Receive, send: Send) -> None:
    """All stubs behind one port: the first segment of the path says which."""
    if scope["type"] == "lifespan":
        await STUBS["openai"](scope, receive, send)
        return
    _, name, path = scope["path"].split("/", 2)
    await STUBS[name]({**scope, "path": f"/{path}"}, receive, send)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where they listen."""
    with running(every) as url:
        yield url


def base_of(profile: Profile) -> str:
    """What stands before the routes of all dialects, as its users write it."""
    return profile.routes[0].removesuffix("/chat/completions").replace("{deployment}", "mine")


@EVERY
def test_the_openai_sdk_makes_a_tool_round_trip(address: str, profile: Profile) -> None:
    """Streamed and whole: a call with arguments that fit, and words after its result."""
    with openai.OpenAI(base_url=f"{address}/{profile.name}{base_of(profile)}", api_key="k", max_retries=0) as client:
        create: Any = client.chat.completions.create
        asked = create(model="m", messages=[USER], tools=TOOLS)
        (call,) = asked.choices[0].message.tool_calls
        assert (call.function.name, call.function.arguments) == ("get_day", '{"city":""}')
        said = {"role": "assistant", "content": "Let me see.", "tool_calls": [call.model_dump()]}
        told = [USER, said, {"role": "tool", "tool_call_id": call.id, "content": "Monday"}]
        if profile.refusal("reasoning-content-missing") is not None:
            said["reasoning_content"] = "Which day?"
        pieces = [*create(model="m", messages=told, tools=TOOLS, stream=True)]
        text = "".join(one.choices[0].delta.content or "" for one in pieces if one.choices)
        assert text == "This answers message 1."
        streamed = [*create(model="m", messages=[USER], tools=TOOLS, stream=True)]
        deltas = [piece for one in streamed if one.choices for piece in one.choices[0].delta.tool_calls or ()]
        assert "".join(piece.function.arguments or "" for piece in deltas) == '{"city":""}'


@EVERY
def test_the_openai_sdk_reads_what_is_refused(address: str, profile: Profile) -> None:
    """A wrong model name is an error of the SDK with that server's status, where the profile refuses it."""
    with openai.OpenAI(base_url=f"{address}/{profile.name}{base_of(profile)}", api_key="k", max_retries=0) as client:
        create: Any = client.chat.completions.create
        refusal = profile.refusal("model-name-prefix", "local:m")
        if refusal is None:
            assert create(model="local:m", messages=[USER]).choices
            return
        with pytest.raises(openai.APIStatusError) as told:
            create(model="local:m", messages=[USER])
        assert told.value.status_code == refusal.status


@EVERY
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", ["responses", "anthropic"])
def test_the_other_wires_over_plain_http(address: str, profile: Profile, wire: Wire, stream: bool) -> None:
    """A tool round trip on Responses and Messages; what is refused, lint calls an error there."""
    dialect = DIALECTS[wire]
    messages = [Message(role="system", content="Be brief."), Message(role="user", content="call get_day")]
    tools = [ToolSpec(name="get_day", parameters=SCHEMA)]
    for text in ("", "This answers message 1."):
        body = dialect.encode_request(messages, model="m", max_tokens=9, tools=tools, sends=Sends(), stream=stream)
        path = base_of(profile) + dialect.route
        answer = httpx.post(
            f"{address}/{profile.name}{path}", content=body, headers=dialect.headers("k"), trust_env=False
        )
        if answer.status_code != 200:
            (cause, *_) = judge_bare(BareExchange(request=body.decode(), url=f"http://h{path}"), profile)[1]
            assert (cause.severity, profile.refusal(cause.rule, "m", wire) is not None) == ("error", True)
            return
        reply = dialect.decode_reply(answer.content)
        if stream:
            accumulator, parser = dialect.accumulator(), sse.Parser()
            for event in parser.feed(answer.content) + parser.close():
                accumulator.feed(event)
            reply = accumulator.finish()
        assert (reply.message.text, reply.complete) == (text, True)
        results = [Message(role="tool", content="r", tool_call_id=call.id) for call in reply.message.tool_calls]
        assert len(results) == (not text)
        messages += [reply.message, *results]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda one: one.name)
def test_nex_makes_a_tool_round_trip(tmp_path: Path, address: str, profile: Profile) -> None:
    """Our own executor, with what it sends to such a server: it reads a file because the script calls for it."""
    (tmp_path / "note.txt").write_text("Buy milk.")
    endpoint = Endpoint(base_url=f"{address}/{profile.name}-scripted{base_of(profile)}", model="m", profile=profile)
    config = configuration.Config(agent=configuration.Agent(tools=("read_file",)))
    crew = Crew(config=config, endpoint=endpoint, workspace=tmp_path, state=tmp_path / "s")
    task = native.Task(id="t", prompt="What is in note.txt?")
    done = native.execute(crew, task, state=tmp_path / "s", tell=lambda told: None, say=lambda text: None)
    assert (done.exit_reason, done.turns[-1].reply) == ("end_turn", "It says milk.")


def test_an_unknown_server_has_no_manners() -> None:
    """It refuses nothing that can be read, and tells the thinking under the usual name."""
    stub = StubEndpoint(named("unknown"), script=[Answer(text="a", reasoning="b")])
    body = b'{"model": "local:m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}'
    status, _, pieces = stub.answer("POST", "/v1/chat/completions", body)
    assert status == 200
    assert b'"reasoning_content":"b"' in b"".join(pieces)


ASKED = {
    "model": "m",
    "max_tokens": 5,
    "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{"}}
BROKEN = [
    USER,
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c", "content": "r"},
]


@pytest.mark.real
def test_the_real_llama_cpp_says_the_same() -> None:
    """Status, type and last words of what it refuses, and what it tells beside: the stub has them."""
    stub = StubEndpoint(named("llama.cpp-strict"), model="tiny")
    requests: list[tuple[str, str, Any]] = [
        ("POST", "/v1/chat/completions", ASKED),
        ("POST", "/v1/messages", ASKED),
        ("POST", "/v1/chat/completions", {"model": "m", "messages": BROKEN}),
        ("POST", "/v1/chat/completions", {"model": "m", "messages": [{"role": "user"}]}),
        ("POST", "/v1/nowhere", {}),
        ("GET", "/v1/chat/completions", None),
        ("DELETE", "/props", None),
    ]
    with llama.running() as url, httpx.Client(base_url=url, trust_env=False) as client:
        for method, path, value in requests:
            real = client.request(method, path, json=value)
            status, _, pieces = stub.answer(method, path, real.request.content)
            ours, theirs = json.loads(b"".join(pieces))["error"], real.json()["error"]
            assert (status, ours["type"], ours["code"]) == (real.status_code, theirs["type"], theirs["code"]), path
            assert ours["message"].split("\n")[-1][:40] == theirs["message"].split("\n")[-1][:40], path
        torn = client.post("/v1/messages", content=b"{")
        status, _, pieces = stub.answer("POST", "/v1/messages", b"{")
        ours, theirs = json.loads(b"".join(pieces))["error"], torn.json()["error"]
        assert (status, ours.keys(), ours["message"][:34]) == (torn.status_code, theirs.keys(), theirs["message"][:34])
        for path in ("/health", "/v1/models", "/props"):
            told = json.loads(b"".join(stub.answer("GET", path, b"")[2]))
            assert told.keys() <= client.get(path).json().keys()
