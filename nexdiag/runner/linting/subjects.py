"""What `lint` is given: a recording of ours or of another tool, a request, bare exchanges, or a state directory.

They are told apart by their contents; a name counts only where that leaves a choice.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.codec import cassette as codec
from nexdiag.codec import jsontext
from nexdiag.codec.losses import Losses
from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.errors import CassetteError
from nexdiag.lint.seen.bare import BareExchange, decode_bare
from nexdiag.lint.seen.state import StateSeen, is_short, of_json
from nexdiag.runner.cassettes import files
from nexdiag.runner.linting.state import Read, is_chat, is_state, read_chat, read_state
from nexdiag.runner.load import find

_EXCHANGE_KEYS = frozenset({"request", "response", "status", "server", "log"})
_REQUEST_KEYS = frozenset({"messages", "input"})
_FOREIGN = (".yaml", ".yml", ".har")


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording, of whatever tool."""

    name: str
    cassette: Cassette
    lost: tuple[str, ...] = ()
    """What could not be carried over from another tool's format."""


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """One request body, or bare exchanges."""

    name: str
    bares: tuple[BareExchange, ...]
    alone: bool = False
    """It is one request body, and not exchanges as JSON Lines."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A state directory, or what was written down of one."""

    name: str
    reads: tuple[Read, ...] = ()
    told: StateSeen | None = None


Subject = Recording | Requests | State


def read(paths: Sequence[Path]) -> Iterator[Subject]:
    """What is named, in order; `-` is stdin; a directory stands for the cassettes below it, and its state.

    Raises `CassetteError` or `UsageError` for what is none of these, `NothingToDo` for a directory that holds none.
    """
    for path in paths:
        if str(path) == "-":
            yield of_text(sys.stdin.buffer.read(), "stdin")
            continue
        if holds_state(path):
            yield State(name=str(path), reads=tuple(read_state(path) if is_state(path) else [read_chat(path)]))
            if next(path.rglob(f"*{SUFFIX}"), None) is None:
                continue
        for file in find([path]):
            yield of_text(files.read(file), str(file))


def holds_state(path: Path) -> bool:
    """Whether the path is a state directory, or the directory of one chat of it."""
    return path.is_dir() and (is_state(path) or is_chat(path))


def of_text(raw: bytes, name: str) -> Subject:
    """What the contents of one file are. Raises `CassetteError` or `UsageError` for what is none of these."""
    whole = _object(raw)
    first = whole or _object(raw.split(b"\n", 1)[0]) or {}
    if "cassette" in first:
        return Recording(name=name, cassette=codec.decode(raw, name=name))
    if whole is not None and is_short(whole):
        return State(name=name, told=of_json(whole, name))
    if whole is not None and not _REQUEST_KEYS.isdisjoint(whole):
        return Requests(name=name, bares=(BareExchange(request=whole),), alone=True)
    har = isinstance(first.get("log"), dict)
    if not har and not (_EXCHANGE_KEYS | _REQUEST_KEYS).isdisjoint(first):
        return _exchanges(raw, name, whole)
    if har or "interactions" in first or name.endswith(_FOREIGN):
        return _of_another_tool(raw, name)
    hint = "give a *.cassette.jsonl, a request, exchanges as JSON Lines, a HAR or vcrpy file (docs/reference/lint.md)"
    raise CassetteError(f"{name} is neither a recording nor a request nor exchanges", hint=hint)


def _exchanges(raw: bytes, name: str, whole: dict[str, Any] | None) -> Requests:
    """Bare exchanges, each on a line, or one that is spread over lines; a line may be a request body."""
    if whole is not None:
        return Requests(name=name, bares=(_bare(jsontext.write(whole), 1),))
    lines = enumerate(raw.split(b"\n"), start=1)
    return Requests(name=name, bares=tuple(_bare(line, number) for number, line in lines if line.strip()))


def _bare(line: bytes, number: int) -> BareExchange:
    value = _object(line)
    if value is not None and not _REQUEST_KEYS.isdisjoint(value) and _EXCHANGE_KEYS.isdisjoint(value):
        return BareExchange(request=value)
    return decode_bare(line, number)


def _of_another_tool(raw: bytes, name: str) -> Recording:
    from nexdiag.runner.foreign.convert import decode, with_turns  # noqa: PLC0415 - readers of YAML and HAR: few need them

    losses = Losses()
    cassette = with_turns(decode(raw, name=name, losses=losses))
    return Recording(name=name, cassette=cassette, lost=losses.lines())


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
