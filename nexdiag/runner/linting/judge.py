"""Subjects → Judged: each by the profile of its server, and by its chat template where one is given."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.codec import logline
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import NexdiagError, NothingToDo
from nexdiag.core.finding import Finding
from nexdiag.core.judged import Judged
from nexdiag.core.turn import LogLine
from nexdiag.lint import allowing, engine, profiles
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.state import RowSeen, StateSeen
from nexdiag.lint.state import judge_state
from nexdiag.lint.subject import profile_of
from nexdiag.runner.linting.choice import Choice
from nexdiag.runner.linting.state import Read
from nexdiag.runner.linting.subjects import Recording, Requests, State, Subject, read

NO_SERVER = "none"
"""For a profile, where nothing was sent anywhere."""
_NO_ANSWER = "the server's answer: a bare request has none"
_NOT_GIVEN = "the server's answer: not given"
_NO_REQUESTS = "requests and answers: a state directory has none (record: nexdiag capture)"


def judge_paths(paths: Sequence[Path], choice: Choice, bad: list[NexdiagError] | None = None) -> list[Judged]:
    """Judge all that is named. Raises `NothingToDo` if there is no exchange, request or state among it.

    What cannot be read is put into `bad`, where that is given and it is not all there is.
    """
    judged = [one for subject in read(paths, bad) for one in judge_subject(subject, choice)]
    if all(one.empty for one in judged) and not bad:
        raise nothing_recorded([one.file for one in judged])
    return judged


def judge_subject(subject: Subject, choice: Choice) -> Iterator[Judged]:
    """What one file comes to; without what is not wanted in it, and without secrets."""
    redactor = Redactor(secrets_of(os.environ))
    for judged in _judged(subject, choice):
        kept = choice.kept(subject.name, judged.findings)
        yield msgspec.structs.replace(
            judged,
            findings=tuple(_clean(finding, redactor) for finding in kept),
            allowed=tuple(_clean(finding, redactor) for finding in judged.allowed),
        )


def nothing_recorded(names: Sequence[str]) -> NothingToDo:
    """What to raise when none of these recordings holds an exchange."""
    what = names[0] if len(names) == 1 else f"none of {len(names)} recordings"
    holds = "holds no exchange" if len(names) == 1 else "holds an exchange"
    return NothingToDo(f"{what} {holds}: nothing to judge", hint="record one with: nexdiag capture")


def missing(cassette: Cassette) -> tuple[str, ...]:
    """What a recording lacks, and so cannot be checked."""
    lacks = [f"the end of the file: {cassette.tear}"] if cassette.tear else []
    lacks += ["exchanges: the recording has none"] if not cassette.exchanges else []
    return (*lacks, "turns: the recording has none") if not cassette.turns else tuple(lacks)


def _judged(subject: Subject, choice: Choice) -> Iterator[Judged]:
    if isinstance(subject, Recording):
        yield _recording(subject, choice)
    elif isinstance(subject, Requests):
        yield from _requests(subject, choice)
    else:
        yield from _state(subject, choice)


def _recording(subject: Recording, choice: Choice) -> Judged:
    cassette = subject.cassette
    profile = profile_of(cassette, choice.profile)
    template = None if choice.template is None else choice.template.for_profile(profile.name)
    found = engine.judge(cassette, profile, select=choice.select, ignore=choice.ignore, template=template)
    log = StateSeen(name=subject.name, log=tuple(_row(place, line) for place, line in enumerate(cassette.log, 1)))
    kept, allowed = allowing.split(cassette, (*found, *judge_state(log, select=choice.select, ignore=choice.ignore)))
    return Judged(
        file=subject.name,
        profile=profile.name,
        findings=kept,
        unchecked=(*missing(cassette), *subject.lost),
        empty=not cassette.exchanges,
        allowed=allowed,
    )


def _row(place: int, line: LogLine) -> RowSeen:
    """A line of a recording's log, as it stood in the log that was followed."""
    text = line.text if line.level is None else logline.encode(line)
    return RowSeen(file=f"log ({line.source})", line=place, text=text)


def _requests(subject: Requests, choice: Choice) -> Iterator[Judged]:
    named = None if choice.profile is None else profiles.named(choice.profile)
    for place, bare in enumerate(subject.bares):
        profile = named or profiles.resolve(bare.server)
        template = None if choice.template is None else choice.template.for_profile(profile.name)
        _, findings = engine.judge_bare(bare, profile, select=choice.select, ignore=choice.ignore, template=template)
        if subject.alone:
            yield Judged(file=subject.name, profile=profile.name, findings=findings, unchecked=(_NO_ANSWER,))
        else:
            yield Judged(
                file=subject.name,
                profile=profile.name,
                findings=findings,
                id=bare.id,
                bare=True,
                line=subject.lines[place] if subject.lines else None,
                unchecked=(_NOT_GIVEN,) if _unanswered(bare) else (),
            )


def _unanswered(bare: BareExchange) -> bool:
    return bare.status is None and bare.response is None and bare.log is None


def _state(subject: State, choice: Choice) -> Iterator[Judged]:
    """What is of all chats, and then each chat; or one chat's directory."""
    if subject.told is not None:
        yield Judged(file=subject.name, profile=NO_SERVER, findings=_of_state(subject.told, choice))
    for one in subject.reads:
        findings = _of_state(one.state, choice)
        yield Judged(file=str(one.path), profile=NO_SERVER, findings=findings, unchecked=_unread(one))


def _of_state(state: StateSeen, choice: Choice) -> tuple[Finding, ...]:
    return judge_state(state, select=choice.select, ignore=choice.ignore)


def _unread(one: Read) -> tuple[str, ...]:
    return (*one.unread, _NO_REQUESTS)


def _clean(finding: Finding, redactor: Redactor) -> Finding:
    """Without secrets: what was handed to us was never redacted, and what was recorded may hold one all the same."""
    pointer, words = finding.location.pointer, finding.server_words
    place = msgspec.structs.replace(finding.location, pointer=None if pointer is None else redactor.text(pointer))
    return msgspec.structs.replace(
        finding,
        summary=redactor.text(finding.summary),
        evidence=tuple(redactor.text(line) for line in finding.evidence),
        because=redactor.text(finding.because),
        fix=redactor.text(finding.fix),
        server_words=None if words is None else redactor.text(words),
        consequences=tuple(redactor.text(line) for line in finding.consequences),
        facts={name: redactor.text(fact) for name, fact in finding.facts.items()},
        location=place,
    )
