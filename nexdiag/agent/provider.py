"""From what a user typed to an Endpoint: model spec, prefix, base URL, key. Pure; the environment is handed in.

Three of the founding faults were made here in the reference executor: a base URL that went out without its
version segment (404), a provider prefix left in the model's name (400), and a guess at what the server accepts.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec

from nexdiag.agent.config import Config, EndpointEntry
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import UsageError

PREFIXES = {
    "nex": "", "native": "", "local": "", "oai-compat": "", "openai": "openai", "openrouter": "openrouter",
    "ollama": "ollama", "llamacpp": "llama.cpp", "vllm": "vllm", "sglang": "sglang", "mistral": "mistral",
    "azure": "azure",
}  # fmt: skip
"""Provider prefixes of a model spec, each with the profile it implies (none for the neutral ones)."""

_VERSIONED = re.compile(r"/v\d+(?:beta\d*|alpha\d*)?(?:/openai)?$")
_ROUTES = ("/chat/completions", "/responses", "/messages", "/models", "/completions")

Profiles = Callable[[str | None], Profile]
"""Finds a profile by name or free text; the neutral one for None."""


def split_model(spec: str) -> tuple[str | None, str]:
    """`local:qwen3-coder` → ("local", "qwen3-coder"). A colon after an unknown word belongs to the name.

    `deepseek-coder:16b` and `owner/name:free` stay whole. Raises `UsageError` for an empty name.
    """
    prefix, colon, rest = spec.strip().partition(":")
    if not colon or prefix.lower() not in PREFIXES:
        prefix, rest = "", spec.strip()
    if not rest:
        raise UsageError(f"a model is wanted, found {spec!r}", hint="for example: -m qwen3-coder")
    return prefix.lower() or None, rest


def normalise_base_url(url: str) -> str:
    """The URL to which `/chat/completions` is appended: with a version segment, once.

    A full route is cut back to its base; a URL that already ends in a version segment (`/v1`, `/v1beta/openai`)
    is kept. Raises `UsageError` for anything that is not http or https with a host.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        hint = "for example: -e http://127.0.0.1:8080"
        raise UsageError(f"an http or https URL is wanted for the endpoint, found {url!r}", hint=hint)
    path = parts.path.rstrip("/")
    for route in _ROUTES:
        if path.endswith(route):
            path = path.removesuffix(route)
            break
    if not _VERSIONED.search(path):
        path += "/v1"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def resolve(
    config: Config,
    *,
    profiles: Profiles,
    environ: Mapping[str, str],
    model: str | None = None,
    endpoint: str | None = None,
) -> Endpoint:
    """The endpoint to talk to: what the command line named, else what the state directory's config says.

    Raises `UsageError` when no URL or model is known, or a key's variable is not set.
    """
    entry = _entry(config, endpoint)
    spec = model or config.agent.model or entry.model
    if not spec:
        raise UsageError("no model is named", hint="name one: -m MODEL, or write it with: nexdiag init -m MODEL -e URL")
    prefix, name = split_model(spec)
    hinted = entry.profile or PREFIXES.get(prefix or "") or None
    profile = profiles(hinted)
    window = entry.context_window
    wanted = config.agent.max_tokens
    return Endpoint(
        base_url=normalise_base_url(entry.url),
        model=name,
        profile=profile,
        key=_key(entry, environ, config.directory),
        key_variable=entry.api_key_env,
        window=window,
        max_tokens=min(wanted, max(window // 4, 1)) if window else wanted,
    )


def _entry(config: Config, endpoint: str | None) -> EndpointEntry:
    if endpoint and "://" in endpoint:  # a bare URL is the whole configuration: no key, no window
        return EndpointEntry(name="command line", url=endpoint)
    entries = config.llm_endpoints.endpoints
    if endpoint:
        found = next((entry for entry in entries if entry.name == endpoint), None)
        if found is None:
            names = ", ".join(entry.name for entry in entries) or "none"
            raise UsageError(f"no endpoint is named {endpoint!r}", hint=f"configured endpoints: {names}; or give a URL")
        return found
    chosen = next((entry for entry in entries if entry.is_default), entries[0] if entries else None)
    if chosen is None or not chosen.url:
        hint = "name one: -e http://127.0.0.1:8080, or write it with: nexdiag init -m MODEL -e URL"
        raise UsageError("no endpoint is configured", hint=hint)
    return chosen


def _key(entry: EndpointEntry, environ: Mapping[str, str], directory: Path | None) -> str:
    """Strict: the config's own key, then its file, then the variable that it names. Never a guessed variable."""
    if entry.api_key:
        return entry.api_key
    if entry.api_key_file:
        path = (directory or Path()) / Path(entry.api_key_file).expanduser()
        try:
            key = path.read_text().strip()
        except OSError as error:
            raise UsageError(
                f"the key file {path} cannot be read: {error.strerror}", hint="see api_key_file in config.toml"
            ) from error
        if not key:
            raise UsageError(f"the key file {path} is empty", hint="see api_key_file in config.toml")
        return key
    if entry.api_key_env:
        key = environ.get(entry.api_key_env, "")
        if not key:
            hint = f"export {entry.api_key_env}=..., or remove api_key_env from config.toml if the server takes none"
            raise UsageError(
                f"endpoint {entry.name!r} takes its key from {entry.api_key_env}, which is not set", hint=hint
            )
        return key
    return ""


def with_window(endpoint: Endpoint, window: int | None) -> Endpoint:
    """The endpoint with another context window, and max_tokens within a quarter of it."""
    if not window:
        return endpoint
    return msgspec.structs.replace(endpoint, window=window, max_tokens=min(endpoint.max_tokens, max(window // 4, 1)))
