"""Live tools: in a replay no tool runs, unless that was asked for. Then they run for real.

What they give otherwise than in the recording is told with the turn, as any tool run that differs.

Law: a tool that the config denies is denied here too, and who asks for live tools is told first which will run, and
where. A tool runs beside the closed network of the replay: what it starts as a process is not held back by that.
"""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from nexdiag.agent.config import Config
from nexdiag.agent.driver import Tools
from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.errors import UsageError
from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun
from nexdiag.lint import profiles
from nexdiag.report.visible import one_line
from nexdiag.runner.equip import NEEDS_A_MODEL, equip
from nexdiag.runner.replaying.onward.target import config_at


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The tools that will run, and where."""

    tools: "LiveTools"
    runs: tuple[str, ...]
    denied: tuple[str, ...]
    """Those that the config denies: a call of theirs is answered so, and does nothing."""
    unable: tuple[str, ...]
    """Those that cannot work here: there is no model to ask, or no search engine."""
    workspace: Path

    @property
    def warning(self) -> str:
        """One line for who asked for it, before anything runs."""
        where = one_line(str(self.workspace))
        told = f"tools run for real in {where}: {', '.join(self.runs)}" if self.runs else f"no tool can run in {where}"
        if self.denied:
            told += f"; denied: {', '.join(self.denied)}"
        return told + (f"; cannot work here: {', '.join(self.unable)}" if self.unable else "")


class LiveTools:
    """Tools that run. Each conversation has its own, from its first call until they are closed."""

    def __init__(self, make: Callable[[], Tools]) -> None:
        """`make` makes them anew: jobs and connections end with the conversation that they belong to."""
        self._make = make
        self._tools: Tools | None = None

    async def run(
        self, calls: Sequence[ToolCall], *, on_run: Callable[[ToolRun], None] | None = None
    ) -> tuple[ToolRun, ...]:
        """One run for each call, for real."""
        if self._tools is None:
            self._tools = self._make()
        return await self._tools.run(calls, on_run=on_run)

    async def close(self) -> None:
        """End what runs in the background."""
        tools, self._tools = self._tools, None
        if tools is not None:
            await tools.close()


def tools_for(
    cassette: Cassette, *, workspace: Path | None = None, config: Config | None = None, environ: Mapping[str, str]
) -> Live | None:
    """The tools of a recording's scenario, to be handed to `rerun`; None if it has none. Raises as `live_tools`.

    Without a `config`, that of the nearest state directory says what is denied.
    """
    header = cassette.header
    config = config_at(environ, Path.cwd()) if config is None else config
    if header.scenario is None:
        return None
    endpoint = Endpoint(base_url=header.origin, model=header.model, profile=profiles.UNKNOWN)
    return live_tools(
        header.scenario.tools,
        endpoint=endpoint,
        workspace=workspace,
        config=config,
        environ=environ,
    )


def live_tools(
    names: Sequence[str],
    *,
    endpoint: Endpoint,
    workspace: Path | None = None,
    config: Config | None = None,
    environ: Mapping[str, str],
) -> Live | None:
    """The tools of a scenario, to be run; None if it has none.

    Raises `UsageError` for a tool that is not ours, and for a workspace that is no directory.
    """
    config = config or Config()
    place = (workspace or Path()).absolute()
    if not place.is_dir():
        raise UsageError(f"no directory at {place}", hint="name the one that tools are to work in: --workspace DIR")
    if not names:
        return None
    first = equip(config=config, endpoint=endpoint, workspace=place, environ=environ, names=names)
    if first is None:
        return None

    def make() -> Tools:
        made = equip(config=config, endpoint=endpoint, workspace=place, environ=environ, names=names)
        assert made is not None, "there were some before"
        return made

    offered = tuple(spec.name for spec in first.specs())
    unable = {*NEEDS_A_MODEL, *(["web_search"] if config.tools.web_search is None else [])}
    return Live(
        tools=LiveTools(make),
        runs=tuple(name for name in offered if name not in unable),
        denied=tuple(name for name in names if _denied(name, config)),
        unable=tuple(name for name in offered if name in unable),
        workspace=place,
    )


def _denied(name: str, config: Config) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in config.tools.deny_tools)
