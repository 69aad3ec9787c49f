"""What an executor is made of, and its making: endpoint, tools, transport, recorder, a window that the server tells."""

import asyncio
import contextlib
import datetime as dt
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import msgspec

from nexdiag.agent import bundle as bundles
from nexdiag.agent import config as configuration
from nexdiag.agent import executors
from nexdiag.agent.client import ChatClient
from nexdiag.agent.client.clocks import allowed_silence, clocks_for
from nexdiag.agent.client.transport import Direct
from nexdiag.agent.driver import Driver
from nexdiag.agent.executor import Executor
from nexdiag.agent.loop import Machine
from nexdiag.agent.mcp.servers import servers
from nexdiag.agent.progress import Repaired, Tell
from nexdiag.agent.prompt import system_prompt
from nexdiag.agent.provider import resolve
from nexdiag.agent.session.conversation import Conversation
from nexdiag.agent.tools.toolbox import Toolbox
from nexdiag.capture.recorder import InSession, Recorder
from nexdiag.capture.transport import RecordingTransport
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message
from nexdiag.lint import profiles
from nexdiag.runner.asking import ModelAsker
from nexdiag.runner.equip import equip, without_keys
from nexdiag.runner.play import limits_of, telling
from nexdiag.runner.probed import probed


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """What an executor is made of, but for the conversation that it works on."""

    config: configuration.Config
    endpoint: Endpoint
    workspace: Path
    recorder: Recorder | InSession | None = None
    state: Path | None = None
    """Where jobs and long outputs are kept; None keeps none."""
    read_only: bool = False
    bundle: str | None = None
    """The tools, by the name of a bundle."""
    role: str | None = None
    """What a role adds to the system prompt."""
    mcp: bool = True
    """Whether MCP servers are started."""


def endpoint_of(config: configuration.Config, *, model: str | None = None, url: str | None = None) -> Endpoint:
    """The endpoint that a config, or the command line, names; its profile by name."""
    return resolve(config, profiles=_profile, environ=os.environ, model=model, endpoint=url)


def _profile(name: str | None) -> Profile:
    return profiles.resolve(None) if name is None else profiles.named(name)


def live_transport() -> httpx.AsyncBaseTransport:
    """The transport to a real endpoint."""
    return Direct()


async def make_executor(
    crew: Crew, conversation: Conversation | None, tell: Tell, *, history: Sequence[Message] = ()
) -> Driver:
    """Our executor for a conversation, going on from what its journal holds; for None, one that keeps no journal.

    `history` is what it begins with where there is no journal. Raises `UsageError` for tools, a bundle or MCP servers
    that cannot be had.
    """
    if crew.recorder is not None:
        tell = telling(crew.recorder, tell)  # what it is recorded with was asked before its header was written
    else:
        crew = msgspec.structs.replace(crew, endpoint=await probed(crew.endpoint))
    endpoint = crew.endpoint
    toolbox = await _toolbox(crew, tell)
    specs = toolbox.specs() if toolbox is not None else ()
    system = _system(crew, [spec.name for spec in specs])
    if conversation is not None:
        system = conversation.system or system
        conversation.begin(model=endpoint.model, provider=endpoint.base_url, system=system, tools=specs)
    return Driver(
        Machine(
            conversation.messages if conversation is not None else history,
            limits=limits_of(endpoint, crew.config.agent.max_turns),
            chance=random.random,
        ),
        ChatClient(
            endpoint,
            _transport(crew),
            clocks=clocks_for(endpoint, idle=allowed_silence(os.environ)),
            session=conversation.directory.name if conversation is not None else "",
            aside=live_transport,
        ),
        system=system,
        tools=toolbox,
        specs=specs,
        journal=conversation.journal if conversation is not None else None,
        tell=tell,
        turns=conversation.turns if conversation is not None else 0,
        model=endpoint.model,
    )


def other_executor(
    kind: str, config: configuration.Config, conversation: Conversation, tell: Tell, *, workspace: Path
) -> Executor:
    """The installed CLI of that kind as a chat's executor. It sees the whole environment: it needs its own keys.

    Raises `UsageError` where the config binds tools or prompt, which a CLI would not heed.
    """
    agent = config.agent
    binding = {"tools.deny_tools": config.tools.deny_tools, "agent.tools": agent.tools is not None}
    ignored = [name for name, said in {**binding, "agent.system": agent.system}.items() if said]
    if ignored:  # what would be ignored is refused: it may be there for safety
        hint = f"take it out of config.toml, and tell {kind} in its own configuration"
        raise UsageError(f"{kind} takes no {', '.join(ignored)} from us", hint=hint)
    model = agent.model
    return executors.make(kind, conversation, tell, model=model, environment=os.environ, workspace=workspace)


def _transport(crew: Crew) -> httpx.AsyncBaseTransport:
    live = live_transport()
    return live if crew.recorder is None else RecordingTransport(live, crew.recorder)


def _system(crew: Crew, tools: Sequence[str]) -> str:
    """The prompt of a session that begins today, with what bundle and role add."""
    today = dt.datetime.fromtimestamp(time.time(), dt.UTC).date()
    system = crew.config.agent.system or system_prompt(today=today, tools=tools)
    if crew.bundle is not None:
        system = bundles.find(crew.state, crew.bundle).prompt(system)
    return system if crew.role is None else f"{system}\n\n## Role\n\n{crew.role}"


async def _toolbox(crew: Crew, tell: Tell) -> Toolbox | None:
    """The tools that config, bundle and MCP servers give; the servers end when the toolbox is closed."""
    config = crew.config
    held = contextlib.AsyncExitStack()
    try:
        starting = servers(
            config.mcp if crew.mcp and config.agent.tools != () else configuration.Mcp(),
            without_keys(os.environ, config, crew.endpoint),
            deny=config.tools.deny_tools,
            workspace=crew.workspace,
            report=lambda line: tell(Repaired(what=line)),
        )
        toolbox = equip(
            config=config,
            endpoint=crew.endpoint,
            workspace=crew.workspace,
            environ=os.environ,
            state=crew.state,
            asker=ModelAsker(crew.endpoint, transport=lambda: _transport(crew)),
            bundle=bundles.find(crew.state, crew.bundle) if crew.bundle is not None else None,
            more=await held.enter_async_context(starting),
            closing=[held.aclose],
            read_only=crew.read_only,
        )
    except BaseException:
        await held.aclose()
        raise
    if toolbox is None:
        await held.aclose()
    return toolbox


def offered(crew: Crew) -> tuple[str, ...]:
    """The names of the tools that a session of this crew is offered, without those of MCP servers."""

    async def names() -> tuple[str, ...]:
        toolbox = await _toolbox(msgspec.structs.replace(crew, mcp=False), lambda told: None)
        if toolbox is None:
            return ()
        await toolbox.close()
        return tuple(spec.name for spec in toolbox.specs())

    return asyncio.run(names())
