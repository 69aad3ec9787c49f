"""Providers by their names: the prefix of a model spec, and the label of an endpoint entry, are one vocabulary.

Law: a name says where a model may answer and what it is spoken to in. A bare model name says nothing: no provider is
guessed from it.
"""

import difflib

import msgspec

from nexdiag.core.endpoint import Wire
from nexdiag.core.errors import UsageError


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider's name stands for."""

    profile: str = ""
    """The name of the profile that it implies; none where it names no one server."""
    url: str = ""
    """Where it answers if nobody says otherwise; none for names that stand for any server."""
    wire: Wire = "chat"
    hosted: bool = False
    """Whether it is a service that wants a key."""
    same_as: str = ""
    """The name that it is another word for."""


_ANTHROPIC = Provider(url="https://api.anthropic.com/v1", wire="anthropic", hosted=True)

PROVIDERS: dict[str, Provider] = {
    "nex": Provider(),
    "native": Provider(same_as="nex"),
    "local": Provider(same_as="nex"),
    "oai-compat": Provider(same_as="nex"),
    "openai": Provider(profile="openai", url="https://api.openai.com/v1", hosted=True),
    "codex": Provider(profile="openai", url="https://api.openai.com/v1", hosted=True, same_as="openai"),
    "anthropic": _ANTHROPIC,
    "claude": msgspec.structs.replace(_ANTHROPIC, same_as="anthropic"),
    "openrouter": Provider(url="https://openrouter.ai/api/v1", hosted=True),
    "gemini": Provider(url="https://generativelanguage.googleapis.com/v1beta/openai", hosted=True),
    "ollama": Provider(profile="ollama", url="http://127.0.0.1:11434/v1"),
    "llamacpp": Provider(profile="llama.cpp", url="http://127.0.0.1:8080/v1"),
    "vllm": Provider(profile="vllm", url="http://127.0.0.1:8000/v1"),
    "sglang": Provider(profile="sglang", url="http://127.0.0.1:30000/v1"),
    "azure": Provider(profile="azure"),
}
"""Every name that a model spec may begin with. `mistral:` is none: it is a model of Ollama's, with a tag behind it."""

PREFIXES = {name: provider.profile for name, provider in PROVIDERS.items()}
"""Each prefix with the profile that it implies."""

LABELS: dict[str, Provider] = {
    **PROVIDERS,
    "llama.cpp": msgspec.structs.replace(PROVIDERS["llamacpp"], same_as="llamacpp"),
    "mistral": Provider(profile="mistral", url="https://api.mistral.ai/v1", hosted=True),
}
"""Every `provider` of an endpoint entry that says something to us; others are names like any."""


def split_model(spec: str) -> tuple[str | None, str]:
    """`local:qwen3-coder` → ("local", "qwen3-coder"). A colon after an unknown word belongs to the name.

    `deepseek-coder:16b` and `owner/name:free` stay whole. Raises `UsageError` for an empty name.
    """
    prefix, colon, rest = spec.strip().partition(":")
    if not colon or prefix.lower() not in PROVIDERS:
        prefix, rest = "", spec
    if not rest.strip():
        raise UsageError(f"a model is wanted, found {spec!r}", hint="for example: -m qwen3-coder")
    return prefix.lower() or None, rest.strip()


def split_model_strictly(spec: str) -> tuple[str, str]:
    """Split a spec that has to name its provider. Raises `UsageError` for a bare name, and for an unknown provider."""
    prefix, name = split_model(spec)
    if prefix is not None:
        return prefix, name
    word, colon, _ = spec.strip().partition(":")
    known = ", ".join(PROVIDERS)
    if not colon:
        raise UsageError(f"a model with its provider is wanted, found {spec!r}", hint=f"for example: nex:{name}")
    near = difflib.get_close_matches(word.lower(), PROVIDERS, n=1)
    meant = f"did you mean {near[0]}:? " if near else ""
    raise UsageError(f"{word!r} is no provider, in the model {spec!r}", hint=f"{meant}providers: {known}")


def canonical(label: str) -> str:
    """The one name of what a label or prefix means: `local`, `oai-compat` and `native` are `nex`."""
    name = label.strip().lower()
    provider = LABELS.get(name)
    return name if provider is None else provider.same_as or name
