"""A new state directory, from what was typed: what `init` writes, and every smoke."""

from pathlib import Path

import msgspec

from nexdiag.agent import config as configuration
from nexdiag.agent.provider import normalise_base_url, split_model

EXECUTORS = ("nex",)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which endpoint to set up."""

    url: str
    """As typed: a version segment is added where it lacks one."""
    model: str
    """As typed: a provider prefix is kept for the agent, and taken off the endpoint's model."""
    key_variable: str | None = None
    profile: str | None = None
    """The name of a profile that there is."""
    window: int | None = None
    executor: str = "nex"


def set_up(state: Path, wanted: Wanted, agent: configuration.Agent | None = None) -> configuration.Config:
    """Write the state directory; `agent` may say more than the model. Raises `UsageError` if there is one already."""
    prefix, name = split_model(wanted.model)
    entry = configuration.EndpointEntry(
        url=normalise_base_url(wanted.url),
        model=name,
        is_default=True,
        api_key_env=wanted.key_variable,
        context_window=wanted.window,
        profile=wanted.profile,
    )
    agent = msgspec.structs.replace(
        agent or configuration.Agent(), model=f"{prefix or 'nex'}:{name}", executor=wanted.executor
    )
    config = configuration.Config(
        agent=agent, llm_endpoints=configuration.Endpoints(endpoints=(entry,)), directory=state
    )
    configuration.write(state, config)
    return config
