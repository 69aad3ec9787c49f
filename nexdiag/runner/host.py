"""The executor and its daemon, with what they need from other rooms: profiles, tools, transport, recorder."""

import asyncio
import contextlib
import datetime as dt
import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec

from nexdiag.agent import config as configuration
from nexdiag.agent.client import ChatClient
from nexdiag.agent.daemon.ask import new_request_id
from nexdiag.agent.daemon.server import Daemon
from nexdiag.agent.driver import Driver
from nexdiag.agent.loop import Limits, Machine
from nexdiag.agent.progress import Tell
from nexdiag.agent.prompt import system_prompt
from nexdiag.agent.provider import resolve
from nexdiag.agent.session.conversation import Conversation
from nexdiag.agent.tools.toolbox import Toolbox, standard
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.capture.recorder import Recorder, RecordingTransport
from nexdiag.capture.redact import Redactor
from nexdiag.capture.writer import Writer
from nexdiag.core.cassette import Header
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.scenario import Scenario
from nexdiag.core.version import TOOL
from nexdiag.lint import profiles
from nexdiag.runner.play import fitted, telling


def endpoint_of(config: configuration.Config, *, model: str | None = None, url: str | None = None) -> Endpoint:
    """The endpoint that a config, or the command line, names; its profile by name."""
    return resolve(config, profiles=_profile, environ=os.environ, model=model, endpoint=url)


def _profile(name: str | None) -> Profile:
    return profiles.resolve(None) if name is None else profiles.named(name)


def live_transport() -> httpx.AsyncHTTPTransport:
    """The transport to a real endpoint."""
    return httpx.AsyncHTTPTransport(retries=0)


@contextlib.contextmanager
def recording(
    path: Path, endpoint: Endpoint, scenario: Scenario | None, *, calls: int | None = None
) -> Iterator[Recorder]:
    """A recorder that writes to `path` as long as the context lasts. Its header says what is really sent."""
    endpoint = fitted(endpoint, scenario) if scenario is not None else endpoint
    header = Header(
        tool=TOOL,
        created=time.time(),
        origin=endpoint.base_url,
        model=endpoint.model,
        profile=endpoint.profile.name if endpoint.profile.known else "",
        window=endpoint.window,
        max_tokens=endpoint.max_tokens,
        calls=calls,
        scenario=scenario,
    )
    redactor = Redactor([endpoint.key])
    recorder = Recorder(Writer(path, redactor.header(header)), redactor)
    try:
        yield recorder
    finally:
        recorder.close()


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """What an executor is made of, but for the conversation that it works on."""

    config: configuration.Config
    endpoint: Endpoint
    workspace: Path
    recorder: Recorder | None = None
    read_only: bool = False


def make_executor(crew: Crew, conversation: Conversation | None, tell: Tell) -> Driver:
    """The executor for a conversation, going on from what its journal holds; for None, one that keeps no journal."""
    toolbox = _toolbox(crew)
    specs = toolbox.specs() if toolbox is not None else ()
    today = dt.datetime.now(dt.UTC).date()
    fresh = crew.config.agent.system or system_prompt(today=today, tools=[spec.name for spec in specs])
    system = conversation.system or fresh if conversation is not None else fresh
    endpoint = crew.endpoint
    if conversation is not None:
        conversation.begin(model=endpoint.model, provider=endpoint.base_url, system=system, tools=specs)
    transport: httpx.AsyncBaseTransport = live_transport()
    if crew.recorder is not None:
        transport = RecordingTransport(transport, crew.recorder)
        tell = telling(crew.recorder, tell)
    limits = Limits(window=endpoint.window, reserve=endpoint.max_tokens, calls=crew.config.agent.max_turns)
    return Driver(
        Machine(conversation.messages if conversation is not None else (), limits=limits),
        ChatClient(endpoint, transport),
        system=system,
        tools=toolbox,
        specs=specs,
        journal=conversation.journal if conversation is not None else None,
        tell=tell,
        turns=conversation.turns if conversation is not None else 0,
    )


def _environment(endpoint: Endpoint) -> dict[str, str]:
    """What commands see: not the endpoint's key, whatever its variable is called."""
    return {name: value for name, value in os.environ.items() if name != endpoint.key_variable}


def _toolbox(crew: Crew) -> Toolbox | None:
    """The tools that the config allows, in the workspace."""
    allowed = crew.config.agent.tools
    if allowed == ():
        return None
    toolbox = standard(Workspace(crew.workspace), environment=_environment(crew.endpoint))
    if allowed is not None:
        toolbox = toolbox.subset(allowed)
    return toolbox.subset(toolbox.reading()) if crew.read_only else toolbox


def run(state: Path, cassette: Path | None = None, scenario: Scenario | None = None) -> str | None:
    """Run the daemon in the foreground until it is told to stop. With a cassette, record everything that passes.

    `scenario` is what will be played; it goes into the recording's header.

    Returns what went wrong with the recording, if something did.
    """
    config = configuration.read(state)
    endpoint = endpoint_of(config)
    with contextlib.ExitStack() as open_files:
        recorder = None
        if cassette is not None:
            played = scenario or _open_scenario(
                cassette, Crew(config=config, endpoint=endpoint, workspace=state.parent)
            )
            calls = config.agent.max_turns
            recorder = open_files.enter_context(recording(cassette, endpoint, played, calls=calls))
        asyncio.run(_serve(state, recorder))
        return recorder.writer.trouble if recorder is not None else None


def _open_scenario(cassette: Path, crew: Crew) -> Scenario:
    """What a chat without a scenario is recorded as: nothing to say beforehand, but its prompt and its tools."""
    toolbox = _toolbox(crew)
    names = tuple(spec.name for spec in toolbox.specs()) if toolbox is not None else ()
    return Scenario(name=cassette.name.split(".")[0], say=(), system=crew.config.agent.system, tools=names)


async def _serve(state: Path, recorder: Recorder | None) -> None:
    def driver(conversation: Conversation, tell: Tell) -> Driver:
        """The config is read again for each chat: what it says now is in force."""
        config = configuration.read(state)
        crew = Crew(config=config, endpoint=endpoint_of(config), workspace=state.parent, recorder=recorder)
        return make_executor(crew, conversation, tell)

    daemon = Daemon(
        state,
        driver,
        clock=time.time,
        listener=recorder.log_line if recorder is not None else lambda line: None,
        new_request_id=new_request_id,
        trouble=lambda: recorder.trouble if recorder is not None else None,
    )
    await daemon.serve()
