"""Answers from a cassette, made as it was chosen: matching, redaction, faults, splitting."""

import os
import time
from collections.abc import Callable, Iterable, Mapping

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Header
from nexdiag.core.exchange import Exchange
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching import Matcher
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
    redactor = redactor_for(header.redactions, secrets_of(environ))
    del how  # its parts come with their modules
    return Answers(Matcher(exchanges), splitter=splitter, clean=redactor.request, clock=clock)
