"""The model name still carries its provider.

## What it does

Finds a model name that still carries the name of a provider: `local:qwen3-coder`, `openai:gpt-4o`. Such prefixes
tell a client which provider to use, and are to be taken off before the request goes out. A prefix with a slash
(`openai/gpt-4o`) is right on many servers: it is reported only if the server refused it. Ollama's tags
(`qwen3:8b`), OpenRouter's variants (`owner/name:free`) and SGLang's adapters (`owner/base:adapter`) are no
prefixes.

## Why it is bad

No server knows a model by that name. SGLang reads what follows the colon as a LoRA adapter, and says so in words
that speak of no prefix; others answer that the model does not exist. llama.cpp ignores the name, so that the fault
sleeps until the server is changed.

## Example

```json
{"server": "SGLang", "request": {"model": "local:qwen3-coder", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Instead

```json
{"server": "SGLang", "request": {"model": "qwen3-coder", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import View

_PREFIXED = re.compile(
    r"(local|nex|openai|anthropic|oai-compat|openai-compatible|ollama|openrouter|native|llamacpp|llama\.cpp|vllm|sglang"
    r"|lmstudio|lm[_-]studio|litellm|hosted_vllm|openai_compatible|ollama_chat|together_ai|fireworks_ai|huggingface|bedrock|azure|vertex_ai|custom|codex|gemini)([:/])(.+)",
    re.DOTALL,
)
_CODED = (
    r"(?:local|nex|openai|anthropic|oai-compat|ollama|openrouter|native|llamacpp|vllm|sglang|lmstudio|litellm|codex)"
)
_ADAPTER = re.compile(r"LoRA adapter '(.{1,500})' was requested, but LoRA is not enabled", re.DOTALL)


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    model = view.fields.get("model")
    if not isinstance(model, str):
        return
    found = _PREFIXED.fullmatch(model) or _taken_for_adapter(model, view)
    if found is None:
        return
    provider, mark, name = found.groups()
    if mark == "/" and _is_owner(provider, name, case.profile.name):
        return
    yield Fault(
        summary=f"model {quote(found[0])} carries the provider prefix {quote(provider + mark)}",
        fix=f"send the model as {quote(name)}",
        pointer="/model",
        evidence=(f"model {quote(found[0], 200)}",),
        facts={"model": shorten(found[0], 200), "prefix": provider, "name": shorten(name, 200)},
        needs_words=mark == "/",
    )


def _is_owner(provider: str, name: str, profile: str) -> bool:
    """Whether what stands before the slash is part of the name: it is on Hugging Face, and where it is sold."""
    if provider == "openai" and name.startswith(("gpt-oss", "whisper", "clip")):
        return True
    return profile.startswith(("openrouter", "groq")) and not (provider == "openrouter" and "/" in name)


def _taken_for_adapter(model: str, view: View) -> re.Match[str] | None:
    """A prefix that nobody knows: SGLang took what follows its colon for an adapter, and has none."""
    said = _ADAPTER.search(view.said.words) if view.refused else None
    if said is None or not model.endswith(f":{said[1]}"):
        return None
    return re.fullmatch(r"([\w.+-]{1,40})(:)(.+)", model, re.DOTALL)


RULE = Rule(
    name="model-name-prefix",
    code="NX602",
    family="endpoint",
    page=__doc__ or "",
    needs=frozenset({"model"}),
    check=_check,
    telling=patterns(
        r"LoRA adapter .{0,500} was requested, but LoRA is not enabled",
        rf"\bmodel\b.{{0,20}}?\b{_CODED}:\S.{{0,300}}?(?:does not exist|not found|not exist)",
        rf"\b(?:invalid|unknown) model\b.{{0,20}}?\b{_CODED}:\S",
        r"\bopenrouter/[\w.-]{1,80}/\S{1,120} is not a valid model",
    ),
    words=patterns(
        r"\bmodel\b.{0,500}(?:does not exist|not found|not exist)",
        r"\b(?:invalid|unknown|unsupported) model\b|not a valid model|no such model|no endpoints found for",
    ),
    elsewhere=Severity.INFO,
)
