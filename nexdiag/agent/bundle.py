"""Bundles: which tools an agent gets, and what its prompt ends with.

Choosing is pure; `find` is the one reader. A name that is no bundle is an error: to fall back to every tool, as the
reference executor does, gives a mistyped `bare` a full shell. A broken file is an error too, never a reason to take
the built-in bundle of the same name instead.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from nexdiag.core.errors import NexdiagError, UsageError

EVERY = "*"
"""In `tools`: all that there are."""
DIRECTORY = "bundles"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST = 256 * 1024
"""Bytes of a bundle's file."""


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A named choice of tools."""

    name: str
    tools: tuple[str, ...] = (EVERY,)
    """Names, sorted out against those that there are; `*` for all."""
    description: str = ""
    context_scope: str = "full"
    """`task`, `graph` or `full`: kept for those who assemble the context of a task."""
    system_prompt_suffix: str = ""
    reading_only: bool = False
    """Keep, of these tools, only those that change nothing."""

    def select(self, available: Collection[str], *, reading: Collection[str] = ()) -> tuple[str, ...]:
        """The names that an agent gets of those `available`, sorted; `reading` are those that change nothing.

        A built-in bundle names tools that not every installation has; they are passed over. Raises `UsageError` for a
        bundle of which nothing is left though it names something.
        """
        wanted = set(available) if EVERY in self.tools else set(self.tools) & set(available)
        if self.reading_only:
            wanted &= set(reading)
        if self.tools and not wanted:
            what = f"the bundle {self.name} names tools that are not here: {', '.join(self.tools)}"
            raise UsageError(what, hint=f"the tools are: {', '.join(sorted(available)) or 'none'}")
        return tuple(sorted(wanted))

    def prompt(self, system: str) -> str:
        """The system prompt with the bundle's own words at its end."""
        suffix = self.system_prompt_suffix.strip()
        return f"{system}\n\n{suffix}" if suffix else system

    def only_reading(self) -> "Bundle":
        """The same bundle, without tools that change something."""
        return msgspec.structs.replace(self, reading_only=True)


def _built_in(name: str, tools: str, scope: str, description: str) -> Bundle:
    return Bundle(name=name, tools=tuple(tools.split()), context_scope=scope, description=description)


BUILT_IN: Mapping[str, Bundle] = MappingProxyType(
    {
        bundle.name: bundle
        for bundle in (
            _built_in("bare", "bash", "task", "a shell and nothing else"),
            _built_in("shell", "bash bg", "task", "a shell, and commands in the background"),
            _built_in("research", "read_file glob grep bash bg web_search web_fetch", "graph", "look, do not write"),
            _built_in("implementer", EVERY, "full", "every tool"),
            _built_in(
                "minimal",
                "read_file edit_file write_file bash grep glob todo_write",
                "task",
                "the few tools that a small model can keep apart",
            ),
            Bundle(name="read_only", description="every tool that changes nothing", reading_only=True),
        )
    }
)
MODES: Mapping[str, str] = MappingProxyType({"light": "research", "full": "implementer"})
"""The reference executor's words for an `--exec-mode`, beside `bare` and `shell`."""


def find(state: Path | None, name: str) -> Bundle:
    """The bundle, or the mode, of that name: a file in the state directory goes before a built-in one.

    Raises `UsageError` for an unknown name, with the nearest one, and for a file that is no bundle, with its line.
    """
    target = MODES.get(name, name)
    if _NAME.fullmatch(target) and state is not None:
        path = state / DIRECTORY / f"{target}.toml"
        content = _content(path)
        if content is not None:
            return parse(target, content, path)
    if target in BUILT_IN:
        return BUILT_IN[target]
    known = sorted({*BUILT_IN, *MODES, *names_in(state)})
    near = difflib.get_close_matches(name[:64], known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the bundles are: {', '.join(known)}"
    raise UsageError(f"no such bundle: {name[:64]!r}", hint=hint)


def names_in(state: Path | None) -> tuple[str, ...]:
    """The names of the bundles that the state directory holds, whether their files can be read or not."""
    if state is None:
        return ()
    try:
        return tuple(sorted(path.stem for path in (state / DIRECTORY).glob("*.toml")))
    except OSError:
        return ()


def parse(name: str, content: bytes, path: Path) -> Bundle:
    """What the file of the bundle `name` says. Pure: `path` is only named in an error."""
    hint = "mend that line; the keys are in docs/reference/bundles.md"
    try:
        table = tomllib.loads(content.decode())
        found = msgspec.convert({"name": name} | table, _File)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path} is no bundle: line {line} is not UTF-8", hint=hint) from error
    except (ValueError, RecursionError) as error:  # bad TOML tells its line, a bad value its key
        raise UsageError(f"{path} is no bundle: {error}{_line_of(error, content)}", hint=hint) from error
    if found.name != name:
        what = f"{path} is no bundle: it says name = {found.name[:64]!r}, and its file is called {name}.toml"
        raise UsageError(what, hint="make them equal, or leave the name away")
    return Bundle(
        name=name,
        tools=found.tools,
        description=found.description,
        context_scope=found.context_scope,
        system_prompt_suffix=found.system_prompt_suffix,
    )


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a bundle's file."""

    name: str
    tools: tuple[str, ...]
    description: str = ""
    context_scope: str = "full"
    system_prompt_suffix: str = ""


def _line_of(error: Exception, content: bytes) -> str:
    """Where the key stands that an error of msgspec names; nothing if it names none, or tells its line itself."""
    named = re.search(r"`\$\.(\w+)|unknown field `(\w+)`", str(error))
    if named is None:
        return ""
    key = (named.group(1) or named.group(2)).encode()
    start = re.search(rb"(?m)^\s*" + re.escape(key) + rb"\s*=", content)
    return f" (line {content.count(bytes([10]), 0, start.start()) + 1})" if start else ""


def _content(path: Path) -> bytes | None:
    """The file, None if there is none. A directory or a device of that name is none that could be read."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NexdiagError(f"{path} cannot be read: {error.strerror}", hint="look at its owner and mode") from error
    if len(content) > _LARGEST:
        raise UsageError(f"{path} is no bundle: it is longer than {_LARGEST} bytes", hint="shorten it")
    return content
