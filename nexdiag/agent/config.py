"""The state directory and its config.toml, in the reference executor's layout.

Reading keeps what it does not know out of the way: unknown tables are left to others, unknown keys in ours are
an error that names the key.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from nexdiag.core.errors import NexdiagError, UsageError

STATE_NAME = ".nexdiag"
CONFIG_NAME = "config.toml"


class EndpointEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[llm_endpoints.endpoints]]` table."""

    name: str = "default"
    provider: str = "local"
    url: str = ""
    model: str | None = None
    api_key: str | None = None
    api_key_file: str | None = None
    api_key_env: str | None = None
    is_default: bool = False
    context_window: int | None = None
    profile: str | None = None
    """The server's name, for what to send and what it refuses."""


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """The `[llm_endpoints]` table."""

    endpoints: tuple[EndpointEntry, ...] = ()


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """The `[agent]` table."""

    model: str | None = None
    executor: str = "nex"
    system: str | None = None
    tools: tuple[str, ...] | None = None
    """Names of the tools that a chat may use; None for all."""
    max_tokens: int = 16384
    max_turns: int = 200


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What config.toml says."""

    agent: Agent = Agent()
    llm_endpoints: Endpoints = Endpoints()
    directory: Path | None = None


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
        table = tomllib.loads(path.read_text())
        return msgspec.structs.replace(msgspec.convert(table, Config), directory=state)
    except FileNotFoundError as error:
        hint = "write one with: nexdiag init -m MODEL -e URL -x nex"
        raise UsageError(f"no state directory at {state}", hint=hint) from error
    except OSError as error:
        raise NexdiagError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"{path} is not valid: {error}", hint="mend that line, or write a new one with: nexdiag init"
        ) from error


def write(state: Path, config: Config) -> Path:
    """Create the state directory (mode 0700) with its config (0600).

    Raises `UsageError` if a config is there: nothing is overwritten.
    """
    path = state / CONFIG_NAME
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        hint = f"edit {path}, or name another directory: --dir D"
        raise UsageError(f"{state} is already set up", hint=hint) from error
    except OSError as error:
        raise NexdiagError(f"cannot write {path}: {error.strerror}", hint="name another directory: --dir D") from error
    with os.fdopen(file, "w") as out:
        out.write(_as_toml(config))
    (state / ".gitignore").write_text("*\n")
    return path


def _as_toml(config: Config) -> str:
    lines = ["# Written by nexdiag init. Reference: docs/reference/config.md", "", "[agent]"]
    lines += _pairs(config.agent, Agent())
    for entry in config.llm_endpoints.endpoints:
        lines += ["", "[[llm_endpoints.endpoints]]", *_pairs(entry, EndpointEntry(name="", provider=""))]
    return "\n".join(lines) + "\n"


def _pairs(table: msgspec.Struct, default: msgspec.Struct) -> list[str]:
    """Every key that differs from the default, and `executor` always; TOML strings are JSON strings."""
    pairs = []
    for name in table.__struct_fields__:
        value = getattr(table, name)
        if value is None or (value == getattr(default, name) and name != "executor"):
            continue
        pairs.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return pairs
