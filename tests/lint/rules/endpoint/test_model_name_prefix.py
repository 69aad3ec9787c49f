"""model-name-prefix: the model name still carries its provider."""

import pytest

from nexdiag.core.finding import Finding, Severity
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.seen.bare import BareExchange

LORA = "LoRA adapter 'qwen3-coder' was requested, but LoRA is not enabled. Please launch the server with --enable-lora"


def found(model: object, server: str | None = None, **parts: object) -> list[Finding]:
    bare = BareExchange(server=server, request={"model": model, "messages": []}, **parts)
    return [finding for finding in judge_bare(bare)[1] if finding.rule == "model-name-prefix"]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("local:qwen3-coder", "qwen3-coder"),
        ("nex:a/b:c", "a/b:c"),
        ("oai-compat:m", "m"),
        ("openai:gpt-4.1-mini", "gpt-4.1-mini"),
        ("local:/home/u/model", "/home/u/model"),
    ],
)
def test_a_prefix_with_a_colon(model: str, name: str) -> None:
    """The finding points at the model and says what to send."""
    (finding,) = found(model, "SGLang")
    assert (finding.severity, finding.location.pointer) == (Severity.ERROR, "/model")
    assert finding.facts["name"] == name
    assert name in finding.fix


@pytest.mark.parametrize(
    "model",
    [
        "qwen3:8b",
        "gpt-oss:20b",
        "nvidia/nemotron-3-ultra-550b-a55b:free",
        "meta-llama/Llama-3.1-8B:sql-expert",
        "openai/gpt-oss-20b",
        "openai",
        "local:",
        "mylocal:m",
        "Local models",
        "",
        None,
        7,
        ["local:m"],
    ],
)
def test_look_alikes_are_let_pass(model: object) -> None:
    """Tags, variants, adapters and owners are no provider prefixes."""
    assert found(model, "SGLang") == []


def test_a_prefix_with_a_slash_needs_a_refusal() -> None:
    """`openai/gpt-4o` is right on many servers: it is found only where the server says that there is no such model."""
    said = {"error": {"message": "The model `openai/gpt-4o` does not exist or you do not have access to it."}}
    assert found("openai/gpt-4o", "OpenAI") == []
    assert [finding.refused for finding in found("openai/gpt-4o", "OpenAI", status=404, response=said)] == [True]


@pytest.mark.parametrize(
    ("server", "severity"),
    [
        ("SGLang", Severity.ERROR),
        ("vLLM", Severity.ERROR),
        ("Ollama", Severity.ERROR),
        ("OpenAI", Severity.ERROR),
        ("Mistral", Severity.ERROR),
        ("llama.cpp", Severity.INFO),
        ("Azure OpenAI", Severity.INFO),
        (None, Severity.WARNING),
    ],
)
def test_the_profile_decides(server: str | None, severity: Severity) -> None:
    """llama.cpp ignores the name, and Azure has it in the address."""
    assert [finding.severity for finding in found("local:m", server)] == [severity]


@pytest.mark.parametrize(
    "said",
    [
        LORA,
        "The model `local:m` does not exist.",
        'model "local:m" not found, try pulling it first',
        "Invalid model: local:m",
    ],
)
def test_the_recorded_refusal_confirms(said: str) -> None:
    """Servers speak of adapters and of models that do not exist."""
    (finding,) = found("local:m", status=400, response={"object": "error", "message": said})
    assert (finding.refused, finding.server_words) == (True, said)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (LORA, "model-name-prefix"),
        ("The model openai:gpt-4.1-mini does not exist or you do not have access to it.", "model-name-prefix"),
        ("The model `local:m` does not exist.", "model-name-prefix"),
        ("openrouter/x-ai/grok-4.1-fast is not a valid model ID", "model-name-prefix"),
        ("openrouter/auto2 is not a valid model ID", "model-not-found"),
        ("x-ai/grok-4.1 is not a valid model ID", "model-not-found"),
        ("The model `m` does not exist.", "model-not-found"),
        ('model "qwen3:8b" not found, try pulling it first', "model-not-found"),
    ],
)
def test_the_words_tell_alone(words: str, rule: str) -> None:
    """Where the request is not known, they name the rule if they speak of an adapter, or name the prefix."""
    assert judge_bare(BareExchange(status=404, response=words))[1][0].rule == rule


def test_a_prefix_that_nobody_knows() -> None:
    """SGLang's words show that what stands before the colon is one; of a LoRA adapter with an owner it is none."""
    (finding,) = found("mylab:qwen3-coder", "SGLang", status=400, response=LORA)
    assert (finding.refused, finding.facts["prefix"], finding.facts["name"]) == (True, "mylab", "qwen3-coder")
    assert found("owner/base:qwen3-coder", "SGLang", status=400, response=LORA) == []
    assert found("mylab:other", "SGLang", status=400, response=LORA) == []


@pytest.mark.parametrize(
    ("model", "server", "prefixed"),
    [
        ("openai/gpt-oss-20b", "vLLM", False),
        ("anthropic/claude-9", "OpenRouter", False),
        ("openrouter/auto", "OpenRouter", False),
        ("openrouter/anthropic/claude-9", "OpenRouter", True),
        ("openai/gpt-4o", "OpenAI", True),
        ("ollama/llama3", "Ollama", True),
    ],
)
def test_an_owner_is_no_prefix(model: str, server: str, prefixed: bool) -> None:
    """Where the name before the slash is the owner's, a model that does not exist is just that."""
    said = {"error": {"message": f"The model `{model}` does not exist."}}
    bare = BareExchange(server=server, request={"model": model, "messages": []}, status=404, response=said)
    first = next(one for one in judge_bare(bare)[1] if one.rule.startswith("model-"))
    assert first.rule == ("model-name-prefix" if prefixed else "model-not-found")
