"""All profiles, and how the right one is found. What each states is tested beside it."""

import pytest
from hypothesis import given
from strategies import texts

from nexdiag.core.endpoint import Profile
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.lint.profiles import ALL, SERVERS, named, recognise, resolve
from nexdiag.lint.rules import find


def test_every_statement_has_a_source_and_a_rule() -> None:
    """A profile says who saw it, and on what version; the rule that finds the fault is in the table."""
    statements = [refusal for profile in ALL for refusal in profile.refuses]
    statements += [entry.refusal for server in SERVERS for entry in server.conditional]
    for refusal in statements:
        assert refusal.source
        assert refusal.seen
        if refusal.rule != "route-not-found":
            assert find(refusal.rule).name == refusal.rule


def test_a_rule_explains_the_words_with_which_servers_refuse_it() -> None:
    """What a profile says of a server, the rule recognises in an answer."""
    for server in SERVERS:
        for refusal in (*server.profile.refuses, *(entry.refusal for entry in server.conditional)):
            if refusal.rule != "route-not-found":
                text = refusal.body if isinstance(refusal.body, str) else str(refusal.body)
                words = text if refusal.rule != "base-url-missing-v1" else "Not Found"
                assert find(refusal.rule).explains(words, refusal.status), (server.profile.name, refusal.rule)


def test_names_are_unique_and_found() -> None:
    """Each profile is found by its name, however it is written."""
    assert len({profile.name for profile in ALL}) == len(ALL)
    for profile in ALL:
        assert named(profile.name.upper()) is profile
        assert resolve(profile.name).name == profile.name
    assert named("llama-cpp").name == "llama.cpp"


def test_an_unknown_name_has_a_hint() -> None:
    """The nearest match, and all that there are."""
    with pytest.raises(UsageError, match="unknown profile 'sgland'") as caught:
        named("sgland")
    assert caught.value.hint.startswith("did you mean sglang? known: llama.cpp, ")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("vLLM", "vllm"),
        ("vLLM 0.6-era", "vllm"),
        ("vLLM with model series other than Mistral", "vllm"),
        ("Mistral via LiteLLM", "mistral"),
        ("Mistral (current mistral-common)", "mistral"),
        ("llama.cpp server (b5350)", "llama.cpp"),
        ("llama.cpp (/v1/messages)", "llama.cpp"),
        ("Docker Model Runner (llama.cpp)", "llama.cpp"),
        ("SGLang with --enable-lora", "sglang"),
        ("Ollama /api/chat", "ollama"),
        ("Ollama with gpt-oss:20b or qwen3.6:27b", "ollama"),
        ("Azure OpenAI", "azure"),
        ("Azure OpenAI (2024-05 and before)", "azure-2024-05"),
        ("Azure OpenAI on your data", "azure-2024-05"),
        ("Azure OpenAI, api-version=2024-02-01", "azure-2024-05"),
        ("OpenAI via LiteLLM", "openai"),
        ("OpenAI (via gateway)", "openai"),
    ],
)
def test_free_text_names_a_server(text: str, name: str) -> None:
    """The server is what stands before the gateway."""
    assert resolve(text).name == name


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "OpenAI-compatible",
        "Gemini (OpenAI-compat)",
        "Anthropic behind OneAPI/NewAPI (OpenAI protocol)",
        "DeepSeek via LiteLLM",
        "DeepSeek behind an Azure gateway",
        "SGLang/vLLM/llama.cpp/Ollama",
        "OpenAI / vLLM / DeepSeek",
        "Mistral, OpenAI",
        "Mistral / vLLM mistral tokenizer",
        "oMLX (mistral-common tokenizer)",
        "mistral.rs",
        "llama-cpp-python",
        "llama.cpp, LM Studio",
        "OpenVINO Model Server",
        "local Llama-type server",
    ],
)
def test_it_knows_when_it_does_not_know(text: str | None) -> None:
    """None, several, or one that only sounds like a server that we know: the profile states nothing."""
    assert not resolve(text).known


@given(texts)
def test_any_text_can_be_resolved(text: str) -> None:
    """Free text never raises."""
    assert resolve(text) in ALL


def answered(url: str, body: str, *headers: tuple[str, str]) -> Exchange:
    response = Response(status=200, headers=headers, chunks=(Chunk(at=0.0, bytes=body.encode()),))
    return Exchange(id=0, started=0.0, request=Request(method="GET", url=url), response=response)


@pytest.mark.parametrize(
    ("exchange", "name"),
    [
        (answered("http://h/v1/models", "{}", ("server", "llama.cpp")), "llama.cpp"),
        (answered("http://h/v1/models", '{"data": [{"owned_by": "vllm"}]}', ("server", "uvicorn")), "vllm"),
        (answered("http://h/v1/models", '{"data":[{"owned_by":"sglang"}]}'), "sglang"),
        (answered("http://h:11434/v1/models", "{}"), "ollama"),
        (answered("https://api.openai.com/v1/models", "{}"), "openai"),
        (answered("https://x.openai.azure.com/openai/v1/models", "{}"), "azure"),
        (answered("https://api.mistral.ai/v1/models", "{}"), "mistral"),
    ],
)
def test_an_exchange_bears_marks(exchange: Exchange, name: str) -> None:
    """Headers, address and what the server says of its models."""
    profile = recognise(exchange)
    assert profile is not None
    assert profile.name == name


def test_an_exchange_without_marks_is_nobodys() -> None:
    """Nothing is guessed, also where no answer came."""
    assert recognise(answered("http://h/v1/models", "{}", ("server", "uvicorn"))) is None
    assert recognise(Exchange(id=0, started=0.0, request=Request(method="GET", url="http://h/"))) is None


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_nex_does_not_send_what_the_server_refuses(profile: Profile) -> None:
    """No profile has nex send a field that the same profile says is refused."""
    assert not (profile.sends.stream_options and profile.refusal("stream-options-unsupported"))
