"""All profiles. What each states is tested beside it, and how names are found."""

import json
import re
from typing import Any

import pytest
from linting import ASSISTANT, SYSTEM, USER, calls, judged, tool

from nexdiag.core.endpoint import Profile, Refusal
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.finding import Severity
from nexdiag.endpoint.stub import filled
from nexdiag.lint.profiles import ALL, SERVERS, condition, named, recognise
from nexdiag.lint.rules import find
from nexdiag.lint.seen.words import heard

NO_FAULT = "route-not-found"
STATEMENTS = [
    pytest.param(refusal, id=f"{server.profile.name}-{refusal.rule}-{number}")
    for server in SERVERS
    for number, refusal in enumerate((*server.profile.refuses, *(entry.refusal for entry in server.conditional)))
    if refusal.rule != NO_FAULT
]
FACTS = {
    "index": "1",
    "next": "2",
    "previous": "user",
    "role": "assistant",
    "ids": "call_1",
    "id": "call_1",
    "tool": "0",
    "name": "f",
    "model": "m",
    "length": "51",
    "count": "200",
    "keyword": "$schema",
    "position": "1",
    "value": "any",
    "field": "reasoning_content",
    "param": "temperature",
    "found": "tool_use",
    "kind": "str object",
    "window": "8",
    "tokens": "9",
    "requested": "14",
    "max_tokens": "5",
    "method": "POST",
    "path": "/chat/completions",
    "reason": "Expecting ',' delimiter: line 1 column 5 (char 4)",
}
"""What findings fill the words with; other places there are none."""


@pytest.mark.parametrize("refusal", STATEMENTS)
def test_a_statement_is_whole(refusal: Refusal) -> None:
    """It says who saw it and when, names a rule that there is, and refuses with what that rule finds."""
    assert refusal.source
    assert refusal.seen
    assert find(refusal.rule).name == refusal.rule
    assert 400 <= refusal.status < 600
    places = set(re.findall(r"\{([a-z_]+)\}", json.dumps(refusal.body)))
    assert places <= set(FACTS)
    re.compile(refusal.models)


@pytest.mark.parametrize("refusal", STATEMENTS)
def test_a_rule_explains_the_words_with_which_servers_refuse_it(refusal: Refusal) -> None:
    """What a profile says of a server, the rule recognises in an answer."""
    field = {"field": "metadata"} if refusal.rule == "unknown-message-field" else {}
    words = heard(filled(refusal.body, FACTS | field)).words
    assert find(refusal.rule).explains(words, refusal.status), words


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.profile.name)
def test_a_fault_is_stated_once(server: Any) -> None:  # noqa: ANN401 - a server
    """For a model and a dialect; limits and names are expressions that can be read."""
    stated = [(refusal.rule, refusal.models, refusal.wires) for refusal in server.profile.refuses]
    assert len(stated) == len(set(stated))
    limits = server.profile.limits
    for pattern in (limits.tool_name, limits.tool_call_id, limits.vision, *server.profile.aliases):
        re.compile(pattern)
    for one in limits.params_refused:
        re.compile(one.models)
    assert all(route.startswith("/") for route in server.profile.routes)


