"""The state directory and its config.toml, in the reference executor's layout.

Reading keeps what it does not know out of the way: tables of others are left to them, an unknown key in ours is
an error that names it.
"""

import contextlib
import difflib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from nexdiag.core.endpoint import Wire
from nexdiag.core.errors import NexdiagError, UsageError

STATE_NAME = ".nexdiag"
CONFIG_NAME = "config.toml"
_TABLES: tuple[str, ...] = ("agent", "llm_endpoints", "tools", "mcp")
"""Those that are ours; the file may hold others."""
_THEIRS = frozenset({"agency", "coordinator", "dispatcher", "native_executor", "tiers"})
"""Tables of a config that the reference executor wrote: in such a file, keys that we do not know are its own."""

_ITS_TOOLS = frozenset({"arxiv_search", "chunk_map", "deep_research", "reader", "research"})
"""Tools that only the reference has: that they are denied there binds nobody here."""

Count = Annotated[int, msgspec.Meta(ge=1)]


class EndpointEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One `[[llm_endpoints.endpoints]]` table."""

    name: str = "default"
    provider: str = "local"
    url: str = ""
    model: str | None = None
    api_key: str | None = None
    api_key_file: str | None = None
    api_key_env: str | None = None
    api_key_ref: str | None = None
    """`env:NAME` or `plain:KEY`."""
    is_default: bool = False
    context_window: Count | None = None
    """In tokens."""
    max_tokens: Count | None = None
    """Of one answer; None for what `[agent]` says."""
    profile: str | None = None
    """The server's name, for what to send and what it refuses."""
    wire: Wire | None = None
    """The dialect; None for what the provider or the URL implies."""


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """The `[llm_endpoints]` table."""

    endpoints: tuple[EndpointEntry, ...] = ()
    inherit_global: bool = False
    """A key of the reference executor, read and left aside: there is no other config to inherit from."""


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """The `[agent]` table."""

    model: str | None = None
    executor: str = "nex"
    system: str | None = None
    """Instead of the default system prompt."""
    tools: tuple[str, ...] | None = None
    """Names of the tools that a chat may use; None for all."""
    max_tokens: Count = 16384
    """Of one answer."""
    max_turns: Count = 200
    """Model calls in one turn."""


class WebSearch(msgspec.Struct, frozen=True, kw_only=True):
    """The `[tools.web_search]` table: who is asked."""

    kind: str = "searxng"
    """The backend's dialect."""
    url: str = ""
    api_key_env: str | None = None


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """The `[tools]` table."""

    deny_tools: tuple[str, ...] = ()
    """Names of tools that are refused, on every path."""
    web_search: WebSearch | None = None
    """None: the tool says that no backend is configured."""


class McpServer(msgspec.Struct, frozen=True, kw_only=True):
    """One `[mcp.servers.NAME]` table: a program that speaks MCP on stdin and stdout."""

    command: str
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    timeout: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    """Seconds for one call."""


class Mcp(msgspec.Struct, frozen=True, kw_only=True):
    """The `[mcp]` table."""

    servers: dict[str, McpServer] = {}


class _Permissions(msgspec.Struct, frozen=True, kw_only=True):
    """The reference's `[native_executor.permissions]` table."""

    deny_tools: tuple[str, ...] = ()


