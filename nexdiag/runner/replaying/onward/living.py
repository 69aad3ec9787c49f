"""The part of a conversation that is said live, by the very machine that its played part has come to, and recorded.

Law: it begins where the played part was exact, and somebody listens; whoever calls it has made sure of the one.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from nexdiag.agent.client import ChatClient
from nexdiag.agent.client.clocks import allowed_silence, clocks_for
from nexdiag.agent.driver import Driver, Tools
from nexdiag.agent.loop import Machine
from nexdiag.agent.progress import Tell
from nexdiag.capture.recorder import InSession, Recorder
from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.writer import Writer
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import EndpointError
from nexdiag.core.turn import LogLine, Turn
from nexdiag.runner.crew import live_transport
from nexdiag.runner.equip import specs
from nexdiag.runner.play import fitted, limits_of, prompt, telling
from nexdiag.runner.probed import probed
from nexdiag.runner.redaction import redactor_for
from nexdiag.runner.replaying.onward.parted import Part, staged

_PATIENCE = 5.0
"""Seconds for a server to take a connection."""


class Living(msgspec.Struct, frozen=True, kw_only=True):
    """Who goes on, where, and with what."""

    part: Part
    machine: Machine
    """What the played part has come to."""
    endpoint: Endpoint
    tools: Tools
    environ: Mapping[str, str]
    now: float
    """When it goes on."""
    tell: Tell = lambda progress: None

    def say(
        self, says: Sequence[str], output: Path, line: LogLine, told: Callable[[Turn], None]
    ) -> tuple[tuple[Turn, ...], str | None]:
        """Say each, recorded behind `line` and what is in the file; the turns, and why recording stopped, if it did.

        `told` hears of each turn, without its secrets.
        """
        redactions = self.part.whole.header.redactions
        redactor = redactor_for(redactions, [self.endpoint.key, *secrets_of(self.environ)])
        recorder = Recorder(Writer.reopen(output), redactor)
        try:
            recorder.log_line(line)
            turns = asyncio.run(self._said(says, recorder, told))
        finally:
            recorder.close()
        return turns, recorder.trouble

    async def _said(self, says: Sequence[str], recorder: Recorder, told: Callable[[Turn], None]) -> tuple[Turn, ...]:
        turns: list[Turn] = []
        session = self.part.session
        driver = self._driver(InSession(recorder, session) if session else recorder)
        try:
            for text in says:
                turns.append(_without_secrets(await driver.say(text), recorder))
                told(turns[-1])
        finally:
            await driver.close()
        return tuple(turns)

    def _driver(self, recorder: Recorder | InSession) -> Driver:
        transport = RecordingTransport(live_transport(), recorder)
        scenario, stage, began = staged(self.part, transport, self.tools, now=self.now)
        endpoint = fitted(self.endpoint, scenario)
        limits = limits_of(endpoint, stage.calls)
        self.machine.limits = msgspec.structs.replace(limits, overhead=self.machine.limits.overhead)
        return Driver(
            self.machine,
            ChatClient(endpoint, transport, clocks=clocks_for(endpoint, idle=allowed_silence(self.environ))),
            system=prompt(scenario, began),
            tools=self.tools,
            specs=specs(scenario.tools),
            tell=telling(recorder, self.tell),
            turns=self.part.before,
        )


def there(endpoint: Endpoint) -> Endpoint:
    """The endpoint with what its server tells of itself. Raises `EndpointError` if nobody takes a connection there."""

    async def asked() -> Endpoint:
        await asyncio.wait_for(_connect(endpoint), _PATIENCE)
        return await probed(endpoint)

    try:
        return asyncio.run(asked())
    except (OSError, TimeoutError) as error:
        hint = "start it, or name another: -e URL -m MODEL"
        raise EndpointError(f"nobody answers at {endpoint.base_url}; nothing was recorded", hint=hint) from error


async def _connect(endpoint: Endpoint) -> None:
    url = urlsplit(endpoint.base_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    _, writer = await asyncio.open_connection(url.hostname, port)
    writer.close()
    await writer.wait_closed()


def _without_secrets(turn: Turn, recorder: Recorder) -> Turn:
    said, reply, error = (None if text is None else recorder.text(text) for text in (turn.said, turn.reply, turn.error))
    return msgspec.structs.replace(turn, said=said or "", reply=reply, error=error)
