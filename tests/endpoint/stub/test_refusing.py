"""What lint calls an error is refused, in that server's words: every statement of every profile, on every wire."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest
import strategies as our
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.wire import DIALECTS, wire_of
from nexdiag.core.endpoint import Profile, Refusal, Sends, StreamHabits, Wire
from nexdiag.core.message import Message
from nexdiag.endpoint.stub import StubEndpoint, filled, refusing
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.profiles import ALL, named
from nexdiag.lint.rules import find
from nexdiag.lint.seen.bare import BareExchange

PLACE = re.compile(r"\{[a-z_]+\}")
STUBS = {profile.name: StubEndpoint(profile, clock=lambda: 1.0) for profile in ALL}
PROFILES = {profile.name: profile for profile in ALL}
USER = {"role": "user", "content": "u"}
NEEDS_ANSWER = {
    *("context-overflow", "max-tokens-exceeds-context", "model-not-found", "server-tools-not-enabled"),
    *("tools-unsupported", "dropped-tool-result", "tool-args-wrong-type", "thinking-block-modified"),
}
"""Rules that no request alone shows to be broken on such a server, so that a stub lets it pass."""
NO_LIMITS = {
    *(("groq", "unknown-param"), ("vllm-0.6", "unknown-param"), ("ollama-old", "content-array-unsupported")),
    *((name, "tool-schema-invalid") for name in ("openrouter-strict", "litellm-strict")),
    *((name, "tool-call-id-format") for name in ("openrouter-strict", "litellm-strict")),
    *((name, "max-tokens-param") for name in ("openrouter-strict", "litellm-strict")),
    *((name, "sampling-param-unsupported") for name in ("openrouter-strict", "litellm-strict")),
    *((name, "unknown-param") for name in ("openrouter-strict", "litellm-strict")),
}
"""Statements whose profile has no limits by which the rule sees the fault: it finds no error there."""
FOLLOWS = {
    *(("llama.cpp", "base-url-wrong-dialect"), ("ollama", "base-url-wrong-dialect")),
    *((name, "split-parallel-tool-calls") for name in ("gemini", "openrouter-strict", "litellm-strict")),
}
"""Statements whose fault is an error, and another one always its cause: that one is told."""
ADDRESS = {"route-not-found", "base-url-missing-v1"}
MODELS = (
    *("m", "gpt-4o", "gpt-5", "o1", "o1-mini", "o3-mini", "claude-sonnet-4-6", "claude-3-5-sonnet", "gemini-3-pro"),
    *("deepseek-reasoner", "deepseek-chat", "mistral-large", "kimi-k2-thinking"),
)


def path_of(profile: Profile, wire: Wire) -> str:
    first = next(route for route in profile.routes if route.endswith("/chat/completions"))
    return first.removesuffix("/chat/completions") + DIALECTS[wire].route


def told(profile: Profile, wire: Wire, request: dict[str, Any]) -> tuple[int, str]:
    status, _, pieces = STUBS[profile.name].answer("POST", path_of(profile, wire), json.dumps(request).encode())
    return status, b"".join(pieces).decode()


def errors(profile: Profile, wire: Wire, request: object) -> list[str]:
    """The rules that lint calls broken by this request, by itself."""
    bare = BareExchange(request=request, url=f"http://h{path_of(profile, wire)}")
    return [finding.rule for finding in judge_bare(bare, profile)[1] if finding.severity == "error"]


# ---- every statement


def statements() -> Iterator[Any]:
    """Those of each server, and what its variants have beside them."""
    seen: list[Refusal] = []
    for profile in ALL:
        for number, refusal in enumerate(profile.refuses):
            if refusal.rule not in ADDRESS and refusal not in seen:
                seen.append(refusal)
                yield pytest.param(profile, refusal, id=f"{profile.name}-{refusal.rule}-{number}")


def tool(**function: object) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f"} | function}


def broken(profile: Profile, refusal: Refusal) -> Iterator[dict[str, Any]]:
    """Requests that break the rule: that of its page, so changed that this server finds no other fault in it."""
    block = find(refusal.rule).page.split("## Example")[1].split("```json")[1].split("```")[0]
    request, limits = json.loads(block)["request"], profile.limits
    calm = json.dumps(request).replace('"content": null', '"content": "c"')
    short = re.sub(r'"(call|toolu)_(\w+)"', lambda found: '"' + (found[2] + "abcdefghi")[:9] + '"', calm)
    yield from map(json.loads, (json.dumps(request), calm, short, re.sub(r'"c"', '""', short)))
    for param in limits.params_refused:
        values = (1, 0.5, 100, "x", [])
        yield from ({"model": "m", "messages": [USER], param.name: value} for value in values)
    yield {"model": "m", "messages": [USER], "x_unknown": 1}
    yield {"model": "m", "messages": [USER], "tools": [tool(name=f"f{n}") for n in range((limits.tools or 0) + 1)]}
    if limits.tool_description:
        yield {"model": "m", "messages": [USER], "tools": [tool(description="d" * (limits.tool_description + 1))]}
    for schema in (7, {"type": "object", "properties": 7}, {"type": 7}, {"type": "string"}):
        yield {"model": "m", "messages": [USER], "tools": [tool(parameters=schema)]}
    for keyword in limits.schema_keywords_denied:
        schema = {"type": "object", "properties": {"a": {"type": "string", keyword: "x"}}}
        yield {"model": "m", "messages": [USER], "tools": [tool(parameters=schema)]}
    for part in (
        {"type": "text", "text": "t"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,eA"}},
    ):
        yield from ({"model": "m", "messages": [USER, {"role": role, "content": [part]}]} for role in limits.text_only)
    for ids in (("i" * 99,), ("",), ("null",), ("abcdefgh1", "abcdefgh1")):
        made = [{"id": one, "type": "function", "function": {"name": "f", "arguments": "{}"}} for one in ids]
        results = [{"role": "tool", "tool_call_id": one, "content": "r"} for one in ids]
        calling = {"role": "assistant", "content": "", "tool_calls": made}
        yield {"model": "m", "messages": [USER, calling, *results]}
    item = {"type": "function_call", "call_id": "i" * 99, "name": "f", "arguments": "{}"}
    yield {"model": "m", "input": [USER, item, {"type": "function_call_output", "call_id": "i" * 99, "output": "r"}]}


@cache
def found_before(name: str, wire: Wire, request: str) -> list[str]:
    """The errors in a request: most of those above are tried with each statement of a server."""
    return errors(PROFILES[name], wire, json.loads(request))


def tries(profile: Profile, refusal: Refusal) -> Iterator[tuple[Wire, dict[str, Any], list[str]]]:
    """Requests that break its rule, of each model of which the statement says it; and what lint finds in them."""
    block = find(refusal.rule).page.split("## Example")[1].split("```json")[1].split("```")[0]
    shown = wire_of(json.loads(block).get("url") or "") or "chat"
    wire: Wire = shown if not refusal.wires or shown in refusal.wires else refusal.wires[0]
    for request in broken(profile, refusal):
        for model in (request.get("model") or "m", *MODELS):
            if profile.refusal(refusal.rule, model, wire) == refusal:
                asked = request | {"model": model}
                yield wire, asked, found_before(profile.name, wire, json.dumps(asked))


STATEMENTS = [*statements()]


@pytest.mark.parametrize(("profile", "refusal"), STATEMENTS)
def test_each_statement_is_told(profile: Profile, refusal: Refusal) -> None:
    """A request that breaks its rule gets its status and its words, with nothing left to fill in.

    Those that are listed as never told, for one reason or the other, are not; and for that reason.
    """
    pair, rule = (profile.name, refusal.rule), refusal.rule
    if rule in NEEDS_ANSWER or pair in NO_LIMITS:
        assert not [request for _, request, found in tries(profile, refusal) if rule in found]
        return
    if pair in FOLLOWS:
        places = {found.index(rule) for _, _, found in tries(profile, refusal) if rule in found}
        assert places
        assert 0 not in places
        return
    wire, request, _ = next(one for one in tries(profile, refusal) if one[2][:1] == [rule])
    status, text = told(profile, wire, request)
    assert status == refusal.status
    assert not PLACE.search(text), text
    assert isinstance(refusal.body, str) or json.loads(text)


def test_lists_hold_nothing_stale() -> None:
    """Whatever is listed as never told is a statement, and stands in one list."""
    pairs = {(profile.name, refusal.rule) for profile, refusal in (one.values for one in STATEMENTS)}
    assert pairs >= NO_LIMITS | FOLLOWS
    assert {rule for _, rule in pairs} >= NEEDS_ANSWER
    assert not NO_LIMITS & FOLLOWS
    assert not {rule for _, rule in NO_LIMITS | FOLLOWS} & NEEDS_ANSWER


# ---- exactly what lint calls an error


@pytest.mark.parametrize("wire", ["chat", "responses", "anthropic"])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(our.conversations(), our.strict_conversations(failures=False)),
    st.booleans(),
    st.sampled_from(["m", "gpt-5", "claude-sonnet-4-6", "openai/gpt-4o"]),
)
def test_it_passes_exactly_what_lint_finds_no_error_in(
    wire: Wire, messages: tuple[Message, ...], stream: bool, model: str
) -> None:
    """For every profile, on every wire, streamed or not: and what is refused is refused as an error."""
    tools = [ToolSpec(name="f")]
    raw = DIALECTS[wire].encode_request(messages, model=model, max_tokens=9, tools=tools, sends=Sends(), stream=stream)
    request = json.loads(raw)
    for profile in ALL:
        status, text = told(profile, wire, request)
        assert (status == 200) is (not errors(profile, wire, request)), (profile.name, text)
        assert status == 200 or status >= 400


@pytest.mark.parametrize("messages", ["x", [7], [{"content": "c"}], {"a": 1}])
def test_what_no_server_reads_is_refused(messages: object) -> None:
    """Also where the profile has no words for it: ours then, in the shape of its errors."""
    for profile in ALL:
        status, text = told(profile, "chat", {"model": "m", "messages": messages})
        assert (status == 200) is (not errors(profile, "chat", {"model": "m", "messages": messages}))
        assert status >= 400, profile.name
        assert json.loads(text)


# ---- shapes


def strict(body: object, *, habits: StreamHabits | None = None, **more: Any) -> Profile:  # noqa: ANN401 - parts of a refusal
    refusal = Refusal(rule="model-name-prefix", status=400, body=body, source="a test", **more)
    return Profile(name="x", title="X", refuses=(refusal,), stream=habits or StreamHabits())


def asked(profile: Profile, wire: Wire, model: str = "local:m", *, said: object = USER) -> tuple[int, Any]:
    request = {"model": model, "max_tokens": 9, "input" if wire == "responses" else "messages": [USER, said]}
    status, _, pieces = StubEndpoint(profile).answer("POST", path_of(profile, wire), json.dumps(request).encode())
    return status, json.loads(b"".join(pieces))


OWN = {"error": {"code": 400, "message": "no {name}", "type": "x"}}
FILLED = {"error": {"code": 400, "message": "no m", "type": "x"}}
WRAPPED = {"type": "error", "error": {"type": "invalid_request_error", "message": "no m"}}


def test_each_wire_has_its_shape() -> None:
    """On the Messages wire the words stand in that wire's error, unless the server has one shape for all."""
    profile = strict(OWN)
    assert asked(profile, "chat") == asked(profile, "responses") == (400, FILLED)
    assert asked(profile, "anthropic") == (400, WRAPPED)
    assert asked(strict(OWN, habits=StreamHabits(own_errors=True)), "anthropic") == (400, FILLED)
    assert asked(strict(WRAPPED), "anthropic") == (400, WRAPPED)


