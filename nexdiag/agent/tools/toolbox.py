"""Toolbox: decides which of a model's tool calls run, in which order, and words what came of each.

Law: every call gets exactly one ToolRun, whatever happened, in the order of the calls; only cancellation passes
through. Nothing runs on arguments that cannot be read whole: a call that was cut off must never act.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from nexdiag.agent.tools.bash import Bash
from nexdiag.agent.tools.edit_file import EditFile
from nexdiag.agent.tools.glob import Glob
from nexdiag.agent.tools.grep import Grep
from nexdiag.agent.tools.output import head_tail, utf8
from nexdiag.agent.tools.read_file import ReadFile
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.together import together
from nexdiag.agent.tools.tool import Tool, nearest, shown
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.agent.tools.write_file import WriteFile
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.errors import NexdiagError, ToolError, UsageError
from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun

TOGETHER = 10
"""Read-only tools that run at the same time."""
CAP = 102_400
"""Characters of any tool's output; the tools themselves have tighter ones."""

_AROUND = 20

Closing = Callable[[], Awaitable[None]]


class Toolbox:
    """The tools of one session."""

    def __init__(  # noqa: PLR0913 - each of them is independent of the others
        self,
        tools: Sequence[Tool],
        *,
        deny: Collection[str] = (),
        hide: Collection[str] = (),
        spill: Spill | None = None,
        closing: Sequence[Closing] = (),
        clock: Callable[[], float],
    ) -> None:
        """Hold `tools`, whose names must differ (else UsageError); refuse those in `deny`, known or not.

        `deny` holds names, and patterns such as `*_file`; upper and lower case differ. Those in `hide` are not offered,
        but answer if they are asked. `spill` keeps what is over the cap; `closing` lets go of what the tools hold.
        """
        self._tools = {tool.name: tool for tool in sorted(tools, key=lambda tool: tool.name)}
        if len(self._tools) < len(tools):
            raise UsageError(f"tool names must differ, found {sorted(tool.name for tool in tools)}")
        self._deny = frozenset(deny)
        self._hide = frozenset(hide)
        self._spill = spill
        self._closing = tuple(closing)
        self._clock = clock

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return what the model is told, sorted by name: equal requests share a server's prompt cache.

        A denied tool is not offered; a model that asks for it all the same is refused.
        """
        return tuple(
            ToolSpec(name=name, description=tool.description, parameters=tool.parameters)
            for name, tool in self._tools.items()
            if name not in self._hide and not self._denied(name)
        )

    def subset(self, names: Collection[str]) -> "Toolbox":
        """Return a toolbox of these tools only, all offered; UsageError for a name that is not here."""
        for name in names:
            if name not in self._tools:
                raise UsageError(f"no such tool: {shown(name)}", hint=self._instead(name))
        kept = [tool for name, tool in self._tools.items() if name in names]
        return Toolbox(kept, deny=self._deny, spill=self._spill, closing=self._closing, clock=self._clock)

    def reading(self) -> tuple[str, ...]:
        """Return the names of the tools that change nothing."""
        return tuple(name for name, tool in self._tools.items() if tool.read_only)

    async def run(
        self, calls: Sequence[ToolCall], *, on_run: Callable[[ToolRun], None] | None = None
    ) -> tuple[ToolRun, ...]:
        """Run the calls: those that only read together, then the others one by one; answer in their order.

        `on_run` hears of each as it ends, so that a cancellation in the middle does not lose what is done. What it
        raises ends the other calls first, and passes through.
        """
        done: dict[int, ToolRun] = {}

        async def one(at: int) -> None:
            done[at] = await self._run(calls[at])
            if on_run is not None:
                on_run(done[at])

        reading = [at for at, call in enumerate(calls) if not self._mutates(call.name)]
        await together([partial(one, at) for at in reading], TOGETHER)
        for at in range(len(calls)):
            if at not in done:
                await one(at)
        return tuple(done[at] for at in range(len(calls)))

    async def close(self) -> None:
        """End jobs and let go of connections. May be called again."""
        closing, self._closing = self._closing, ()
        failures = await asyncio.gather(*(close() for close in closing), return_exceptions=True)
        for failure in failures:
            if isinstance(failure, asyncio.CancelledError):
                raise failure

    def _mutates(self, name: str) -> bool:
        return name in self._tools and not self._tools[name].read_only

    async def _run(self, call: ToolCall) -> ToolRun:
        started = self._clock()
        is_error = False
        try:
            output = str(await self._tool(call.name).run(parse_arguments(call.arguments)))
        except NexdiagError as error:
            output, is_error = error.what + (f"\nhint: {error.hint}" if error.hint else ""), True
        except Exception as error:  # noqa: BLE001 - a fault in one tool must not end the conversation
            output, is_error = f"{type(error).__name__}: {error}", True
        return ToolRun(
            call_id=call.id,
            name=call.name,
            arguments=call.arguments,
            output=self._within(call.name, utf8(output)),
            is_error=is_error,
            started=started,
            duration=self._clock() - started,
        )

    def _denied(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._deny)

    def _within(self, name: str, output: str) -> str:
        return head_tail(output, CAP) if self._spill is None else self._spill.fit(name, output, CAP)

    def _tool(self, name: str) -> Tool:
        # Denial comes first, for every kind of tool: the reference executor forgot it for those that only read.
        if self._denied(name):
            raise ToolError("permission denied")
        if name not in self._tools:
            raise ToolError(f"Unknown tool: {shown(name)[1:-1]}", hint=self._instead(name))
        return self._tools[name]

    def _instead(self, name: str) -> str:
        allowed = [known for known in self._tools if not self._denied(known)]
        near = nearest(name, allowed)
        return f"did you mean {near!r}?" if near else f"the tools are: {', '.join(allowed) or 'none'}"


def parse_arguments(text: str) -> dict[str, Any]:
    """Return the JSON object that a model sent as arguments (nothing counts as {}); ToolError with the position."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        near = shown(text[max(0, error.pos - _AROUND) : error.pos + _AROUND])
        what = f"arguments are not JSON: {error.msg} at character {error.pos} of {len(text)}, near {near}"
        raise ToolError(what, hint="they may have been cut off: send them whole, in smaller pieces") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets too deep
        raise ToolError(f"arguments are not JSON that can be read: {error}") from error
    if not isinstance(value, dict):
        found = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}.get(type(value), "a number")
        raise ToolError(f"arguments must be a JSON object, found {found}")
    return value


def standard(
    workspace: Workspace,
    *,
    deny: Collection[str] = (),
    clock: Callable[[], float] = time.time,
    environment: Mapping[str, str] | None = None,
) -> Toolbox:
    """Return the six standard tools for a workspace; `environment` is what bash commands see, but for secrets."""
    tools: list[Tool] = [
        Bash(workspace, environment=environment),
        ReadFile(workspace),
        WriteFile(workspace),
        EditFile(workspace),
        Glob(workspace),
        Grep(workspace),
    ]
    return Toolbox(tools, deny=deny, clock=clock)
