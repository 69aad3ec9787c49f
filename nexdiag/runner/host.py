"""The daemon, with everything that it needs from other rooms: profiles, tools, a transport, and the recorder if wanted."""

import asyncio
import contextlib
import datetime
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from nexdiag import __version__
from nexdiag.agent import config as configuration
from nexdiag.agent.client import ChatClient
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
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.scenario import Scenario
from nexdiag.lint import profiles
from nexdiag.runner.play import telling


def endpoint_of(config: configuration.Config, *, model: str | None = None, url: str | None = None) -> Endpoint:
    """The endpoint that a config, or the command line, names; its profile by name."""
    return resolve(config, profiles=_profile, environ=os.environ, model=model, endpoint=url)


def _profile(name: str | None) -> "profiles.Profile":
    return profiles.resolve(None) if name is None else profiles.named(name)


def live_transport() -> httpx.AsyncHTTPTransport:
    """The transport to a real endpoint."""
    return httpx.AsyncHTTPTransport(retries=0)


@contextlib.contextmanager
def recording(path: Path, endpoint: Endpoint, scenario: Scenario | None) -> Iterator[Recorder]:
    """A recorder that writes to `path` as long as the context lasts."""
    header = Header(
        tool=f"nexdiag {__version__}",
        created=time.time(),
        origin=endpoint.base_url,
        model=endpoint.model,
        profile=endpoint.profile.name if endpoint.profile.known else "",
        window=endpoint.window,
        max_tokens=endpoint.max_tokens,
        scenario=scenario,
    )
    writer = Writer(path, header)
    try:
        yield Recorder(writer, Redactor([endpoint.key]))
    finally:
        writer.close()


class Host:
    """Makes the executor of each chat."""

    def __init__(self, state: Path, recorder: Recorder | None = None) -> None:
        """The config is read again for each chat, so that a change of it needs no guess at what is in force."""
        self._state = state
        self._recorder = recorder

    def make_driver(self, conversation: Conversation, tell: Tell) -> Driver:
        """The executor for a conversation, going on from what its journal holds."""
        config = configuration.read(self._state)
        endpoint = endpoint_of(config)
        toolbox = _toolbox(config, self._state)
        today = datetime.datetime.now(datetime.UTC).date()
        specs = toolbox.specs() if toolbox is not None else ()
        names = [spec.name for spec in specs]
        system = conversation.system or config.agent.system or system_prompt(today=today, tools=names)
        conversation.begin(model=endpoint.model, provider=endpoint.base_url, system=system, tools=specs)
        transport: httpx.AsyncBaseTransport = live_transport()
        if self._recorder is not None:
            transport = RecordingTransport(transport, self._recorder)
            tell = telling(self._recorder, tell)
        return Driver(
            Machine(conversation.messages, limits=_limits(config, endpoint)),
            ChatClient(endpoint, transport),
            system=system,
            tools=toolbox,
            specs=specs,
            journal=conversation.journal,
            tell=tell,
            turns=conversation.turns,
        )


def _limits(config: configuration.Config, endpoint: Endpoint) -> Limits:
    return Limits(window=endpoint.window, reserve=endpoint.max_tokens, calls=config.agent.max_turns)


def _toolbox(config: configuration.Config, state: Path) -> Toolbox | None:
    """The tools that the config allows, in the directory that holds the state directory."""
    if config.agent.tools == ():
        return None
    toolbox = standard(Workspace(state.parent))
    return toolbox if config.agent.tools is None else toolbox.subset(config.agent.tools)


def run(state: Path, cassette: Path | None = None) -> str | None:
    """Run the daemon in the foreground until it is told to stop. With a cassette, record everything that passes.

    Returns what went wrong with the recording, if something did.
    """
    config = configuration.read(state)
    endpoint = endpoint_of(config)
    with contextlib.ExitStack() as open_files:
        recorder = None
        if cassette is not None:
            agent = config.agent
            scenario = Scenario(name=cassette.name.split(".")[0], say=(), system=agent.system, tools=agent.tools or ())
            recorder = open_files.enter_context(recording(cassette, endpoint, scenario))
        host = Host(state, recorder)
        asyncio.run(_serve(state, host, recorder))
        return recorder.writer.trouble if recorder is not None else None


async def _serve(state: Path, host: Host, recorder: Recorder | None) -> None:
    daemon = Daemon(
        state,
        host.make_driver,
        clock=time.time,
        listener=recorder.log_line if recorder is not None else lambda line: None,
        new_request_id=lambda: f"chat-{time.time_ns() // 1_000_000}-{secrets.randbelow(10**10):010d}",
    )
    await daemon.serve()


