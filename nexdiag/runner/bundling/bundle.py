"""A recording → NAME.nexdiag.zip: the recording redacted once more, its reports, findings and versions, and a manifest.

Law: nothing is in it that was not redacted here, with the strictest choice; it is readable by its owner alone; it never
takes the place of a file unless that was asked for; what redaction, or leaving the contents out, changed in what lint
finds is told.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.errors import CassetteError
from nexdiag.core.finding import Finding
from nexdiag.core.run import Report, Run
from nexdiag.core.version import TOOL
from nexdiag.lint.subject import profile_of
from nexdiag.report import html
from nexdiag.report.cassette.measured import size_of
from nexdiag.report.json import dump
from nexdiag.report.lint.json import whole as findings_json
from nexdiag.report.run import md
from nexdiag.report.run.told import told
from nexdiag.report.wording import count
from nexdiag.runner.bundling.archive import MANIFEST, manifest, packed
from nexdiag.runner.bundling.contentless import contentless
from nexdiag.runner.bundling.facts import facts
from nexdiag.runner.cassettes import files
from nexdiag.runner.foreign.convert import encode
from nexdiag.runner.judge import judge
from nexdiag.runner.linting.judge import missing, nothing_recorded
from nexdiag.runner.overwriting import keep_apart
from nexdiag.runner.place import name_of
from nexdiag.runner.redaction import patterns_for, replaced
from nexdiag.runner.reporting import read

ENDING = ".nexdiag.zip"
RECORDING = f"recording{SUFFIX}"
_NAME = r"[^/\s\"'\\:,;]{1,64}"
HOMES = tuple(before + _NAME for before in (r"(?<=/home/)", r"(?<=/Users/)", r"(?<=\\Users\\\\)", r"(?<=\\Users\\)"))
"""Whoever's home it is: in JSON a backslash stands twice."""
MAIL = r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b"
_LOCAL = re.compile(r"^\w+://(?:127\.\d+\.\d+\.\d+|localhost|\[::1\]|unknown\.invalid)(?:[:/]|$)")
_TOLD = 20


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    profile: str | None = None
    patterns: tuple[str, ...] = ()
    content: bool = True
    force: bool = False


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    path: Path
    size: str
    holds: tuple[str, ...]
    left_out: tuple[str, ...]
    look_at: tuple[str, ...]


def bundle(source: Path, output: Path | None, wanted: Wanted, environ: Mapping[str, str] | None = None) -> Made:
    """Write the bundle, to NAME.nexdiag.zip here where no file is named.

    Raises `CassetteError` for a recording that cannot be read or a file that is there, `NothingToDo` for one without an
    exchange, `UsageError` for a pattern that cannot be used.
    """
    target = output or Path(f"{name_of(source.name.removesuffix(SUFFIX)) or 'recording'}{ENDING}")
    keep_apart(target, [source])
    if not wanted.force and os.path.lexists(target):
        raise CassetteError(f"cannot write {target}: it exists", hint="name another file with -o, or add --force")
    found, lost = read(source)
    if not found.exchanges:
        raise nothing_recorded([str(source)])
    clean = _clean(found, wanted, os.environ if environ is None else environ)
    kept = contentless(clean, encode(found)) if not wanted.content else clean
    kept = msgspec.structs.replace(kept, name=RECORDING, tear=None)
    raw = encode(kept)
    run, before = (
        judge(kept, profile=profile_of(found, wanted.profile)),
        judge(found, profile=profile_of(found, wanted.profile)),
    )
    left_out = (*_left_out(found, lost, wanted), *changed(before.findings, run.findings, content=wanted.content))
    look_at = tuple(_look_at(kept, wanted))
    secrets = replaced(kept, raw) if wanted.content else 0
    inside = _files(run, raw, (*missing(kept), *left_out))
    inside[MANIFEST] = manifest(inside, left_out=left_out, look_at=look_at, content=wanted.content, secrets=secrets)
    archive = packed(inside)
    (files.put if wanted.force else files.create)(target, archive)
    holds = tuple(f"{name}   {size_of(len(inside[name]))}" for name in sorted(inside))
    return Made(path=target, size=size_of(len(archive)), holds=holds, left_out=left_out, look_at=look_at)


def changed(before: tuple[Finding, ...], after: tuple[Finding, ...], *, content: bool = False) -> Iterator[str]:
    """What lint finds in one and not in the other, by rule, weight and place; nothing where the verdict is the same.

    Without content the names of sessions are none of it.
    """
    one, other = (Counter(_key(finding, content=content) for finding in findings) for findings in (before, after))
    lines = [f"no longer found in what is sent: {key}" for key in (one - other).elements()]
    lines += [f"found in what is sent, and not in the recording: {key}" for key in (other - one).elements()]
    yield from lines[:_TOLD]
    if len(lines) > _TOLD:
        yield f"and {count(len(lines) - _TOLD, 'more such difference')}"


def _key(finding: Finding, *, content: bool) -> str:
    """Without the pointer: the keys in it are the recording's."""
    place = msgspec.structs.replace(finding.location, pointer=None)
    place = place if content else msgspec.structs.replace(place, session="")
    return f"{finding.severity} {finding.code} {finding.rule} {place}"


def _clean(found: Cassette, wanted: Wanted, environ: Mapping[str, str]) -> Cassette:
    """Redacted with all that the recording's header names, the user's patterns, homes and addresses.

    Its messages are tied together, whatever it was read from: each is looked through once.
    """
    patterns = patterns_for(found.header.redactions, (*wanted.patterns, *HOMES, MAIL))
    return Redactor(secrets_of(environ), patterns=patterns).cassette(found)


def _files(run: Run, raw: bytes, unchecked: tuple[str, ...]) -> dict[str, bytes]:
    """The recording and its reports. Their time is the recording's: the same recording gives the same bytes."""
    created = run.cassette.header.created
    run = msgspec.structs.replace(run, name=run.name or RECORDING)
    report = Report(title=run.name, runs=(run,), created=created, unchecked=unchecked, tool=TOOL)
    texts = {
        "report.html": html.render(report),
        "report.md": md.whole(report) + "\n",
        "findings.json": findings_json(told(report)) + "\n",
        "versions.json": dump({**facts(), "recorded": run.cassette.header.libraries}, indent=2) + "\n",
    }
    return {RECORDING: raw, **{name: text.encode("utf-8", "replace") for name, text in texts.items()}}


def _left_out(found: Cassette, lost: tuple[str, ...], wanted: Wanted) -> Iterator[str]:
    if found.tear:
        yield f"what stands behind the tear: {found.tear}" if wanted.content else "what stands behind the tear"
    if wanted.content:
        yield from (f"not carried over: {text}" for text in lost)
        return
    if lost:
        yield f"{count(len(lost), 'kind')} of what could not be carried over from a recording of another program"
    yield "what was said: its length stands for it, and a digest for long texts"
    yield "names, ids, hosts and keys of arguments: others stand for them, the same everywhere"
    yield "the command line, what the scenario expects, and the names of redactions"
    if found.header.scenario is not None:
        yield "what our executor needs to say it again: nexdiag replay finds this recording changed"


def _look_at(kept: Cassette, wanted: Wanted) -> Iterator[str]:
    """What no machine can judge."""
    if wanted.content:
        yield "report.md and report.html: prompts, answers and outputs of tools are in it; --no-content leaves them out"
    else:
        yield "the words of refusals: they are the server's, without what they repeat of the request"
        yield "lengths, times and numbers of tokens: they are as they were"
    if kept.header.origin and not _LOCAL.match(kept.header.origin):
        yield f"the address of the endpoint is in it: {kept.header.origin}"