class _NativeExecutor(msgspec.Struct, frozen=True, kw_only=True):
    """The reference's `[native_executor]` table, as far as it binds us: what is denied there is denied here."""

    permissions: _Permissions = _Permissions()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What config.toml says."""

    agent: Agent = Agent()
    llm_endpoints: Endpoints = Endpoints()
    tools: Tools = Tools()
    mcp: Mcp = Mcp()
    directory: Path | None = None
    """The state directory that it was read from; no key of the file."""


def find_state(directory: Path | None, environ: Mapping[str, str], start: Path) -> Path:
    """Where the state directory is: `--dir`, `$NEXDIAG_DIR`, the nearest one upwards, else `./.nexdiag`."""
    if directory is not None:
        return directory.absolute()
    if environ.get("NEXDIAG_DIR"):
        return Path(environ["NEXDIAG_DIR"]).absolute()
    for place in (start, *start.parents):
        if (place / STATE_NAME / CONFIG_NAME).is_file():
            return place / STATE_NAME
    return start / STATE_NAME


def read(state: Path) -> Config:
    """Read `config.toml`. Raises `UsageError` for a missing directory, bad TOML or an unknown key of ours."""
    path = state / CONFIG_NAME
    try:
        table = tomllib.loads(_text(path.read_bytes()))
        ours = {name: table[name] for name in _TABLES if name in table}
        config = msgspec.convert(ours, Config)
        denied = msgspec.convert(table.get("native_executor", {}), _NativeExecutor).permissions.deny_tools
    except FileNotFoundError as error:
        hint = "write one with: nexdiag init -m MODEL -e URL -x nex"
        raise UsageError(f"no state directory at {state}", hint=hint) from error
    except OSError as error:
        raise NexdiagError(f"{path} cannot be read: {error.strerror}", hint="look at its owner and mode") from error
    except (ValueError, RecursionError) as error:  # bad TOML tells its line, a bad value its key
        hint = "mend that line, or write a new one with: nexdiag init"
        raise UsageError(f"{path} is not valid: {error}", hint=hint) from error
    for place, key, known in () if _THEIRS & table.keys() else _unknown(ours):
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"the keys are: {', '.join(known)}"
        raise UsageError(f"{path} is not valid: [{place}] has no key {key!r}", hint=hint)
    denied = tuple(name for name in denied if name not in _ITS_TOOLS)
    tools = msgspec.structs.replace(config.tools, deny_tools=(*config.tools.deny_tools, *denied))
    return msgspec.structs.replace(config, directory=state, tools=tools)


def write(state: Path, config: Config) -> Path:
    """Create the state directory (mode 0700) with its config (0600).

    Raises `UsageError` if a config is there: nothing is overwritten.
    """
    path = state / CONFIG_NAME
    content = _as_toml(config)
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(path, content)
        with contextlib.suppress(FileExistsError):
            _create(state / ".gitignore", b"*\n")
    except FileExistsError as error:
        if not state.is_dir():
            raise UsageError(f"{state} is no directory", hint="name another directory: --dir D") from error
        raise UsageError(
            f"{state} is already set up", hint=f"edit {path}, or name another directory: --dir D"
        ) from error
    except OSError as error:
        raise NexdiagError(f"cannot write {path}: {error.strerror}", hint="name another directory: --dir D") from error
    return path


def _create(path: Path, content: bytes) -> None:
    """A new file with this content, or none."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        try:
            out.write(content)
            out.flush()
        except OSError:  # half a config would be taken for a whole one
            path.unlink(missing_ok=True)
            raise


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8") from error


def _unknown(ours: dict[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Every key that is none of ours in a table of ours: which table, which key, and those that there are."""
    endpoints = ours.get("llm_endpoints", {})
    tables = [("agent", ours.get("agent", {}), Agent), ("llm_endpoints", endpoints, Endpoints)]
    tables += [("[llm_endpoints.endpoints]", entry, EndpointEntry) for entry in endpoints.get("endpoints", ())]
    tools, mcp = ours.get("tools", {}), ours.get("mcp", {})
    tables += [("tools", tools, Tools), ("tools.web_search", tools.get("web_search", {}), WebSearch), ("mcp", mcp, Mcp)]
    tables += [(f"mcp.servers.{name}", entry, McpServer) for name, entry in mcp.get("servers", {}).items()]
    for place, table, kind in tables:
        known = kind.__struct_fields__
        yield from ((place, key, known) for key in table if key not in known)


def _as_toml(config: Config) -> bytes:
    lines = ["# Written by nexdiag init. Reference: docs/reference/config.md", "", "[agent]"]
    lines += _pairs(config.agent, always="executor")
    for entry in config.llm_endpoints.endpoints:
        lines += ["", "[[llm_endpoints.endpoints]]", *_pairs(entry, always="name provider")]
    try:
        return ("\n".join(lines) + "\n").encode()
    except UnicodeEncodeError as error:
        raise UsageError("a value for config.toml is no text that UTF-8 can write", hint="type it again") from error


def _pairs(table: msgspec.Struct, *, always: str) -> list[str]:
    """Every key that differs from its default, and those that are always written."""
    pairs = []
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if value is not None and (value != field.default or field.name in always.split()):
            pairs.append(f"{field.name} = {_toml(value)}")
    return pairs


def _toml(value: object) -> str:
    """The value as TOML, which is JSON for strings, numbers, booleans and lists, but for DEL in a string."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