def test_llama_cpp_has_one_shape() -> None:
    """As was measured on the real server."""
    for wire in ("chat", "anthropic"):
        status, body = asked(named("llama.cpp-strict"), wire, "m")
        assert (status, body.keys(), body["error"]["type"]) == (400, {"error"}, "invalid_request_error")


def test_another_model_may() -> None:
    """What is refused of some models alone, or on one wire, passes elsewhere."""
    assert asked(strict(OWN, models="7b$"), "chat", "local:7b")[0] == 400
    assert asked(strict(OWN, models="7b$"), "chat", "m")[0] == 200
    assert asked(strict(OWN, wires=("responses",)), "responses")[0] == 400
    assert asked(strict(OWN, wires=("responses",)), "chat")[0] == 200


def test_of_several_statements_the_one_for_model_and_wire_is_told() -> None:
    """A server may say one thing of some models, or on one wire, and another of all others."""
    first, rest = strict({"error": {"message": "small"}}, models="7b$").refuses, strict(OWN).refuses
    profile = msgspec.structs.replace(strict(OWN), refuses=(*first, *rest))
    assert asked(profile, "chat", "local:m") == (400, FILLED)
    assert asked(profile, "chat", "local:7b") == (400, {"error": {"message": "small"}})
    first = strict({"error": {"message": "items"}}, wires=("responses",)).refuses
    profile = msgspec.structs.replace(profile, refuses=(*first, *rest))
    assert asked(profile, "chat") == (400, FILLED)
    assert asked(profile, "responses") == (400, {"error": {"message": "items"}})