VALID: dict[str, list[Any]] = {
    "one message after another": [USER, ASSISTANT, USER],
    "a tool round trip": [USER, calls("abcdefghi"), tool("abcdefghi"), ASSISTANT, USER],
    "parallel calls": [USER, calls("abcdefghi", "abcdefghj"), tool("abcdefghi"), tool("abcdefghj")],
    "answers in another order": [USER, calls("abcdefghi", "abcdefghj"), tool("abcdefghj"), tool("abcdefghi")],
    "text beside calls": [USER, calls("abcdefghi", content="I look."), tool("abcdefghi")],
}
ACCEPTED: dict[str, tuple[str, list[Any]]] = {
    "user twice": ("openai azure vllm mistral anthropic deepseek sglang llama.cpp ollama", [USER, USER]),
    "system in the middle": ("openai azure vllm ollama llama.cpp sglang", [USER, ASSISTANT, SYSTEM, USER]),
    "user after tool": ("openai mistral deepseek vllm", [USER, calls("abcdefghi"), tool("abcdefghi"), USER]),
    "null beside calls": ("openai azure deepseek vllm sglang llama.cpp mistral", [USER, calls("abcdefghi")]),
    "parts of a tool": (
        "openai dashscope",
        [USER, calls("call_1"), tool("call_1", [{"type": "text", "text": "r"}])],
    ),
    "reasoning_content": (
        "deepseek sglang llama.cpp",
        [USER, {**calls("call_1"), "reasoning_content": "hm"}, tool("call_1")],
    ),
    "a prefill": ("mistral", [USER, {**ASSISTANT, "prefix": True}]),
}


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
@pytest.mark.parametrize("messages", VALID.values(), ids=VALID)
def test_what_is_valid_everywhere_is_no_error(profile: Profile, messages: list[Any]) -> None:
    """Nothing of it does any profile refuse, but null beside calls where that is stated."""
    messages = [{**one, "content": ""} if one.get("content", "") is None else one for one in messages]
    found = judged({"model": "m", "messages": messages}, profile)
    assert [one.rule for one in found if one.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    ("name", "messages"), [(name, rows) for names, rows in ACCEPTED.values() for name in names.split()]
)
def test_what_a_server_accepts_is_no_error(name: str, messages: list[Any]) -> None:
    """Though others refuse it."""
    if messages[-1].get("tool_calls"):
        messages = [*messages, tool("abcdefghi")]
    found = judged({"model": "m", "messages": messages}, named(name))
    assert [one.rule for one in found if one.severity is Severity.ERROR] == []


@pytest.mark.parametrize(
    ("name", "model"),
    [("ollama", "qwen3:8b"), ("openrouter", "nvidia/nemotron:free"), ("llama.cpp", "local:x"), ("azure", "local:x")],
)
def test_a_colon_in_a_models_name_is_no_fault_by_itself(name: str, model: str) -> None:
    """It is a tag, a variant, or of no account."""
    found = judged({"model": model, "messages": [USER]}, named(name))
    assert [one.rule for one in found if one.severity is Severity.ERROR] == []


def test_what_depends_is_found_by_server_model_and_wire() -> None:
    """None for a fact, for the unknown, and for a model of which it is not so."""
    assert condition(named("vllm"), "role-alternation") is not None
    assert condition(named("vllm-strict"), "role-alternation") is None
    assert condition(named("unknown"), "role-alternation") is None
    assert condition(named("openrouter"), "assistant-last", "anthropic/claude-opus-4.6") is not None
    assert condition(named("openrouter"), "assistant-last", "openai/gpt-4o") is None
    assert condition(named("litellm"), "message-id-collision", "", "responses") is not None
    assert condition(named("litellm"), "message-id-collision", "", "chat") is None


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_nex_does_not_send_what_the_server_refuses(profile: Profile) -> None:
    """No profile has nex send a field that the same profile says is refused."""
    sends, limits = profile.sends, profile.limits
    assert not (sends.stream_options and profile.refusal("stream-options-unsupported"))
    assert not (sends.developer_role and limits.roles and "developer" not in limits.roles)
    assert sends.max_tokens_field not in {one.name for one in limits.params_refused}
    assert sends.reasoning_field not in limits.message_fields_refused


def answered(url: str, body: str, *headers: tuple[str, str]) -> Exchange:
    response = Response(status=200, headers=headers, chunks=(Chunk(at=0.0, bytes=body.encode()),))
    return Exchange(id=0, started=0.0, request=Request(method="GET", url=url), response=response)


HERE = "http://h/v1/chat/completions"
COMPLETION = '"object": "chat.completion", "choices": [{"message": {"role": "assistant", "content": "x"}}]'


