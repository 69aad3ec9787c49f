"""A name → the profile."""

import pytest
from hypothesis import given
from strategies import texts

from nexdiag.core.errors import UsageError
from nexdiag.lint.profiles.naming import named, resolve
from nexdiag.lint.profiles.table import ALL


def test_names_are_found() -> None:
    """Each profile is found by its name, however it is written."""
    for profile in ALL:
        assert named(profile.name.upper()) is profile
        assert resolve(profile.name) is profile
    assert named("llama-cpp").name == "llama.cpp"


def test_an_unknown_name_has_a_hint() -> None:
    """The nearest match, and where all are listed."""
    with pytest.raises(UsageError, match="unknown profile 'sgland'") as caught:
        named("sgland")
    assert caught.value.hint.startswith("did you mean sglang")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("vLLM", "vllm"),
        ("vLLM 0.6-era", "vllm"),
        ("vLLM fork", "vllm"),
        ("vLLM with model series other than Mistral", "vllm"),
        ("vLLM (mistral tokenizer)", "vllm-mistral-tokenizer"),
        ("vLLM, --tokenizer-mode mistral", "vllm-mistral-tokenizer"),
        ("Mistral-7B on vLLM", "vllm"),
        ("Mistral via LiteLLM", "mistral"),
        ("Mistral AI", "mistral"),
        ("Mistral (current mistral-common)", "mistral"),
        ("llama.cpp server (b10229)", "llama.cpp"),
        ("llama.cpp server (b5350)", "llama.cpp-b5350"),
        ("llama.cpp (/v1/messages)", "llama.cpp"),
        ("Docker Model Runner (llama.cpp)", "llama.cpp"),
        ("SGLang with --enable-lora", "sglang"),
        ("SGLang (0.4.3-era)", "sglang-0.4"),
        ("Ollama /api/chat", "ollama"),
        ("Ollama 0.33", "ollama"),
        ("Ollama via LiteLLM ollama_chat", "ollama"),
        ("Ollama with gpt-oss:20b or qwen3.6:27b", "ollama"),
        ("LM Studio 0.3.8", "lm-studio"),
        ("TGI 2.4.1", "tgi"),
        ("Groq (as translated by rig)", "groq"),
        ("Azure OpenAI", "azure"),
        ("Azure OpenAI (2024-05 and before)", "azure-2024-05"),
        ("Azure OpenAI on your data", "azure-2024-05"),
        ("Azure OpenAI, api-version=2024-02-01", "azure-2024-05"),
        ("OpenAI via LiteLLM", "openai"),
        ("OpenAI (via gateway)", "openai"),
        ("OpenAI (older) via one-api", "openai"),
        ("OpenAI Responses", "openai"),
        ("Gemini (OpenAI-compat)", "gemini"),
        ("Vertex AI (Gemini)", "gemini"),
        ("DashScope/Qwen", "dashscope"),
        ("Anthropic (Claude 4.6+)", "anthropic"),
        ("Anthropic via LiteLLM/OpenRouter", "anthropic"),
        ("Anthropic behind OneAPI/NewAPI (OpenAI protocol)", "anthropic"),
        ("Anthropic behind claude-code-router / one-api", "anthropic"),
        ("Bedrock via Portkey", "bedrock-portkey"),
        ("Bedrock", "bedrock"),
        ("Claude on Bedrock", "bedrock"),
        ("DeepSeek via LiteLLM", "deepseek"),
        ("DeepSeek behind an Azure gateway", "deepseek"),
        ("DeepSeek via OpenCode Zen", "deepseek"),
        ("DeepSeek (/anthropic)", "deepseek"),
        ("DeepSeek-R1 on vLLM", "vllm"),
        ("OpenRouter", "openrouter"),
        ("LiteLLM", "litellm"),
    ],
)
def test_free_text_names_a_server(text: str, name: str) -> None:
    """The server is what stands before the gateway."""
    assert resolve(text).name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("OpenRouter (Anthropic)", "anthropic"),
        ("LiteLLM -> Anthropic", "anthropic"),
        ("LiteLLM proxy in front of vLLM", "vllm"),
        ("Kimi via OpenRouter", "openrouter"),
        ("Qwen3.5 via vLLM", "vllm"),
        ("GPT-4o via Azure OpenAI", "azure"),
        ("OpenAI-compatible (vLLM)", "vllm"),
        ("OpenAI-compatible server (SGLang 0.5)", "sglang"),
    ],
)
def test_whoever_answers_behind_a_gateway_is_meant(text: str, name: str) -> None:
    """Or behind a model's name, or behind a word that says only what it is compatible with."""
    assert resolve(text).name == name


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "(client side)",
        "OpenAI-compatible",
        "Anthropic-compatible endpoint",
        "DashScope-compatible",
        "DeepSeek-compatible gateway",
        "DeepSeek-v4-flash behind a gateway",
        "GitHub Copilot",
        "GitHub Copilot (gpt-5-mini)",
        "Claude Code",
        "Gemini-compat / old Ollama",
        "SGLang/vLLM/llama.cpp/Ollama",
        "OpenAI / vLLM / DeepSeek",
        "Anthropic / Bedrock via AI SDK",
        "Bedrock/Vertex via LiteLLM",
        "OpenAI, DashScope",
        "Mistral, OpenAI",
        "Mistral / vLLM mistral tokenizer",
        "Neuralwatt (Devstral)",
        "SiliconFlow (Qwen)",
        "MiniMax-type upstream via opencode-go (MiMo, Kimi)",
        "oMLX (mistral-common tokenizer)",
        "mistral.rs",
        "llama-cpp-python",
        "llama.cpp, LM Studio",
        "vllm-mlx",
        "OpenVINO Model Server",
        "local Llama-type server",
        "HTTP gateway",
    ],
)
def test_it_knows_when_it_does_not_know(text: str | None) -> None:
    """None, several, or one that only sounds like a server that we know: the profile states nothing."""
    assert not resolve(text).known


@given(texts)
def test_any_text_can_be_resolved(text: str) -> None:
    """Free text never raises."""
    assert resolve(text) in ALL


@pytest.mark.parametrize(("text", "name"), [("Mistral via LiteLLM", "mistral"), ("vLLM 0.9 server", "vllm")])
def test_free_text_names_a_profile(text: str, name: str) -> None:
    """What `server` of an exchange may say, `--profile` may too."""
    assert named(text).name == name


@pytest.mark.parametrize("text", ["sgland", "vllm-strickt", "some server", "vllm or mistral", ""])
def test_what_may_be_misspelt_is_not_guessed_at(text: str) -> None:
    """An error with a short hint."""
    with pytest.raises(UsageError) as caught:
        named(text)
    assert "nexdiag lint --profile '?' lists them" in caught.value.hint
    assert len(caught.value.hint) < 120
