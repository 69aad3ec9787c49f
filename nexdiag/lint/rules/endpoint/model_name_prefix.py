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

_PREFIXED = re.compile(
    r"(local|nex|openai|anthropic|oai-compat|ollama|openrouter|native|llamacpp|vllm|codex|gemini)([:/])(.+)",
    re.DOTALL,
)


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    model = view.fields.get("model")
    found = _PREFIXED.fullmatch(model) if isinstance(model, str) else None
    if found is None:
        return
    provider, mark, name = found.groups()
    yield Fault(
        summary=f"model {quote(found[0])} carries the provider prefix {quote(provider + mark)}",
        fix=f"send the model as {quote(name)}",
        pointer="/model",
        evidence=(f"model {quote(found[0], 200)}",),
        facts={"model": shorten(found[0], 200), "prefix": provider, "name": shorten(name, 200)},
        needs_words=mark == "/",
    )


RULE = Rule(
    name="model-name-prefix",
    code="NX602",
    family="endpoint",
    page=__doc__ or "",
    check=_check,
    telling=patterns(r"LoRA adapter .{0,500} was requested, but LoRA is not enabled"),
    words=patterns(r"\bmodel\b.{0,500}(?:does not exist|not found|not exist)", r"invalid model", r"not a valid model"),
    elsewhere=Severity.INFO,
)
