"""Equips a session with its tools: which there are, which are offered, which are denied.

Law: a tool that is denied, or not named, is so on every path: in this toolbox and in that of every helper.
"""

import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import httpx
import msgspec

from nexdiag.agent.bundle import EVERY, Bundle
from nexdiag.agent.client.transport import Direct
from nexdiag.agent.config import Config
from nexdiag.agent.tools.addresses import Resolve, system_resolve
from nexdiag.agent.tools.asker import Asker
from nexdiag.agent.tools.bash import Bash
from nexdiag.agent.tools.bg import Bg
from nexdiag.agent.tools.delegate import Delegate
from nexdiag.agent.tools.edit_file import EditFile
from nexdiag.agent.tools.glob import Glob
from nexdiag.agent.tools.grep import Grep
from nexdiag.agent.tools.jobs import Jobs
from nexdiag.agent.tools.map import Map
from nexdiag.agent.tools.read_file import ReadFile
from nexdiag.agent.tools.seen import Seen
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.summarize import Summarize
from nexdiag.agent.tools.todo_write import TodoWrite
from nexdiag.agent.tools.tool import Tool, nearest, shown
from nexdiag.agent.tools.toolbox import Closing, Toolbox
from nexdiag.agent.tools.web_fetch import WebFetch
from nexdiag.agent.tools.web_search import WebSearch
from nexdiag.agent.tools.workspace import Workspace
from nexdiag.agent.tools.write_file import WriteFile
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.endpoint import Endpoint, Profile
from nexdiag.core.errors import UsageError

OUTPUTS = "tool-outputs"
JOBS = "jobs"
"""Directories below the state directory."""

SEPARATOR = "__"
"""Stands between server and tool in the name of an MCP server's tool, and in no other name."""

NEEDS_A_MODEL = frozenset({"delegate", "map", "summarize"})


def equip(  # noqa: PLR0913 - every outside thing is an argument
    *,
    config: Config,
    endpoint: Endpoint,
    workspace: Path,
    environ: Mapping[str, str],
    state: Path | None = None,
    asker: Asker | None = None,
    names: Collection[str] | None = None,
    bundle: Bundle | None = None,
    deny: Collection[str] = (),
    more: Sequence[Tool] = (),
    closing: Sequence[Closing] = (),
    read_only: bool = False,
    private_network: bool = False,
    transport: Callable[[], httpx.AsyncBaseTransport] = Direct,
    resolve: Resolve = system_resolve,
    clock: Callable[[], float] = time.time,
) -> Toolbox | None:
    """Return the session's toolbox, which wants to be closed; None if the session is to have no tools.

    `names` (of a scenario; patterns such as `*_file` too) goes before `agent.tools` of the config; without either, all
    tools are offered that can work here. `bundle` chooses among them. `deny` adds to `tools.deny_tools`, in
    the same words. `more` are tools from elsewhere (MCP servers), which `closing` lets go of. UsageError for a name or
    pattern that fits no tool, in any of these.
    """
    wanted = config.agent.tools if names is None else tuple(names)
    if wanted == ():
        return None
    web = _Lazy(transport)
    state = None if state is None else state.resolve()
    kept = [] if state is None else [state / OUTPUTS, state / JOBS]
    place = Workspace(workspace, reading=kept, closed=[] if state is None else [state])
    spill = Spill(None if state is None else state / OUTPUTS, root=place.root, clock=clock)
    kit = _Kit(
        workspace=place,
        environment=without_keys(environ, config, endpoint),
        spill=spill,
        jobs_folder=None if state is None else state / JOBS,
        fetch=WebFetch(web, spill=spill, resolve=resolve, private=private_network),
        search=WebSearch(config.tools.web_search, web, environ=environ),
        asker=asker,
        more=tuple(more),
        closing=tuple(closing),
        wanted=wanted,
        bundle=bundle,
        deny=(*config.tools.deny_tools, *deny),
        servers=frozenset(config.mcp.servers),
        read_only=read_only,
        clock=clock,
    )
    return kit.session(hide=_unable(config, asker) if wanted is None or bundle is not None else frozenset())


def specs(names: Sequence[str]) -> tuple[ToolSpec, ...]:
    """Return the definitions of the named tools, as a session offers them. UsageError for a name that is none."""
    nowhere = Endpoint(base_url="", model="", profile=Profile(name="", title=""))
    toolbox = equip(config=Config(), endpoint=nowhere, workspace=Path(), environ={}, names=names)
    return toolbox.specs() if toolbox is not None else ()


