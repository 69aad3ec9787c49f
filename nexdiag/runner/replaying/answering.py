"""Answers from a cassette, made as it was chosen: matching, redaction, faults, splitting."""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Header
from nexdiag.core.exchange import Exchange
from nexdiag.replay import splitting
from nexdiag.replay.answers import Answers, Lay
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.matching.rules import parse
from nexdiag.replay.models import made_models
from nexdiag.runner.redaction import redactor_for
from nexdiag.runner.replaying.how import How


def answers_of(  # noqa: PLR0913 - every outside thing is an argument
    header: Header,
    exchanges: Iterable[Exchange],
    how: How,
    *,
    splitter: Splitter | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
) -> Answers:
    """What these exchanges of a recording answer. Raises `UsageError` for a choice that is none."""
    exchanges = tuple(exchanges)
    redactor = redactor_for(header.redactions, secrets_of(environ))
    lay, unstruck = _faults(how, exchanges)
    return Answers(
        Matcher(exchanges, mode=how.match, rules=parse(how.ignore), repeats=how.repeats),
        splitter=splitter,
        clean=redactor.request,
        lay=lay,
        unstruck=unstruck,
        cut=splitting.splitter(how.split),
        make=made_models(exchanges),
        clock=clock,
    )


def with_scenario(how: How, header: Header) -> How:
    """The same with the faults that the recorded scenario names, unless others were asked for. Raises `UsageError`."""
    if how.faults or header.scenario is None or not header.scenario.faults:
        return how
    from nexdiag.codec import fault  # noqa: PLC0415 - start-up: most recordings have none

    return msgspec.structs.replace(how, faults=tuple(map(fault.decode, header.scenario.faults)))


def _faults(how: How, exchanges: Sequence[Exchange]) -> tuple[Lay, Callable[[], tuple[str, ...]]]:
    if not how.faults:
        return lambda exchange: None, tuple
    from nexdiag.replay.faults import overlay  # noqa: PLC0415 - start-up: most replays have none

    laid = overlay(how.faults, exchanges, seed=how.seed)
    return laid, laid.unstruck
