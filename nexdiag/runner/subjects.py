"""What `lint` is given: a cassette, a request, or bare exchanges, told apart by the first line; a state directory."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.codec import cassette as codec
from nexdiag.codec import logline
from nexdiag.codec.wire import wire_of
from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.errors import CassetteError, NothingToDo
from nexdiag.core.judged import Judged
from nexdiag.core.finding import Finding, Location
from nexdiag.core.turn import LogLine
from nexdiag.lint import engine, profiles
from nexdiag.lint.seen.bare import BareExchange, decode_bare
from nexdiag.lint.seen.state import RowSeen, StateSeen, is_short, of_json
from nexdiag.lint.state import judge_state
from nexdiag.lint.subject import profile_of
from nexdiag.report.wording import count as counted
from nexdiag.runner.load import find
from nexdiag.runner.state_subject import is_chat, is_state, read_chat, read_state

NO_SERVER = "none"
"""For a profile, where nothing was sent anywhere."""
_EXCHANGE_KEYS = {"request", "response", "status", "server", "log"}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """By what to judge."""

    profile: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def judge_paths(paths: Sequence[Path], choice: Choice) -> list[Judged]:
    """Judge every file; `-` is stdin; a directory stands for the cassettes below it.

    Raises `NothingToDo` if no recording among them holds an exchange, and nothing else is among them.
    """
    judged = list(_judge_each(paths, choice))
    if all(one.empty for one in judged):
        raise nothing_recorded([one.file for one in judged])
    return judged


def nothing_recorded(files: Sequence[str]) -> NothingToDo:
    """What to raise when none of these recordings holds an exchange."""
    what = files[0] if len(files) == 1 else f"none of {len(files)} recordings"
    holds = "holds no exchange" if len(files) == 1 else "holds an exchange"
    return NothingToDo(f"{what} {holds}: nothing to judge", hint="record one with: nexdiag capture")


def missing(cassette: Cassette) -> tuple[str, ...]:
    """What a recording lacks, and so cannot be checked."""
    lacks = [f"the end of the file: {cassette.tear}"] if cassette.tear else []
    lacks += ["exchanges: the recording has none"] if not cassette.exchanges else []
    wires = Counter(wire_of(exchange.request.url) for exchange in cassette.exchanges)
    lacks += [
        f"the requests of {counted(count, 'exchange')} on the wire {wire!r}: the rules know chat completions alone"
        for wire, count in wires.items()
        if wire not in (None, "chat")
    ]
    return (*lacks, "turns: the recording has none") if not cassette.turns else tuple(lacks)


def _judge_each(paths: Sequence[Path], choice: Choice) -> Iterator[Judged]:
    for path in paths:
        if str(path) == "-":
            yield from judge_text(sys.stdin.buffer.read(), "stdin", choice)
            continue
        if holds_state(path):
            yield from _states(path, choice)
            if next(path.rglob(f"*{SUFFIX}"), None) is None:
                continue
        for file in find([path]):
            try:
                raw = file.read_bytes()
            except OSError as error:
                raise CassetteError(
                    f"{file} cannot be read: {error.strerror}", hint="name a cassette, a request or exchanges"
                ) from error
            yield from judge_text(raw, str(file), choice)


def holds_state(path: Path) -> bool:
    """Whether the path is a state directory, or the directory of one chat of it."""
    return path.is_dir() and (is_state(path) or is_chat(path))


def judge_text(raw: bytes, name: str, choice: Choice) -> Iterator[Judged]:
    """Judge the contents of one file. Raises `CassetteError` or `UsageError` for what is none of the three."""
    whole = _object(raw)
    if whole is not None and "messages" in whole and "cassette" not in whole:
        yield _request(whole, name, choice)
        return
    if is_short(whole):
        findings = judge_state(of_json(whole or {}, name), select=choice.select, ignore=choice.ignore)
        yield Judged(file=name, profile=NO_SERVER, findings=findings)
        return
    first = _object(raw.split(b"\n", 1)[0])
    if first is not None and "cassette" in first:
        yield _cassette(raw, name, choice)
    elif first is not None and ("messages" in first or not _EXCHANGE_KEYS.isdisjoint(first)):
        yield from _exchanges(raw, name, choice)
    else:
        hint = "give a *.cassette.jsonl, a request body, or exchanges as JSON Lines (docs/reference/lint.md)"
        raise CassetteError(f"{name} is neither a cassette nor a request nor exchanges", hint=hint)


def _states(path: Path, choice: Choice) -> Iterator[Judged]:
    """A state directory: what is of all chats, and then each chat; or one chat's directory."""
    redactor = Redactor(secrets_of(os.environ))
    for read in read_state(path) if is_state(path) else [read_chat(path)]:
        findings = judge_state(read.state, select=choice.select, ignore=choice.ignore)
        yield Judged(
            file=str(read.path),
            profile=NO_SERVER,
            findings=tuple(_clean(finding, redactor) for finding in findings),
            unchecked=(*read.unread, "requests and answers: a state directory has none (record: nexdiag capture)"),
        )


def _clean(finding: Finding, redactor: Redactor) -> Finding:
    """Without secrets: what stands in a state directory was never redacted."""
    return msgspec.structs.replace(
        finding,
        summary=redactor.text(finding.summary),
        evidence=tuple(redactor.text(line) for line in finding.evidence),
        location=Location(
            pointer=None if finding.location.pointer is None else redactor.text(finding.location.pointer)
        ),
    )


def _cassette(raw: bytes, name: str, choice: Choice) -> Judged:
    cassette = codec.decode(raw, name=name)
    profile = profile_of(cassette, choice.profile)
    findings = engine.judge(cassette, profile, select=choice.select, ignore=choice.ignore)
    log = StateSeen(name=name, log=tuple(_row(place, line) for place, line in enumerate(cassette.log, 1)))
    findings += judge_state(log, select=choice.select, ignore=choice.ignore)
    return Judged(
        file=name,
        profile=profile.name,
        findings=findings,
        unchecked=missing(cassette),
        empty=not cassette.exchanges,
    )


def _row(place: int, line: LogLine) -> RowSeen:
    """A line of a recording's log, as it stood in the log that was followed."""
    text = line.text if line.level is None else logline.encode(line)
    return RowSeen(file=f"log ({line.source})", line=place, text=text)


def _request(request: dict[str, Any], name: str, choice: Choice) -> Judged:
    profile, findings = _judge_bare(BareExchange(request=request), choice)
    unchecked = ("the server's answer: a bare request has none",)
    return Judged(file=name, profile=profile.name, findings=findings, unchecked=unchecked)


def _exchanges(raw: bytes, name: str, choice: Choice) -> Iterator[Judged]:
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.strip():
            bare = decode_bare(line, number)
            profile, findings = _judge_bare(bare, choice)
            yield Judged(file=name, profile=profile.name, findings=findings, id=bare.id, bare=True)


def _judge_bare(bare: BareExchange, choice: Choice) -> tuple[Profile, tuple[Finding, ...]]:
    if choice.profile is not None:
        bare = msgspec.structs.replace(bare, server=profiles.named(choice.profile).name)
    return engine.judge_bare(bare, select=choice.select, ignore=choice.ignore)


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
