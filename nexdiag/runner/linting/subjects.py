"""What `lint` is given: a recording of ours or of another tool, a request, bare exchanges, or a state directory.

They are told apart by their contents; a name counts only where that leaves a choice.
"""

import codecs
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.codec import cassette as codec
from nexdiag.codec import jsontext
from nexdiag.codec.losses import Losses
from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.errors import CassetteError, NexdiagError, UsageError
from nexdiag.lint.seen.bare import BareExchange, decode_bare
from nexdiag.lint.seen.state import StateSeen, is_short, of_json
from nexdiag.runner.cassettes import files
from nexdiag.runner.linting.state import Read, is_chat, is_state, read_chat, read_state
from nexdiag.runner.load import find

_EXCHANGE_KEYS = frozenset({"request", "response", "status", "server", "log"})
_REQUEST_KEYS = frozenset({"messages", "input"})
_LINES_TRIED = 20
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
    lines: tuple[int, ...] = ()
    """Where each stood; nothing where it has the file for itself."""
    alone: bool = False
    """It is one request body, and not exchanges as JSON Lines."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A state directory, or what was written down of one."""

    name: str
    reads: tuple[Read, ...] = ()
    told: StateSeen | None = None


Subject = Recording | Requests | State


def read(paths: Sequence[Path], bad: list[NexdiagError] | None = None) -> Iterator[Subject]:
    """What is named, in order; `-` is stdin; a directory stands for the cassettes below it, and its state.

    Raises `CassetteError` or `UsageError` for what is none of these, `NothingToDo` for a directory that holds none.
    Where there is a list for them, they are put into it, unless there is nothing else.
    """
    several: list[NexdiagError] = []
    came = False
    for subject in _subjects(paths, several):
        if isinstance(subject, NexdiagError):
            several.append(subject)
        else:
            came = True
            yield subject
        if bad is None and several:
            raise several[0]
    if several and not came and len(several) == 1:
        raise several[0]
    if bad is not None:
        bad += several


def _subjects(paths: Sequence[Path], bad: list[NexdiagError]) -> Iterator[Subject | NexdiagError]:
    for path in paths:
        if str(path) == "-":
            yield _one(sys.stdin.buffer.read, "stdin", bad)
            continue
        if holds_state(path):
            yield State(name=str(path), reads=tuple(read_state(path) if is_state(path) else [read_chat(path)]))
            if next(path.rglob(f"*{SUFFIX}"), None) is None:
                continue
        try:
            found = find([path])
        except NexdiagError as error:
            yield error
            continue
        for file in found:
            yield _one(partial(_bytes, file), str(file), bad)


def _one(source: Callable[[], bytes], name: str, bad: list[NexdiagError]) -> Subject | NexdiagError:
    try:
        return of_text(source(), name, bad)
    except NexdiagError as error:
        return error


def _bytes(file: Path) -> bytes:
    if not file.exists() and not file.is_symlink():
        raise CassetteError(f"{file}: no such file", hint="look at how it is written; - is stdin")
    return files.read(file)


def holds_state(path: Path) -> bool:
    """Whether the path is a state directory, or the directory of one chat of it."""
    return path.is_dir() and (is_state(path) or is_chat(path))


def of_text(raw: bytes, name: str, bad: list[NexdiagError] | None = None) -> Subject:
    """What the contents of one file are. Raises `CassetteError` or `UsageError` for what is none of these.

    Of exchanges, a line that is none is put into `bad`, where that is given.
    """
    raw = raw.removeprefix(codecs.BOM_UTF8)
    whole = _object(raw)
    first = whole or _first(raw)
    if "cassette" in first:
        return Recording(name=name, cassette=codec.decode(raw, name=name))
    if whole is not None and is_short(whole):
        return State(name=name, told=of_json(whole, name))
    if whole is not None and not _REQUEST_KEYS.isdisjoint(whole):
        return Requests(name=name, bares=(BareExchange(request=whole),), alone=True)
    har = isinstance(first.get("log"), dict)
    if not har and not (_EXCHANGE_KEYS | _REQUEST_KEYS).isdisjoint(first):
        return _exchanges(raw, name, whole, bad)
    if har or "interactions" in first or name.endswith(_FOREIGN):
        return _of_another_tool(raw, name)
    hint = "give a *.cassette.jsonl, a request, exchanges as JSON Lines, a HAR or vcrpy file (docs/reference/lint.md)"
    raise CassetteError(f"{name} {_why_none(raw)}", hint=hint)


def _first(raw: bytes) -> dict[str, Any]:
    """The first line that is an object, near the beginning: a bad line must not hide the others."""
    lines = raw.split(b"\n", _LINES_TRIED)[:_LINES_TRIED]
    return next((value for line in lines if (value := _object(line))), {})


def _why_none(raw: bytes) -> str:
    """Why such contents cannot be judged."""
    start = raw.lstrip()[:1]
    if not start:
        return "is empty"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or raw[:2] in (b"{\0", b"\0{"):
        return "is UTF-16, wanted UTF-8: convert it with iconv -f utf-16 -t utf-8"
    neither = "is neither a recording nor a request nor exchanges"
    if start not in b"{[":
        return neither
    try:
        json.loads(raw)
    except json.JSONDecodeError as error:
        return f"{neither}: no JSON: line {error.lineno} column {error.colno}: {error.msg}"
    except (UnicodeDecodeError, RecursionError) as error:
        return f"{neither}: no JSON: {error}"
    return neither


def _exchanges(raw: bytes, name: str, whole: dict[str, Any] | None, bad: list[NexdiagError] | None) -> Requests:
    """Bare exchanges, each on a line, or one that is spread over lines; a line may be a request body."""
    if whole is not None:
        return Requests(name=name, bares=(_bare(jsontext.write(whole), 1),))
    bares, lines, broken = [], [], []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            bares.append(_bare(line, number))
            lines.append(number)
        except UsageError as error:
            broken.append(UsageError(f"{name}, {error.what.replace('line 1 column', 'column')}", hint=error.hint))
    if broken and (bad is None or not bares):
        raise broken[0]
    if bad is not None:
        bad += broken
    return Requests(name=name, bares=tuple(bares), lines=tuple(lines))


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
