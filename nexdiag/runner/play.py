"""A scenario through our executor, in this process: against a live endpoint, a recorder, or a player."""

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable

import httpx
import msgspec

from nexdiag.agent.client import ChatClient
from nexdiag.agent.client.clocks import is_loopback
from nexdiag.agent.driver import Driver, Tools
from nexdiag.agent.loop import AttachWarning, Limits, Machine, budget
from nexdiag.agent.progress import Progress, Tell, ToolRan, TurnEnded, TurnStarted
from nexdiag.agent.prompt import system_prompt
from nexdiag.agent.provider import with_window
from nexdiag.capture.recorder import InSession, Recorder
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.message import Message
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import Session
from nexdiag.runner.equip import specs

COMEBACK = 120.0
"""Seconds for a server on this machine that has answered before to take connections again."""
Sleep = Callable[[float], Awaitable[None]]


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What a scenario is played on: every outside thing, and the one law that the incident breaks."""

    endpoint: Endpoint
    transport: httpx.AsyncBaseTransport
    tools: Tools | None = None
    tell: Tell = lambda progress: None
    clock: Callable[[], float] = time.time
    sleep: Sleep = asyncio.sleep
    attach_warning: AttachWarning = budget.merge_warning
    calls: int = Limits().calls
    """Model calls that a turn may make."""
    history: tuple[Message, ...] = ()
    """What was said before, in an earlier life of the session."""
    turns: int = 0
    """How many turns that was."""


async def play(scenario: Scenario, stage: Stage, *, began: float | None = None) -> Session:
    """Say everything, one after the other, whatever fails; the session as it then is.

    `began` is the moment that the session counts as begun (its date is in the system prompt).
    """
    stage = msgspec.structs.replace(stage, endpoint=fitted(stage.endpoint, scenario))
    driver = assemble(scenario, stage, stage.clock() if began is None else began)
    try:
        turns = [await driver.say(say.text) for say in scenario.say]
    finally:
        await driver.close()
    return Session(id=scenario.name, messages=tuple(driver.machine.messages), turns=tuple(turns))


def fitted(endpoint: Endpoint, scenario: Scenario) -> Endpoint:
    """The endpoint as the scenario wants it used: its window, and its max_tokens within a quarter of that."""
    if scenario.max_tokens is not None:
        endpoint = msgspec.structs.replace(endpoint, max_tokens=scenario.max_tokens)
    return with_window(endpoint, scenario.window)


def assemble(scenario: Scenario, stage: Stage, began: float) -> Driver:
    """The executor for one conversation."""
    endpoint = stage.endpoint
    limits = limits_of(endpoint, stage.calls)
    return Driver(
        Machine(stage.history, limits=limits, attach_warning=stage.attach_warning),
        ChatClient(endpoint, stage.transport),
        system=prompt(scenario, began),
        tools=stage.tools,
        specs=specs(scenario.tools),
        tell=stage.tell,
        clock=stage.clock,
        sleep=stage.sleep,
        turns=stage.turns,
    )


def limits_of(endpoint: Endpoint, calls: int) -> Limits:
    """How far a turn may go: the same live as in replay, or a server that was away would be given up sooner there."""
    start_up = COMEBACK if is_loopback(endpoint.base_url) else 0.0
    return Limits(window=endpoint.window, reserve=endpoint.max_tokens, calls=calls, start_up=start_up)


def prompt(scenario: Scenario, began: float) -> str:
    """The scenario's system prompt, or the default one as it was on that day (in UTC)."""
    if scenario.system is not None:
        return scenario.system
    return system_prompt(today=dt.datetime.fromtimestamp(began, dt.UTC).date(), tools=scenario.tools)


def telling(recorder: Recorder | InSession, also: Tell = lambda progress: None) -> Tell:
    """Progress, kept by the recorder and told on."""

    def tell(progress: Progress) -> None:
        if isinstance(progress, TurnStarted):
            recorder.turn_started(progress.turn)
        elif isinstance(progress, TurnEnded):
            recorder.turn_ended(progress.turn)
        elif isinstance(progress, ToolRan):
            recorder.tool_run(progress.run)
        also(progress)

    return tell