@pytest.mark.parametrize(
    ("exchange", "name"),
    [
        (answered(HERE, "{}", ("Server", "llama.cpp")), "llama.cpp"),
        (answered(HERE, f'{{{COMPLETION}, "system_fingerprint": "b5350-c1040239"}}'), "llama.cpp"),
        (answered(HERE, '{"data": [{"owned_by": "vllm"}]}', ("server", "uvicorn")), "vllm"),
        (answered(HERE, '{"tool_calls": [{"id": "chatcmpl-tool-0123456789abcdef0123456789abcdef"}]}'), "vllm"),
        (answered(HERE, '{"data":[{"owned_by":"sglang"}]}'), "sglang"),
        (answered(HERE, f'{{{COMPLETION}, "matched_stop": 151645}}'), "sglang"),
        (answered("http://h:11434/v1/models", "{}"), "ollama"),
        (answered(HERE, f'{{{COMPLETION}, "system_fingerprint": "fp_ollama"}}'), "ollama"),
        (answered(HERE, '{"data": [{"id": "q", "owned_by": "organization_owner"}]}'), "lm-studio"),
        (answered(HERE, '{"error": "Template error: x", "error_type": "template_error"}'), "tgi"),
        (answered(HERE, "{}", ("x-compute-type", "1-a10g")), "tgi"),
        (answered("https://api.openai.com/v1/models", "{}"), "openai"),
        (answered(HERE, "{}", ("openai-processing-ms", "12"), ("openai-version", "2020-10-01")), "openai"),
        (answered("https://x.openai.azure.com/openai/v1/models", "{}"), "azure"),
        (answered(HERE, "{}", ("apim-request-id", "1"), ("openai-processing-ms", "12")), "azure"),
        (answered("https://api.mistral.ai/v1/models", "{}"), "mistral"),
        (answered("https://api.deepseek.com/chat/completions", "{}"), "deepseek"),
        (answered("https://api.groq.com/openai/v1/models", "{}"), "groq"),
        (answered(HERE, "{}", ("x-groq-region", "msp"), ("server", "cloudflare")), "groq"),
        (answered("https://generativelanguage.googleapis.com/v1beta/openai/models", "{}"), "gemini"),
        (answered("https://openrouter.ai/api/v1/models", "{}"), "openrouter"),
        (answered(HERE, f'{{"id": "gen-1748", "provider": "DeepInfra", "model": "x", {COMPLETION}}}'), "openrouter"),
        (answered("https://dashscope-intl.aliyuncs.com/compatible-mode/v1/models", "{}"), "dashscope"),
        (answered("https://api.anthropic.com/v1/messages", "{}"), "anthropic"),
        (answered(HERE, "{}", ("anthropic-ratelimit-requests-limit", "50")), "anthropic"),
        (answered("https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1/chat/completions", "{}"), "bedrock"),
        (answered(HERE, "{}", ("x-litellm-call-id", "1"), ("server", "uvicorn")), "litellm"),
        (answered(HERE, '{"error": {"message": "litellm.BadRequestError: x"}}'), "litellm"),
        (answered(HERE, "{}", ("x-litellm-version", "1"), ("llm_provider-openai-version", "2020-10-01")), "openai"),
        (answered(HERE, '{"data":[{"owned_by":"vllm"}]}', ("x-litellm-version", "1")), "vllm"),
    ],
)
def test_an_exchange_bears_marks(exchange: Exchange, name: str) -> None:
    """Headers, address, what the server says of its models, and the shapes of its answers."""
    profile = recognise(exchange)
    assert profile is not None
    assert profile.name == name


@pytest.mark.parametrize(
    "exchange",
    [
        answered("http://h/v1/models", "{}", ("server", "uvicorn")),
        answered("http://h/v1/models", "{}", ("server", "cloudflare"), ("cf-ray", "1"), ("x-ratelimit-limit", "9")),
        answered("https://api.openai.com.evil.example/v1/models", "{}"),
        answered("http://h/api.openai.com/v1", '{"system_fingerprint": "fp_44709d6fcb"}'),
        answered(HERE, json.dumps({"choices": [{"message": {"content": '{"owned_by": "vllm", "provider": "x"}'}}]})),
        answered("http://h:1234/v1/models", "{}"),
        answered(HERE, "{}", ("openai-processing-ms", "12"), ("server", "uvicorn")),  # llama-cpp-python
        Exchange(id=0, started=0.0, request=Request(method="GET", url="http://h/")),
    ],
)
def test_an_exchange_without_marks_is_nobodys(exchange: Exchange) -> None:
    """Nothing is guessed: not from what many send, not from a model's own text, nor where no answer came."""
    assert recognise(exchange) is None
