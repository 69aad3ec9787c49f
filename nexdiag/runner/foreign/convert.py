"""Recordings from one format into another: ours, vcrpy's YAML and JSON, HAR, bare requests and bare exchanges.

What is read is told by its content, and where that leaves a choice, by its name; what is written by its name.
Everything that is written is redacted. What a format cannot carry is counted.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from nexdiag.capture.grouping.regroup import group
from nexdiag.codec import cassette as codec
from nexdiag.codec import har, jsontext, vcr
from nexdiag.codec.losses import Losses
from nexdiag.core.cassette import FORMAT, SUFFIX, Cassette
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.report.visible import one_line
from nexdiag.runner.cassettes import files
from nexdiag.runner.cleaned import Cleaner
from nexdiag.runner.foreign import bare
from nexdiag.runner.redaction import replaced

_KNOWN = f"*{SUFFIX}, *.yaml, *.yml or *.json (vcrpy), *.har, *.request.json, *.exchanges.jsonl"
_YAML = (".yaml", ".yml")
_OURS = "nexdiag "


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a conversion."""

    exchanges: int
    secrets: int
    """How many different ones were replaced."""
    lost: tuple[str, ...] = ()
    """What could not be carried over, each in a sentence."""


def convert(  # noqa: PLR0913 - one for each option of the command
    source: Path,
    target: Path,
    *,
    request: int | None = None,
    force: bool = False,
    secrets: Iterable[str] = (),
    patterns: Iterable[str] = (),
) -> Converted:
    """Write the recording in `source` as `target` says by its suffix.

    `request` is the number of the one exchange whose request shall be written, alone. `secrets` are values, and
    `patterns` regular expressions, of what must not be written. Raises `UsageError` where the target is no format or
    exists, `CassetteError` where one of the two cannot be read or written, and `NothingToDo` if there is no exchange.
    """
    write = _writer(target, request)
    if not force and os.path.lexists(target):
        raise UsageError(f"{target} exists", hint="name another file, or write over it with --force")
    cleaner = Cleaner(secrets, patterns=patterns)
    losses = Losses()
    found = files.read(source)
    cassette = decode(found, name=str(source), losses=losses)
    if not cassette.exchanges:
        raise NothingToDo(f"{source} holds no exchange: nothing to convert", hint="record one with: nexdiag capture")
    clean = with_turns(cleaner.cassette(cassette))
    raw = write(clean, losses)
    written = _written(target, clean, request)
    if not written:
        why = one_line("; ".join(losses.lines()), 300)
        raise NothingToDo(f"nothing of {source} can be carried: {why}", hint="choose another format, such as *.har")
    (files.put if force else files.create)(target, raw)
    count = replaced(clean, raw, before=found)
    return Converted(exchanges=written, secrets=count, lost=losses.lines())


def with_turns(cassette: Cassette) -> Cassette:
    """A recording of another tool, with turns by what its requests add; ours has those that it has."""
    ours = cassette.header.tool.startswith(_OURS)
    if ours or cassette.turns or any(exchange.turn is not None for exchange in cassette.exchanges):
        return cassette
    exchanges, turns = group(cassette.exchanges)
    return msgspec.structs.replace(cassette, exchanges=exchanges, turns=turns)


def _written(target: Path, cassette: Cassette, request: int | None) -> int:
    """How many exchanges the target came to hold."""
    if request is not None or target.name.lower().endswith(".request.json"):
        return 1
    of_vcrpy = target.suffix.lower() in (*_YAML, ".json")
    return sum(not of_vcrpy or exchange.response is not None for exchange in cassette.exchanges)


def read(path: Path, *, losses: Losses | None = None) -> Cassette:
    """The recording in a file of any format. Raises `CassetteError` if it cannot be read, or is no recording."""
    losses = losses or Losses()
    return decode(files.read(path), name=str(path), losses=losses)


def decode(raw: bytes, *, name: str, losses: Losses) -> Cassette:
    """The recording in these bytes. Raises `CassetteError` if they are none."""
    if name.endswith(_YAML):
        return vcr.decode(vcr.read_yaml(raw, name=name), name=name, losses=losses)
    if name.endswith(SUFFIX) or bare.first_keys(raw) >= {"cassette"}:
        cassette = codec.decode(raw, name=name)
        if cassette.tear is not None:
            losses.tell(f"what stood after the tear: {cassette.tear}")
        return cassette
    return _decode_json(raw, name=name, losses=losses)


def _decode_json(raw: bytes, *, name: str, losses: Losses) -> Cassette:
    """One JSON value by its keys; JSON Lines of bare exchanges where the whole is none."""
    if bare.are_lines(raw, name):
        return bare.decode_lines(raw, name=name, losses=losses)
    try:
        value = jsontext.read(raw)
    except ValueError as error:
        raise bare.unknown(name, f" (no JSON: {error})") from None
    if isinstance(value, dict) and "log" in value and "entries" in (value["log"] if _is_dict(value["log"]) else {}):
        return har.decode(value, name=name, losses=losses)
    if isinstance(value, dict) and "interactions" in value:
        return vcr.decode(value, name=name, losses=losses)
    if name.endswith(".har"):
        return har.decode(value, name=name, losses=losses)
    return bare.decode(raw, value, name=name, losses=losses)


def _writer(target: Path, request: int | None) -> Callable[[Cassette, Losses], bytes]:
    """What writes the target's format. Raises `UsageError` for a name that tells none."""
    name = target.name.lower()
    if name.endswith(".request.json") or (request is not None and name.endswith(".json")):
        return lambda cassette, losses: bare.encode_request(cassette, request, losses=losses)
    if request is not None:
        raise UsageError(f"--request writes JSON, and {target} is named otherwise", hint="name it *.request.json")
    if name.endswith(SUFFIX):
        return lambda cassette, _losses: encode(cassette)
    if name.endswith(_YAML):
        return lambda cassette, losses: vcr.encode_yaml(cassette, losses=losses)
    if name.endswith(".har"):
        return lambda cassette, losses: har.encode(cassette, losses=losses)
    if name.endswith(".json"):
        return lambda cassette, losses: vcr.encode_json(cassette, losses=losses)
    if name.endswith(".jsonl"):
        return lambda cassette, losses: bare.encode_lines(cassette, losses=losses)
    raise UsageError(f"{target}: its name tells no format", hint=f"name it {_KNOWN}")


def encode_as(name: str, cassette: Cassette) -> bytes:
    """The recording in the format of a file of that name: vcrpy's YAML or JSON, or ours."""
    if name.endswith(_YAML):
        return vcr.encode_yaml(cassette)
    return encode(cassette) if not name.endswith(".json") else vcr.encode_json(cassette)


def encode(cassette: Cassette) -> bytes:
    """A recording as a cassette of ours, in the format of today."""
    header = msgspec.structs.replace(cassette.header, cassette=FORMAT)
    return codec.encode(msgspec.structs.replace(cassette, header=header))


def _is_dict(value: object) -> bool:
    return isinstance(value, dict)
