"""Config and command line → the Endpoint to talk to.

Which entry it is, first line that fits:

    -e URL               that URL; of an entry with the same URL all but its key, for who types a URL names no key
    -e NAME              the entry of that name
    -m NAME:MODEL        the entry of that name, if NAME is no provider
    a provider's prefix  the entries labelled with that provider, under any of its names: the default one first
    a prefix for any server, for a local one, or none    the default entry
    a service's prefix   the default entry, if it is labelled for any server and configured with that very model
    a prefix with an address of its own                  that address
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from nexdiag.agent.config import Config, EndpointEntry
from nexdiag.agent.provider.address import host_of, implied_wire, normalise_base_url
from nexdiag.agent.provider.key import key_of
from nexdiag.agent.provider.names import LABELS, PROVIDERS, Provider, canonical, split_model
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import UsageError

Profiles = Callable[[str | None], Profile]
"""Finds a profile by name or free text; the neutral one for None."""

_ANY = "nex"
_HOSTS = {host_of(provider.url): name for name, provider in LABELS.items() if provider.hosted and not provider.same_as}


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
    entries = config.llm_endpoints.endpoints
    if endpoint is None and model is not None:
        endpoint, model = _shorthand(entries, model)
    entry = _told(entries, endpoint) if endpoint else None
    spec = model or (entry.model if entry else None) or config.agent.model or _default(entries).model
    if not spec:
        raise UsageError("no model is named", hint="name one: -m MODEL, or write it with: nexdiag init -m MODEL -e URL")
    prefix, name = split_model(spec)
    if entry is None:
        entry = _entry(entries, prefix, name)
    label = _label(entry, prefix)
    provider = LABELS.get(label, Provider())
    url = entry.url or provider.url
    if not url:
        raise _nowhere(entry.name)
    key, variable = key_of(entry, environ, config.directory)
    named = PROVIDERS.get(prefix or "", Provider())
    resolved = Endpoint(
        base_url=normalise_base_url(url),
        model=name,
        profile=profiles(entry.profile or _implied(named, url) or _implied(provider, url)),
        key=key,
        key_variable=variable,
        max_tokens=entry.max_tokens or config.agent.max_tokens,
        wire=entry.wire or implied_wire(url) or provider.wire,
    )
    return with_window(resolved, entry.context_window)


def with_window(endpoint: Endpoint, window: int | None, source: str = "config") -> Endpoint:
    """The endpoint with another context window, and max_tokens within a quarter of it."""
    if not window:
        return endpoint
    most = min(endpoint.max_tokens, max(window // 4, 1))
    return msgspec.structs.replace(endpoint, window=window, window_source=source, max_tokens=most)


def _shorthand(entries: Sequence[EndpointEntry], model: str) -> tuple[str | None, str]:
    """`big:qwen3` means the model qwen3 of the endpoint named big, if big is no provider."""
    name, colon, rest = model.strip().partition(":")
    named = colon and rest.strip() and name.lower() not in PROVIDERS and any(entry.name == name for entry in entries)
    return (name, rest) if named else (None, model)


def _told(entries: Sequence[EndpointEntry], endpoint: str) -> EndpointEntry:
    """The entry of that name; or for a URL one without a key."""
    if "://" in endpoint:
        return _at(entries, endpoint)
    found = next((entry for entry in entries if entry.name == endpoint), None)
    if found is None:
        names = ", ".join(entry.name for entry in entries) or "none"
        raise UsageError(f"no endpoint is named {endpoint!r}", hint=f"configured endpoints: {names}; or give a URL")
    return found


def _at(entries: Sequence[EndpointEntry], url: str) -> EndpointEntry:
    """An entry for a URL: what is known of the server there, but neither a key nor a model."""
    base = normalise_base_url(url)
    for entry in entries:
        if entry.url and _same(entry.url, base):
            return EndpointEntry(
                name=entry.name,
                provider=entry.provider,
                url=url,
                context_window=entry.context_window,
                max_tokens=entry.max_tokens,
                profile=entry.profile,
                wire=implied_wire(url) or entry.wire,
            )
    return EndpointEntry(name="command line", url=url)


def _same(url: str, base: str) -> bool:
    try:
        return normalise_base_url(url) == base
    except UsageError:
        return False


def _entry(entries: Sequence[EndpointEntry], prefix: str | None, name: str) -> EndpointEntry:
    """The entry that a model's prefix means, or an entry made of the provider's own address."""
    wanted = canonical(prefix or _ANY)
    provider = PROVIDERS.get(prefix or "", Provider())
    labelled = [entry for entry in entries if canonical(entry.provider) == wanted]
    if labelled and prefix is not None:
        return _default(labelled)
    if wanted == _ANY:
        return _default(entries)
    default = _default(entries)
    if canonical(default.provider) == _ANY and default.url:
        known_there = default.model is not None and split_model(default.model)[1] == name
        if not provider.hosted or known_there:
            return default
    if provider.hosted or not provider.url:
        raise _keyless(wanted, provider)
    return EndpointEntry(name=wanted, provider=wanted, url=provider.url)


def _default(entries: Sequence[EndpointEntry]) -> EndpointEntry:
    """The entry marked as default, else the first; an empty one if there is none."""
    return next((entry for entry in entries if entry.is_default), entries[0] if entries else EndpointEntry(name=""))


def _label(entry: EndpointEntry, prefix: str | None) -> str:
    """Whose manners count: the entry's label, or the service's at that host, or the prefix."""
    label = canonical(entry.provider)
    if label in LABELS and label != _ANY:
        return label
    return _HOSTS.get(host_of(entry.url)) or canonical(prefix or _ANY)


def _implied(provider: Provider, url: str) -> str | None:
    """The profile that a label or prefix implies. A service's on another host is only a word for its dialect."""
    return provider.profile or None if not provider.hosted or host_of(url) == host_of(provider.url) else None


def _keyless(name: str, provider: Provider) -> UsageError:
    variable = name.upper().replace("-", "_") + "_API_KEY"
    url = "" if provider.url else ', url = "https://…"'
    hint = (
        f'add to config.toml: [[llm_endpoints.endpoints]] with name = "{name}", provider = "{name}"{url}, '
        f'api_key_env = "{variable}"'
    )
    return UsageError(f"no endpoint is configured for {name}, which wants a key", hint=hint)


def _nowhere(name: str) -> UsageError:
    if name:
        hint = 'add url = "http://127.0.0.1:8080" to it in config.toml, or name one: -e http://127.0.0.1:8080'
        return UsageError(f"the endpoint {name!r} has no URL, and its provider no address of its own", hint=hint)
    hint = "name one: -e http://127.0.0.1:8080, or write it with: nexdiag init -m MODEL -e URL"
    return UsageError("no endpoint is configured", hint=hint)
