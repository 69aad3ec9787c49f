"""Replays → JSON, for scripts.

Law: the shape is a promise (nexdiag.replay/1). Output is ASCII, and always valid JSON.
"""

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import Divergence, Pairing, TurnVerdict
from nexdiag.core.run import Replayed, Run
from nexdiag.report.json import plain
from nexdiag.report.replay.verdict import fails, outcomes, plain_error, recorded_seconds, word

SCHEMA = "nexdiag.replay/1"
_TOLD = ("pointer", "left", "right", "kind", "right_pointer")
"""What is told of a difference; the turn that it stands in names turn and session."""


def whole(done: Sequence[Replayed]) -> str:
    """All recordings: for each its verdict, its turns, its first divergences, and who answered whom."""
    counts = dict(Counter(word(one) for one in done))
    recordings = [summed(one) | {"turns": [turn_fields(turn) for turn in turns_of(one)]} for one in done]
    verdict = {"schema": SCHEMA, "passed": not any(map(fails, done)), "counts": counts, "recordings": recordings}
    return dumped(verdict, indent=2)


def turns_of(one: Replayed) -> tuple[TurnVerdict, ...]:
    """The verdicts of a recording; none where it was not played."""
    return one.run.replayed if one.run is not None else ()


def summed(one: Replayed) -> dict[str, Any]:
    """A recording without its turns."""
    fields: dict[str, Any] = {"file": one.path, "verdict": word(one), "error": plain_error(one)}
    return fields if one.run is None else fields | _run(one.run)


def _run(run: Run) -> dict[str, Any]:
    return {
        "name": run.name,
        "how": run.how,
        "exchanges": len(run.cassette.exchanges),
        "outcomes": outcomes(run),
        "seconds": run.seconds,
        "recorded_seconds": recorded_seconds(run),
        "expired": run.expired or None,
        "tear": run.cassette.tear,
        "pairing": _pairing(run.pairing) if run.pairing is not None else None,
    }


def _pairing(pairing: Pairing) -> dict[str, Any]:
    answers = {pair.request: pair.exchange for pair in pairing.pairs}
    return {
        "requests": pairing.requests,
        "recordings": pairing.recordings,
        "one_to_one": pairing.one_to_one,
        "by": dict(Counter(pair.how for pair in pairing.pairs)),
        "rules": dict(Counter(rule for pair in pairing.pairs for rule in pair.aside)),
        "misses": list(pairing.misses),
        "unplayed": list(pairing.unplayed),
        "made": pairing.made,
        "answered_by": [answers.get(place) for place in range(pairing.requests)],
        "faults": {str(pair.request): pair.fault for pair in pairing.pairs if pair.fault},
    }


def turn_fields(turn: TurnVerdict) -> dict[str, Any]:
    """The verdict of a turn, flat but for its differences and its divergence."""
    return {
        "turn": turn.number,
        "session": turn.session,
        "said": turn.said,
        "outcome": turn.outcome,
        "note": turn.note,
        "seconds": turn.seconds,
        "differences": [_difference(one) for one in turn.differences],
        "divergence": _divergence(turn.divergence) if turn.divergence is not None else None,
    }


def _divergence(found: Divergence) -> dict[str, Any]:
    return {
        "turn": found.turn,
        "method": found.method,
        "path": found.path,
        "nearest": found.nearest,
        "nearest_turn": found.nearest_turn,
        "shared": found.shared,
        "sent": found.sent,
        "recorded": found.recorded,
        "first": _difference(found.first) if found.first is not None else None,
        "more": found.more,
        "consequences": found.consequences,
        "ambiguous": list(found.ambiguous),
        "why": found.why,
        "advice": found.advice,
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(one).items() if name in _TOLD}


def dumped(value: object, indent: int | None = None) -> str:
    """The value as ASCII; what JSON cannot hold becomes text."""
    return json.dumps(plain(value), indent=indent, allow_nan=False)