class _Kit(msgspec.Struct, frozen=True, kw_only=True):
    """What the tools of a session are made of, and those of its helpers."""

    workspace: Workspace
    environment: Mapping[str, str]
    spill: Spill
    jobs_folder: Path | None
    fetch: WebFetch
    search: WebSearch
    asker: Asker | None
    more: tuple[Tool, ...]
    closing: tuple[Closing, ...]
    wanted: tuple[str, ...] | None
    bundle: Bundle | None
    deny: tuple[str, ...]
    servers: frozenset[str]
    read_only: bool
    clock: Callable[[], float]

    def session(self, *, hide: Collection[str]) -> Toolbox:
        """Return the tools of the session itself."""
        jobs = self._jobs()
        tools = [*self._hands(jobs), *self._helpers(), *self.more]
        if self.wanted is not None:
            _demand_known(self.wanted, [tool.name for tool in tools], "no such tool")
        here = [entry for entry in self.deny if not _of_a_server(entry, self.servers)]
        _demand_known(here, [tool.name for tool in tools], "deny_tools must name tools, found")
        if self.bundle is not None:  # raises if it leaves nothing
            self.bundle.select([tool.name for tool in tools], reading=[tool.name for tool in tools if tool.read_only])
        kept = self._allowed(tools)
        closing = (jobs.close, self.fetch.close, *self.closing)
        return Toolbox(kept, deny=self.deny, hide=hide, spill=self.spill, closing=closing, clock=self.clock)

    def helper(self, mode: str) -> Toolbox:
        """Return the tools of one helper: `light` changes nothing, `full` has what the session has. No helpers."""
        jobs = self._jobs()
        tools = [tool for tool in self._allowed([*self._hands(jobs), *self.more]) if mode == "full" or tool.read_only]
        hide = {"web_search"} if not self.search.configured else set()
        return Toolbox(tools, deny=self.deny, hide=hide, spill=self.spill, closing=(jobs.close,), clock=self.clock)

    def _jobs(self) -> Jobs:
        return Jobs(self.workspace.root, environment=self.environment, folder=self.jobs_folder, clock=self.clock)

    def _hands(self, jobs: Jobs) -> list[Tool]:
        """Return the tools that need no model. What a model has seen, and its list, are its own."""
        seen = Seen()
        return [
            Bash(self.workspace, environment=self.environment, spill=self.spill),
            Bg(jobs),
            EditFile(self.workspace, seen=seen),
            Glob(self.workspace, spill=self.spill),
            Grep(self.workspace, spill=self.spill),
            ReadFile(self.workspace, seen=seen),
            TodoWrite(),
            self.fetch,
            self.search,
            WriteFile(self.workspace, seen=seen),
        ]

    def _helpers(self) -> list[Tool]:
        return [
            Delegate(self.asker, self.helper, spill=self.spill),
            Map(self.asker, self.helper, spill=self.spill),
            Summarize(self.asker, self.workspace, spill=self.spill),
        ]

    def _allowed(self, tools: Sequence[Tool]) -> list[Tool]:
        bundle = self.bundle or Bundle(name="")
        reading = self.read_only or bundle.reading_only
        return [
            tool
            for tool in tools
            if (self.wanted is None or any(fnmatchcase(tool.name, name) for name in self.wanted))
            and (EVERY in bundle.tools or tool.name in bundle.tools)
            and (tool.read_only or not reading)
        ]


def _unable(config: Config, asker: Asker | None) -> frozenset[str]:
    """Return what cannot work here. It is not offered, but says why if it is asked all the same."""
    search = frozenset({"web_search"}) if config.tools.web_search is None else frozenset()
    return search | (NEEDS_A_MODEL if asker is None else frozenset())


def _of_a_server(entry: str, servers: Collection[str]) -> bool:
    """Tell whether a denied entry may mean tools of an MCP server: one that has not started has none to show."""
    head = re.split(r"[*?\[]", entry, maxsplit=1)[0]
    pattern = head != entry
    return SEPARATOR in entry or (pattern and any(f"{server}{SEPARATOR}".startswith(head) for server in servers))


def _demand_known(wanted: Sequence[str], known: Sequence[str], fault: str) -> None:
    """UsageError for a name or pattern that fits none of the known; what is spelt right is never taken for nothing."""
    for name in wanted:
        if not any(fnmatchcase(one, name) for one in known):
            near = nearest(name, known) or nearest(name.lower(), known)
            hint = f"did you mean {near!r}?" if near else f"the tools are: {', '.join(sorted(known))}"
            raise UsageError(f"{fault}: {shown(name)}", hint=hint)


def without_keys(environ: Mapping[str, str], config: Config, endpoint: Endpoint) -> dict[str, str]:
    """Return what commands see: no key of ours, whatever its variable is called."""
    ours = {endpoint.key_variable, *(entry.api_key_env for entry in config.llm_endpoints.endpoints)}
    if config.tools.web_search is not None:
        ours.add(config.tools.web_search.api_key_env)
    return {name: value for name, value in environ.items() if name not in ours}


class _Lazy(httpx.AsyncBaseTransport):
    """Makes the transport when it is first used: most chats fetch nothing, and certificates take time to load."""

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._made: httpx.AsyncBaseTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._made = self._made or self._make()
        return await self._made.handle_async_request(request)

    async def aclose(self) -> None:
        made, self._made = self._made, None
        if made is not None:
            await made.aclose()