def test_a_place_that_nothing_fills_is_not_told() -> None:
    """The name of the place stands there, in words; text of the request that looks like a place stays."""
    assert asked(strict({"error": {"message": "{name}: {surely_not}"}}), "chat", "local:{x}")[1] == {
        "error": {"message": "{x}: surely_not"}
    }
    assert asked(strict({"error": {"message": "{path}"}}), "chat")[1]["error"]["message"] == "/v1/chat/completions"
    assert filled({"a": ["{x} {y} {x}"]}, {"x": "{y}"}) == {"a": ["{y} {y} {y}"]}
    assert filled("{x}{y}", {"x": ""}, otherwise=str.upper) == "Y"


@pytest.mark.parametrize("wire", ["chat", "responses", "anthropic"])
def test_what_is_no_json_is_refused_in_its_shape(wire: Wire) -> None:
    """In the shape of its other errors, which say nothing of another fault."""
    for profile in ALL:
        status, _, pieces = STUBS[profile.name].answer("POST", path_of(profile, wire), b"[]")
        text = b"".join(pieces).decode()
        assert status == 400
        assert "an array" in text
        assert not PLACE.search(text)
        if wire == "anthropic" and not profile.stream.own_errors:
            assert json.loads(text)["type"] == "error"


@pytest.mark.parametrize("wire", ["chat", "responses", "anthropic"])
@pytest.mark.parametrize("request_", [{}, {"model": "m"}])
def test_a_body_without_messages_is_refused_by_each(wire: Wire, request_: dict[str, Any]) -> None:
    """No server can answer nothing."""
    for profile in ALL:
        status, text = told(profile, wire, request_)
        assert status == 400
        assert f"the request has no {'input' if wire == 'responses' else 'messages'}" in text


