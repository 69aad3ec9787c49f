"""One recording again: by our executor if that was recorded, else by its own requests."""

import os
from collections.abc import Mapping

from nexdiag.agent.driver import Tools
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.run import Run
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.rerun import Outside, ours, rerun
from nexdiag.runner.replaying.resend import resend

_STRICT = How()


def replay(
    cassette: Cassette,
    how: How = _STRICT,
    *,
    splitter: Splitter | None = None,
    tools: Tools | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Run:
    """Replay a cassette in the way that fits it; `Run.how` says which.

    Raises `NothingToDo` if there is nothing in it to replay, `CassetteError` if its turns are not in order.
    """
    if cassette.turns and ours(cassette):
        return rerun(cassette, how, splitter=splitter, tools=tools, given=Outside(environ=environ))
    return resend(cassette, how, splitter=splitter)
