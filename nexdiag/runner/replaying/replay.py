"""One recording again: by our executor if that was recorded, else by its own requests."""

import os
from collections.abc import Mapping

import msgspec

from nexdiag.agent.driver import Tools
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.run import Run
from nexdiag.runner.replaying import virtual
from nexdiag.runner.replaying.answering import with_scenario
from nexdiag.runner.replaying.conversations import ours
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.rerun import Outside, rerun
from nexdiag.runner.replaying.resend import resend
from nexdiag.runner.replaying.verdict.verdicts import unstruck

_STRICT = How()


def replay(
    cassette: Cassette,
    how: How = _STRICT,
    *,
    splitter: Splitter | None = None,
    tools: Tools | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Run:
    """Replay a cassette in the way that fits it; `Run.how` says which. Its scenario's faults are laid over it.

    Faults that wait cost no time, unless a pace was asked for or tools run for real.
    Raises `NothingToDo` if there is nothing in it to replay, `CassetteError` if its turns are not in order,
    `UsageError` for a fault that can strike nothing in it.
    """
    if not (cassette.turns and ours(cassette)):
        return resend(cassette, how, splitter=splitter)
    how, cannot = with_scenario(how, cassette.header, cassette.exchanges)
    given = Outside(environ=environ)
    if how.faults and how.speed is None and tools is None:
        given = msgspec.structs.replace(given, run=virtual.run)
    run = rerun(cassette, how, splitter=splitter, tools=tools, given=given)
    return msgspec.structs.replace(run, replayed=(*run.replayed, *unstruck([cannot]))) if cannot else run
