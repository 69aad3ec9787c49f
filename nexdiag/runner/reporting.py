"""Recordings ⇒ a Report: each read, judged by its server's profile, and what could not be checked told."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.codec import cassette as codec
from nexdiag.codec.losses import Losses
from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.core.exchange import REFUSED, Exchange
from nexdiag.core.run import Report, Run
from nexdiag.core.version import TOOL
from nexdiag.lint.subject import profile_of
from nexdiag.report.wording import count
from nexdiag.runner.cassettes import files
from nexdiag.runner.cassettes.prune import Keep, prune
from nexdiag.runner.judge import judge
from nexdiag.runner.linting.judge import missing, nothing_recorded
from nexdiag.runner.load import STDIN, find
from nexdiag.runner.redaction import patterns_for

RECORDINGS = Path("cassettes")
"""Where recordings go that nobody named a place for (`runner.place`)."""
_TOOL = f"{TOOL.split(maxsplit=1)[0]} "
_OURS = (b'{"cassette"', b'{ "cassette"')


def newest(below: Path = RECORDINGS) -> Path:
    """The cassette below this directory that was written last. Raises `NothingToDo` if there is none."""
    found = [(path.stat().st_mtime, path) for path in below.rglob(f"*{SUFFIX}") if path.is_file()]
    if not found:
        hint = "name one, or record one first with: nexdiag capture"
        raise NothingToDo(f"no recording is named, and there is none below {below}/", hint=hint)
    return max(found)[1]


def report_on(paths: Sequence[Path], profile: str | None = None, *, clock: Callable[[], float] = time.time) -> Report:
    """The report on all that is named, or below the directories named; judged by `profile` where that is given.

    Raises `CassetteError` for one that cannot be read, `NothingToDo` if there is none, or none holds an exchange.
    """
    named = find(list(paths))
    opened = [read(path) for path in named]
    cassettes = [cassette for cassette, _ in opened]
    if not any(cassette.exchanges for cassette in cassettes):
        raise nothing_recorded([str(path) for path in named])
    runs = tuple(judge(cassette, profile=profile_of(cassette, profile)) for cassette in cassettes)
    unchecked = tuple(f"{one.name}: {text}" for one, lost in opened for text in (*missing(one), *lost))
    title = runs[0].name if len(runs) == 1 else f"{len(runs)} recordings"
    return Report(title=title, runs=runs, created=clock(), unchecked=unchecked, tool=TOOL)


def read(path: Path) -> tuple[Cassette, tuple[str, ...]]:
    """A recording of ours, HAR, vcrpy, exchanges as JSON Lines, or a request; and what of it could not be carried.

    What is not ours was never redacted: that is done here; so is a recording whose header does not say that nexdiag
    wrote it. Raises `CassetteError` for what is none of these.
    """
    raw = sys.stdin.buffer.read() if str(path) == STDIN else files.read(path)
    name = "stdin" if str(path) == STDIN else str(path)
    if raw.startswith(_OURS) or name.endswith(SUFFIX):
        cassette = codec.decode(raw, name=name)
        return (cassette if cassette.header.tool.startswith(_TOOL) else _clean(cassette)), ()
    from nexdiag.runner.cleaned import Cleaner  # noqa: PLC0415 - start-up: recordings of ours need neither
    from nexdiag.runner.foreign.convert import decode, with_turns  # noqa: PLC0415 - as above

    losses = Losses()
    cassette = with_turns(Cleaner(secrets_of(os.environ)).cassette(decode(raw, name=name, losses=losses)))
    return msgspec.structs.replace(cassette, name=name), losses.lines()


def _clean(cassette: Cassette) -> Cassette:
    """A recording that somebody else wrote in our format."""
    from nexdiag.capture.redaction.redact import Redactor  # noqa: PLC0415 - start-up: recordings of ours need it not

    return Redactor(secrets_of(os.environ), patterns=patterns_for(cassette.header.redactions)).cassette(cassette)


def only(report: Report, turn: int | None, session: str | None) -> Report:
    """The same of one turn, or one session: what was found elsewhere is left out, and said to be.

    Raises `UsageError` where the report is on several recordings, or the recording holds no such turn.
    """
    if len(report.runs) != 1:
        what = f"--turn and --session want one recording, found {len(report.runs)}"
        raise UsageError(what, hint="name one of them")
    (run,) = report.runs
    kept = prune(run.cassette, Keep(turns=None if turn is None else str(turn), session=session, aside=False))
    turns = {(one.session, one.number) for one in kept.turns}
    ids = {one.id for one in kept.exchanges}
    findings = tuple(
        one
        for one in run.findings
        if one.location.exchange in ids or (one.location.session, one.location.turn) in turns
    )
    left = len(run.findings) - len(findings)
    found = f", with {count(left, 'finding')}" if left else ""
    named = f"{run.cassette.name}: the other turns were asked to be left out{found}"
    one = msgspec.structs.replace(run, cassette=kept, findings=findings)
    return msgspec.structs.replace(report, runs=(one,), unchecked=(*report.unchecked, named))


def to_send_again(run: Run, number: int, session: str | None = None) -> Exchange:
    """The exchange of a turn that is worth sending again: the one refused, else the last.

    In a recording without turns it is the exchange of that number. Raises `UsageError` where there is none.
    """
    cassette = run.cassette
    if not cassette.turns:
        found = [one for one in cassette.exchanges if one.id == number]
        known, noun = [one.id for one in cassette.exchanges], "exchange"
    else:
        of = [one for one in cassette.exchanges if session is None or one.session == session]
        found = [one for one in of if one.turn == number]
        known, noun = sorted({one.turn for one in of if one.turn is not None}), "turn"
    if not found:
        range_ = f"{known[0]} to {known[-1]}" if known else "none"
        raise UsageError(f"there is no {noun} {number}", hint=f"the recording holds: {range_}")
    several = {one.session for one in found}
    if len(several) > 1:
        raise UsageError(f"{len(several)} sessions have a turn {number}", hint="name one: --session NAME")
    refused = [one for one in found if one.response is not None and one.response.status >= REFUSED]
    return (refused or found)[-1]
