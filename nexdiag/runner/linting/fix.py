"""Subjects → repairs: what would be sent instead, as a diff. No file that is read is ever changed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.endpoint import Profile
from nexdiag.core.errors import NexdiagError, NothingToDo
from nexdiag.lint import engine, fixing, profiles
from nexdiag.lint.subject import profile_of
from nexdiag.runner.linting.choice import Choice
from nexdiag.runner.linting.subjects import Recording, Requests, Subject, read


class Repaired(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and what is left of its faults."""

    name: str
    """The file; with the exchange, where it is one of several."""
    before: dict[str, Any]
    after: dict[str, Any]
    made: tuple[str, ...]
    left: tuple[str, ...]
    """Faults for which there is no safe repair, in one line each."""


def repaired(paths: Sequence[Path], choice: Choice, bad: list[NexdiagError] | None = None) -> list[Repaired]:
    """Every request that has a fault that is wanted, in order; of a recording those in which one came in.

    Raises `NothingToDo` where there is no request. What cannot be read is put into `bad`, where that is given and it is
    not all there is.
    """
    requests = [
        (name, request, profile, choice.rules(subject.name))
        for subject in read(paths, bad)
        for name, request, profile in _of(subject, choice)
    ]
    if not requests and not bad:
        raise NothingToDo("no request to repair", hint="name a recording or a request")
    done = (
        (name, request, fixing.fixed(request, profile, rules=wanted)) for name, request, profile, wanted in requests
    )
    return [
        Repaired(
            name=name,
            before=request,
            after=fixed.request,
            made=fixed.made,
            left=tuple(f"{one.rule}: {one.summary}" for one in fixed.left),
        )
        for name, request, fixed in done
    ]


def _of(subject: Subject, choice: Choice) -> Iterator[tuple[str, dict[str, Any], Profile]]:
    if isinstance(subject, Recording):
        profile = profile_of(subject.cassette, choice.profile)
        wanted = choice.rules(subject.name)
        found = [one for one in engine.judge(subject.cassette, profile) if one.rule in wanted]
        places = sorted({one.location.exchange for one in found if one.weighs and one.location.exchange is not None})
        for place in places or [exchange.id for exchange in subject.cassette.exchanges[-1:]]:
            exchange = next(one for one in subject.cassette.exchanges if one.id == place)
            request = _object(exchange.request.body.join())
            if request is not None:
                yield f"{subject.name} (exchange {place})", request, profile
    elif isinstance(subject, Requests):
        for number, bare in zip(subject.lines or range(1, len(subject.bares) + 1), subject.bares, strict=True):
            profile = profiles.named(choice.profile) if choice.profile else profiles.resolve(bare.server)
            if isinstance(bare.request, dict):
                name = subject.name if subject.alone else f"{subject.name} (line {number})"
                yield name, bare.request, profile


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        value = jsontext.read(raw)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
