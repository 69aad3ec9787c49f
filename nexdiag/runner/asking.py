"""Asks the session's model on behalf of a tool: a driver of its own for each question, without a journal.

What such a conversation sends is recorded, but as belonging to no turn: a replay plays the turns again, and gives the
tool's recorded output without asking anybody; in a turn, these exchanges would count as missing.
"""

import datetime as dt
from collections.abc import Callable

import httpx
import msgspec

from nexdiag.agent.client import ChatClient
from nexdiag.agent.driver import Driver
from nexdiag.agent.loop import Limits, Machine, budget
from nexdiag.agent.tools.toolbox import Toolbox
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import ToolError


class ModelAsker:
    """An asker (see `nexdiag.agent.tools.asker`) that asks one endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        transport: Callable[[], httpx.AsyncBaseTransport],
        today: Callable[[], dt.date] = lambda: dt.datetime.now(dt.UTC).date(),
    ) -> None:
        """`transport` makes a connection for each conversation: live, or recording."""
        self._endpoint = endpoint
        self._transport = transport
        self._today = today

    @property
    def window(self) -> int | None:
        """The endpoint's context window."""
        return self._endpoint.window

    async def ask(self, prompt: str, *, system: str, tools: Toolbox | None = None, max_turns: int = 10) -> str:
        """Return the model's last word, after at most `max_turns` model calls. ToolError if there is none."""
        return await self._say(self._endpoint, prompt, system, tools, max_turns)

    async def complete(self, prompt: str, *, system: str, max_tokens: int | None = None) -> str:
        """Return the model's answer to one question, without tools. ToolError if there is none."""
        endpoint = self._endpoint
        if max_tokens is not None:
            endpoint = msgspec.structs.replace(endpoint, max_tokens=min(max_tokens, endpoint.max_tokens))
        return await self._say(endpoint, prompt, system, None, Limits().calls)

    async def _say(self, endpoint: Endpoint, prompt: str, system: str, tools: Toolbox | None, calls: int) -> str:
        today = self._today()
        # Without the day, a model makes one up (reference fault 43).
        system = f"{system}\nToday is {today:%Y-%m-%d} ({today:%A})."
        specs = tools.specs() if tools is not None else ()
        limits = Limits(
            window=endpoint.window,
            reserve=endpoint.max_tokens,
            overhead=budget.overhead(system, specs),
            calls=calls,
        )
        driver = Driver(
            Machine((), limits=limits),
            ChatClient(endpoint, _OutsideTurns(self._transport())),
            system=system,
            tools=tools,
            specs=specs,
        )
        try:
            turn = await driver.say(prompt)
        finally:
            await driver.close()
        if turn.outcome != "answered" or not turn.reply:
            raise ToolError(f"the helper gave no answer: {turn.error or turn.outcome}")
        return f"{turn.reply}\n\n[{turn.error}]" if turn.error else turn.reply  # half an answer is told as half


class _OutsideTurns(httpx.AsyncBaseTransport):
    """Passes requests on without the number of a turn: the driver's is that of its own little conversation."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {name: value for name, value in request.extensions.items() if name != "nexdiag.turn"}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
