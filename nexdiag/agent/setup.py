"""A new state directory, from what was typed: what `init` writes, and every smoke."""

from pathlib import Path

import msgspec

from nexdiag.agent import config as configuration
from nexdiag.agent.provider import PROVIDERS, Provider, implied_wire, normalise_base_url, split_model
from nexdiag.core.errors import UsageError

EXECUTORS = ("nex", "claude", "codex")
"""Who may handle chats: ours, and two programs that bring their own endpoint."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which endpoint to set up."""

    url: str = ""
    """As typed: a version segment is added where it lacks one. Empty for the address that its provider has."""
    model: str = ""
    """As typed: a provider prefix is kept for the agent, and taken off the endpoint's model."""
    key_variable: str | None = None
    profile: str | None = None
    """The name of a profile that there is."""
    window: int | None = None
    executor: str = "nex"


def check_executor(name: str) -> None:
    """Raise `UsageError` for an executor that there is not."""
    if name not in EXECUTORS:
        raise UsageError(f"executor {name!r} is not one of: {', '.join(EXECUTORS)}", hint="use: -x nex")


def check_free(state: Path) -> None:
    """Raise `UsageError` if the state directory is set up already: nothing is overwritten."""
    path = state / configuration.CONFIG_NAME
    if path.exists():
        raise UsageError(f"{state} is already set up", hint=f"edit {path}, or name another directory: --dir D")


def own_address(model: str) -> str:
    """Where the provider in front of the model answers by itself; empty for one that stands for any server."""
    prefix, _ = split_model(model)
    return PROVIDERS.get(prefix or "", Provider()).url


def set_up(state: Path, wanted: Wanted, agent: configuration.Agent | None = None) -> configuration.Config:
    """Write the state directory; `agent` may say more than the model. Raises `UsageError` if there is one already."""
    check_executor(wanted.executor)
    agent = msgspec.structs.replace(agent or configuration.Agent(), executor=wanted.executor)
    entries: tuple[configuration.EndpointEntry, ...] = ()
    if wanted.executor == "nex" or wanted.url:
        prefix, name = split_model(wanted.model)
        agent = msgspec.structs.replace(agent, model=f"{prefix or 'nex'}:{name}")
        entries = (_entry(wanted, prefix, name),)
    elif wanted.model:
        agent = msgspec.structs.replace(agent, model=wanted.model)
    config = configuration.Config(
        agent=agent, llm_endpoints=configuration.Endpoints(endpoints=entries), directory=state
    )
    configuration.write(state, config)
    return config


def _entry(wanted: Wanted, prefix: str | None, name: str) -> configuration.EndpointEntry:
    url = wanted.url or own_address(wanted.model)
    if not url:
        raise UsageError(
            f"an endpoint is wanted for the model {wanted.model!r}", hint="name one: -e http://127.0.0.1:8080"
        )
    return configuration.EndpointEntry(
        provider=prefix or "local",
        url=normalise_base_url(url),
        model=name,
        is_default=True,
        api_key_env=wanted.key_variable,
        context_window=wanted.window,
        profile=wanted.profile,
        wire=implied_wire(url),
    )
