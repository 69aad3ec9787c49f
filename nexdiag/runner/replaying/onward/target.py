"""The endpoint that a recording is gone on with: what the command line names, else where it was recorded.

Law: a key comes from where the config says that it is, or from a variable that the user names; none is guessed.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from nexdiag.agent.config import CONFIG_NAME, Config, EndpointEntry, Endpoints, find_state, read
from nexdiag.agent.provider import implied_wire, normalise_base_url, resolve
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import UsageError
from nexdiag.lint import profiles


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asked live; None for what the recording says."""

    url: str | None = None
    """A URL, or the name of an endpoint in the config."""
    model: str | None = None
    key_variable: str | None = None
    """The environment variable that holds the key."""


def endpoint_for(recorded: Endpoint, target: Target, config: Config, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint that is meant, with its key. `recorded` is the recording's.

    Raises `UsageError` if it is not clear which, or its key is not there.
    """
    if not (target.url or recorded.base_url):
        hint = "name one: -e http://127.0.0.1:8080 -m MODEL"
        raise UsageError("the recording does not say where it was recorded", hint=hint)
    url = target.url or _configured(recorded.base_url, config) or recorded.base_url
    model = target.model or recorded.model or None
    if "://" in url and target.key_variable:
        entry = EndpointEntry(name="command line", url=url, api_key_env=target.key_variable)
        config = msgspec.structs.replace(config, llm_endpoints=Endpoints(endpoints=(entry,)))
        url = entry.name
    found = resolve(config, profiles=_profile, environ=environ, model=model, endpoint=url)
    if not target.model and recorded.model:  # as it went out then: no part of it is a provider's prefix
        found = msgspec.structs.replace(found, model=recorded.model)
    bare = "://" in (target.url or "") and implied_wire(target.url or "") is None
    if bare and found.wire == "chat":  # an address alone says nothing of the dialect that the conversation is in
        found = msgspec.structs.replace(found, wire=recorded.wire)
    return _as_recorded(found, recorded)


def config_at(environ: Mapping[str, str], here: Path) -> Config:
    """The config of the nearest state directory upwards, for keys and for what is denied; an empty one without any."""
    state = find_state(None, environ, here)
    return read(state) if (state / CONFIG_NAME).is_file() else Config()


def _as_recorded(found: Endpoint, recorded: Endpoint) -> Endpoint:
    """What the recording says of its own endpoint goes before what is guessed of it now."""
    if found.base_url != recorded.base_url:
        if found.max_tokens < recorded.max_tokens:
            return found
        return msgspec.structs.replace(found, max_tokens=recorded.max_tokens)
    same = found.model == recorded.model
    return msgspec.structs.replace(
        found,
        profile=recorded.profile if recorded.profile.known else found.profile,
        wire=recorded.wire,
        max_tokens=recorded.max_tokens,
        window=recorded.window if same else found.window,
    )


def _configured(url: str, config: Config) -> str | None:
    """The name of the config's endpoint at that address: it knows its key."""
    for entry in config.llm_endpoints.endpoints:
        if entry.url and _base(entry.url) == url:
            return entry.name
    return None


def _base(url: str) -> str:
    try:
        return normalise_base_url(url)
    except UsageError:
        return url


def _profile(name: str | None) -> Profile:
    return profiles.resolve(None) if name is None else profiles.named(name)
