"""From what a user typed to an Endpoint: model spec, prefix, base URL, key. The environment is handed in.

Three of the founding faults were made here in the reference executor: a base URL that went out without its
version segment (404), a provider prefix left in the model's name (400), and a guess at what the server accepts.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

import msgspec

from nexdiag.agent.config import Config, EndpointEntry
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import UsageError

PREFIXES = {
    "nex": "", "native": "", "local": "", "oai-compat": "", "openrouter": "", "openai": "openai", "ollama": "ollama",
    "llamacpp": "llama.cpp", "vllm": "vllm", "sglang": "sglang", "mistral": "mistral", "azure": "azure",
}  # fmt: skip
"""Provider prefixes of a model spec, each with the profile it implies (none for those that name no one server)."""

_VERSIONED = re.compile(r"/v\d+(?:\.\d+)?(?:beta\d*|alpha\d*)?(?:/openai)?$")
_CHAT = "/chat/completions"
_ROUTES = ("/responses", "/messages", "/models", "/completions")
"""Other routes that people paste; only behind a version segment is it sure that they are one."""

Profiles = Callable[[str | None], Profile]
"""Finds a profile by name or free text; the neutral one for None."""


def split_model(spec: str) -> tuple[str | None, str]:
    """`local:qwen3-coder` → ("local", "qwen3-coder"). A colon after an unknown word belongs to the name.

    `deepseek-coder:16b` and `owner/name:free` stay whole. Raises `UsageError` for an empty name.
    """
    prefix, colon, rest = spec.strip().partition(":")
    if not colon or prefix.lower() not in PREFIXES:
        prefix, rest = "", spec
    if not rest.strip():
        raise UsageError(f"a model is wanted, found {spec!r}", hint="for example: -m qwen3-coder")
    return prefix.lower() or None, rest.strip()


def normalise_base_url(url: str) -> str:
    """The URL to which `/chat/completions` is appended: with a version segment, once.

    A URL that already ends in a version segment (`/v1`, `/v1beta/openai`) is kept; of a full chat route, what
    stands before it, for then the user has told where it is. Raises `UsageError` for anything that is not http or
    https with a host, and for credentials or a query: the one would reach logs and recordings, the other be lost.
    """
    parts = _split(url)
    if "@" in parts.netloc:
        hint = "name the variable that holds the key: nexdiag init --key-env NAME, or api_key_env in config.toml"
        raise UsageError(f"an endpoint URL without credentials is wanted, found {_shown(url)}", hint=hint)
    if parts.query:
        hint = "it cannot be kept, because routes are appended to the URL; leave it away"
        raise UsageError(f"an endpoint URL without a query is wanted, found {_shown(url)}?…", hint=hint)
    path = parts.path.rstrip("/")
    if path.endswith(_CHAT):
        path = path.removesuffix(_CHAT)
    else:
        cut = next((path.removesuffix(route) for route in _ROUTES if path.endswith(route)), path)
        path = cut if _VERSIONED.search(cut) else path if _VERSIONED.search(path) else f"{path}/v1"
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

    Raises `UsageError` when no URL or model is known, or a key cannot be had where the config says it is.
    """
    entry = _entry(config, endpoint)
    named = entry.model if endpoint else None  # whoever names an endpoint means the model that it is configured with
    spec = model or named or config.agent.model or entry.model
    if not spec:
        raise UsageError("no model is named", hint="name one: -m MODEL, or write it with: nexdiag init -m MODEL -e URL")
    prefix, name = split_model(spec)
    key, variable = _key(entry, environ, config.directory)
    resolved = Endpoint(
        base_url=normalise_base_url(entry.url),
        model=name,
        profile=profiles(entry.profile or PREFIXES.get(prefix or "") or None),
        key=key,
        key_variable=variable,
        max_tokens=config.agent.max_tokens,
    )
    return with_window(resolved, entry.context_window)


def with_window(endpoint: Endpoint, window: int | None) -> Endpoint:
    """The endpoint with another context window, and max_tokens within a quarter of it."""
    if not window:
        return endpoint
    return msgspec.structs.replace(endpoint, window=window, max_tokens=min(endpoint.max_tokens, max(window // 4, 1)))


def _split(url: str) -> SplitResult:
    text = url.strip()
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        good = None
    if not good or re.search(r"[\s\x00-\x20\x7f\\]", text):
        hint = "for example: -e http://127.0.0.1:8080"
        raise UsageError(f"an http or https URL is wanted for the endpoint, found {_shown(url)!r}", hint=hint)
    return parts


def _shown(url: str) -> str:
    """The URL as far as it may be shown: no credentials, no query."""
    head, at, rest = url.rpartition("@")
    return (f"…@{rest}" if head or at else rest).partition("?")[0]


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


def _key(entry: EndpointEntry, environ: Mapping[str, str], directory: Path | None) -> tuple[str, str | None]:
    """The key, and the variable that it came from. Strict: what the config names, in its order; never a guess."""
    variable = None
    if entry.api_key and entry.api_key.strip():
        key, place = entry.api_key, f"api_key of endpoint {entry.name!r}"
    elif entry.api_key_file:
        key, place = _key_file(entry.api_key_file, directory)
    elif entry.api_key_env:
        variable = place = entry.api_key_env
        key = environ.get(variable, "")
        if not key.strip():
            hint = f"export {variable}=..., or remove api_key_env from config.toml if the server takes none"
            raise UsageError(f"endpoint {entry.name!r} takes its key from {variable}, which is not set", hint=hint)
    else:
        return "", None
    key = key.strip()
    if not (key.isascii() and key.isprintable()):
        raise UsageError(
            f"the key from {place} holds a character that no HTTP header can carry", hint="was it pasted whole?"
        )
    return key, variable


def _key_file(name: str, directory: Path | None) -> tuple[str, str]:
    """What the file holds, and its path; a relative one is looked for in the state directory."""
    try:
        path = (directory or Path()) / Path(name).expanduser()
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError, RuntimeError) as error:  # no file; no text; no home for ~
        why = error.strerror if isinstance(error, OSError) else "it is no text file"
        raise UsageError(f"the key file {name} cannot be read: {why}", hint="see api_key_file in config.toml") from None
    if not key:
        raise UsageError(f"the key file {path} is empty", hint="see api_key_file in config.toml")
    return key, str(path)
