"""Answers from a cassette, made as it was chosen: matching, redaction, faults, splitting."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.replay import splitting
from nexdiag.replay.answers import Answers, Lay
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.matching.rules import parse
from nexdiag.replay.models import made_models
from nexdiag.replay.playback import Laid
from nexdiag.runner.redaction import redactor_of
from nexdiag.runner.replaying.how import How

Recorded = tuple[Header, Sequence[Exchange]]
"""One recording, of several that may answer together."""
_Told = Callable[[], tuple[str, ...]]


def answers_of(  # noqa: PLR0913 - every outside thing is an argument
    header: Header,
    exchanges: Iterable[Exchange],
    how: How,
    *,
    splitter: Splitter | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
    scenarios: Sequence[Recorded] = (),
    redact: Sequence[str] = (),
) -> Answers:
    """What these exchanges of a recording answer.

    `scenarios` are the recordings that they are of, where faults that their scenarios name are to be laid over them.
    `redact` are the user's own patterns of what is secret: they are used as they are.
    Raises `UsageError` for a choice that is none, `CassetteError` for a scenario with a fault that is none.
    """
    exchanges = tuple(exchanges)
    redactor, left = redactor_of(header.redactions, secrets_of(environ), redact)
    lay, unstruck = _faults(how, exchanges, scenarios)
    return Answers(
        Matcher(exchanges, mode=how.match, rules=parse(how.ignore), repeats=how.repeats),
        splitter=splitter,
        clean=redactor.request,
        hide=redactor.url,
        lay=lay,
        unstruck=(lambda: (*left, *unstruck())) if left else unstruck,
        cut=splitting.splitter(how.split),
        make=made_models(exchanges),
        clock=clock,
    )


def with_scenario(how: How, header: Header, exchanges: Sequence[Exchange]) -> tuple[How, tuple[str, ...]]:
    """The same with the faults that the recorded scenario names, unless others were asked for, or none.

    Of these only what is about a turn that is there: one turn of a recording may be played alone. What can strike no
    answer of it is left out, and told: a line each.
    Raises `CassetteError` for a text that is no fault.
    """
    if how.faults or not how.scenario_faults or header.scenario is None or not header.scenario.faults:
        return how, ()
    from nexdiag.codec import fault  # noqa: PLC0415 - start-up: most recordings have none
    from nexdiag.replay.faults import overlay  # noqa: PLC0415 - as above

    strike, cannot = [], []
    turns = {exchange.turn for exchange in exchanges}
    for text in header.scenario.faults:
        try:
            one = fault.decode(text)
        except UsageError as error:
            raise CassetteError(f"its scenario is broken: {error.what}", hint=error.hint) from error
        if one.turn is None or one.turn in turns or turns == {None}:
            try:
                overlay((one,), exchanges, seed=how.seed)
                strike.append(one)
            except UsageError as error:
                cannot.append(error.what)
    return msgspec.structs.replace(how, faults=tuple(strike)), tuple(cannot)


def _faults(how: How, exchanges: Sequence[Exchange], scenarios: Sequence[Recorded]) -> tuple[Lay, _Told]:
    """What lays them over answers, and tells what has not struck."""
    each: list[tuple[How, Sequence[Exchange]]] = [(how, exchanges)] if how.faults else []
    cannot: list[str] = []
    for header, some in () if how.faults else scenarios:
        own, told = with_scenario(how, header, some)
        each += [(own, some)] if own.faults else []
        cannot += told
    if not each and not cannot:
        return lambda exchange: None, tuple
    from nexdiag.replay.faults import overlay  # noqa: PLC0415 - start-up: most replays have none

    overlays = [overlay(one.faults, some, seed=how.seed) for one, some in each]

    def lay(exchange: Exchange) -> Laid | None:
        return next((laid for one in overlays if (laid := one(exchange)) is not None), None)

    return lay, lambda: (*cannot, *(line for one in overlays for line in one.unstruck()))
