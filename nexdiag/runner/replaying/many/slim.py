"""A run without what no report of a replay tells: so that it can cross to another process, and a thousand be kept.

Law: pure. What stays says the same: verdicts, pairing, times, how many exchanges there were and of which turns.
"""

import msgspec

from nexdiag.core.cassette import Cassette
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.run import Run
from nexdiag.core.turn import Turn
from nexdiag.report.json import plain


def slim(run: Run) -> Run:
    """Bodies, answers, the session and the log are left out; values that differ are made plain JSON."""
    cassette = Cassette(
        header=msgspec.structs.replace(run.cassette.header, scenario=None),
        turns=tuple(map(_outcome, (one for one in run.cassette.turns if one.outcome == "failed"))),
        exchanges=tuple(map(_bare, run.cassette.exchanges)),
        tear=run.cassette.tear,
        name=run.cassette.name,
    )
    return msgspec.structs.replace(
        run, cassette=cassette, session=None, differences=(), replayed=tuple(map(_verdict, run.replayed))
    )


def _outcome(turn: Turn) -> Turn:
    """That it failed, and with what words: a report tells it of a turn that fails again."""
    return Turn(number=turn.number, session=turn.session, said="", outcome=turn.outcome, error=turn.error)


def _bare(one: Exchange) -> Exchange:
    request = Request(method=one.request.method, url=one.request.url)
    return msgspec.structs.replace(one, request=request, response=None)


def _verdict(turn: TurnVerdict) -> TurnVerdict:
    differences = tuple(map(_plain, turn.differences))
    found = turn.divergence
    if found is not None and found.first is not None:
        found = msgspec.structs.replace(found, first=_plain(found.first))
    return msgspec.structs.replace(turn, differences=differences, divergence=found)


def _plain(one: Difference) -> Difference:
    """Deep nesting ends where reports end it: what is deeper could not be carried to another process."""
    return msgspec.structs.replace(one, left=plain(one.left), right=plain(one.right))