@pytest.mark.parametrize("name", ["openai", "azure"])
def test_words_fit_the_fault_and_its_place(name: str) -> None:
    """Of an id that is missing or empty nothing is too long; a name in the history is none of the tools'."""

    def said(call: dict[str, Any], *rest: dict[str, Any]) -> str:
        request = {"model": "m", "messages": [USER, {"role": "assistant", "content": "", "tool_calls": [call]}, *rest]}
        return json.loads(told(named(name), "chat", request)[1])["error"]["message"]

    function = {"name": "f", "arguments": "{}"}
    answer = {"role": "tool", "tool_call_id": "", "content": "r"}
    for odd in ({}, {"id": ""}):
        missing = "Missing required parameter: 'messages[1].tool_calls[0].id'."
        assert said({"type": "function", "function": function, **odd}, answer) == missing
    call = {"id": "a", "type": "function", "function": function}
    assert said(call, {"role": "tool", "content": "r"}) == "Missing required parameter: 'messages[2].tool_call_id'."
    long = {"role": "tool", "tool_call_id": "i" * 50, "content": "r"}
    assert "got a string with length 50" in said(call | {"id": "i" * 50}, long)
    nameless = {"id": "a", "type": "function", "function": {"name": "", "arguments": "{}"}}
    assert said(nameless, {"role": "tool", "tool_call_id": "a", "content": "r"}).startswith(
        "Invalid 'messages[1].tool_calls[0].function.name': empty string."
    )


def test_our_words_stand_in_the_usual_shape_of_their_status() -> None:
    """Not in that of a 404 which the profile happens to state first."""
    for body in ({}, {"messages": 3}, {"messages": [{}]}):
        assert json.loads(told(named("vllm"), "chat", body)[1])["error"]["type"] == "BadRequestError"
    assert refusing.unreadable(named("vllm"), "chat", b"{", "no").body["error"]["type"] == "BadRequestError"


def test_llama_cpp_says_itself_what_is_no_json() -> None:
    """As was measured; JSON that is no object is told in our words."""
    stub = STUBS["llama.cpp"]
    for path in ("/v1/chat/completions", "/v1/messages"):
        assert b"json.exception.parse_error.101" in b"".join(stub.answer("POST", path, b"{")[2])
        assert b"an array" in b"".join(stub.answer("POST", path, b"[]")[2])


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("llama.cpp", {"error": {"code": 429, "message": "slow", "type": "server_error"}}),
        ("unknown", {"error": {"message": "slow", "type": "invalid_request_error", "param": None, "code": 429}}),
    ],
)
def test_a_failure_on_purpose(name: str, body: dict[str, Any]) -> None:
    """Its own body as it stands; without one, this server's shape."""
    profile = named(name)
    assert refusing.on_purpose(profile, "anthropic", 429, body) == refusing.Refused(status=429, body=body)
    made = refusing.on_purpose(profile, "chat", 429, None).body
    assert made["error"].keys() == body["error"].keys()
    assert (made["error"]["code"], made["error"]["message"]) == (429, "Too Many Requests (told by the script)")
    anthropic = refusing.on_purpose(msgspec.structs.replace(profile, stream=StreamHabits()), "anthropic", 529, None)
    assert anthropic.body["error"]["type"] == "overloaded_error"


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("vllm", 405, {"detail": "Method Not Allowed"}),
        ("llama.cpp", 404, {"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}),
    ],
)
def test_a_wrong_method(name: str, status: int, body: object) -> None:
    """405, but where a server knows its routes by their methods, as llama.cpp was measured to."""
    made = refusing.no_method(named(name), "GET")
    assert (made.status, made.body) == (status, body)
    assert refusing.no_method(named("openai"), "GET").status == 405
