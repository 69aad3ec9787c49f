"""Scenarios by name: the files of the user, and the library that is shipped with the package.

A file of that name in the working directory goes before the library's.
"""

import difflib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from nexdiag.codec import scenario as codec
from nexdiag.core.errors import UsageError
from nexdiag.core.scenario import Scenario
from nexdiag.runner.equip import specs

SUFFIX = ".toml"
_HINT = "see docs/reference/scenario.md"
_LARGEST = 64 * 1024**2
_SHELF = "scenarios"


@cache
def known_tools() -> tuple[str, ...]:
    """The names of the tools that a scenario can allow."""
    return tuple(spec.name for spec in specs(("*",)))


@cache
def names() -> tuple[str, ...]:
    """The names of the scenarios that are shipped."""
    shelf = files("nexdiag") / _SHELF
    return tuple(sorted(one.name.removesuffix(SUFFIX) for one in shelf.iterdir() if one.name.endswith(SUFFIX)))


def shipped(name: str) -> Scenario:
    """A scenario of the library. Raises `UsageError`, with the nearest name, for one that there is not."""
    if name not in names():
        near = difflib.get_close_matches(name.lower()[:60], names(), n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        what = f"no scenario {name[:200]!r}: it is neither a file nor in the library"
        raise UsageError(what, hint=f"{hint}the library has: {', '.join(names())}")
    text = (files("nexdiag") / _SHELF / f"{name}{SUFFIX}").read_text(encoding="utf-8")
    return of_text(text, name=f"{name}{SUFFIX}")


def library() -> tuple[Scenario, ...]:
    """Every scenario that is shipped, by name."""
    return tuple(shipped(name) for name in names())


def find(given: str | Path) -> Scenario:
    """The scenario that is meant: a TOML file, or the name of one in the library.

    Raises `UsageError`, which names line and key of what is wrong in a file, or the nearest name.
    """
    path = Path(given)
    if path.is_file():
        return read(path)
    beside = path.with_name(path.name + SUFFIX) if path.name else path
    if beside.is_file():
        return read(beside)
    if str(given) in names():
        return shipped(str(given))
    if path.suffix == SUFFIX or len(path.parts) != 1 or path.is_dir():
        return read(path)
    return shipped(str(given))


def read(path: Path) -> Scenario:
    """The scenario in a TOML file, checked whole: its tools too. Raises `UsageError`."""
    try:
        if path.is_file() and path.stat().st_size > _LARGEST:
            raise UsageError(f"the scenario {path} is larger than 64 MiB", hint=_HINT)
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        hint = f"name a TOML file, or one of the library: {', '.join(names())}"
        raise UsageError(f"no scenario at {path}", hint=hint) from error
    except OSError as error:
        raise UsageError(f"the scenario {path} cannot be read: {error.strerror}", hint=_HINT) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the scenario {path} is no UTF-8 text (byte {error.start})", hint=_HINT) from error
    except ValueError as error:  # a null byte in the path
        raise UsageError(f"the scenario {str(path)[:200]!r} cannot be read: {error}", hint=_HINT) from error
    return of_text(text, name=path.name)


def of_text(text: str, *, name: str) -> Scenario:
    """The scenario in a text, checked whole; `name` says where it came from. Raises `UsageError`."""
    return codec.decode(text, name=name, tools=known_tools())


def adjusted(scenario: Scenario, *, repeat: int | None = None, tools: Sequence[str] | None = None) -> Scenario:
    """The scenario as the command line wants it: played so many times, with these tools allowed.

    Raises `UsageError` for what does not go with it.
    """
    if repeat is not None:
        scenario = msgspec.structs.replace(scenario, repeat=repeat)
    if tools is not None:
        scenario = msgspec.structs.replace(scenario, tools=tuple(tools))
    codec.check(scenario, tools=known_tools())
    return scenario
