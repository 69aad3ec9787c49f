"""A model that goes in circles: the same call, with the same arguments and the same outcome, again and again. Pure.

Detectors that look at arguments alone stop honest work (reading a file that changes, polling a build). Here an outcome
that differs is progress and never counts.
"""

import hashlib
import json
from collections.abc import Sequence

from nexdiag.codec import jsontext
from nexdiag.core.turn import ToolRun

LONGEST_CYCLE = 5
NOTE_AT = 3
"""Rounds of a cycle after which the model is told."""
STOP_AT = 5
"""Rounds of a cycle after which the turn ends."""
KEPT = LONGEST_CYCLE * STOP_AT
"""Marks that are looked at."""


def mark(run: ToolRun) -> str:
    """What the run is known by: name, arguments whatever their white space and order, and the whole outcome."""
    parts = (run.name, _canonical(run.arguments), run.output, str(run.is_error))
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode(errors="replace")
        digest.update(b"%d:" % len(raw) + raw)
    return digest.hexdigest()


def rounds(marks: Sequence[str]) -> int:
    """How often the cycle that the marks end with has come in a row; 1 for one that has not come before."""
    best = 1
    for length in range(1, LONGEST_CYCLE + 1):
        cycle = list(marks[-length:])
        count, end = 0, len(marks)
        while end >= length and list(marks[end - length : end]) == cycle:
            count, end = count + 1, end - length
        best = max(best, count)
    return best


def note(count: int) -> str:
    """What the model is told inside the result."""
    return (
        f"[The same call has had the same outcome {count} times in a row. It will not change. "
        "Do something else, or answer with what you know.]"
    )


def stopped(name: str, count: int) -> str:
    """Why the turn ends."""
    return f"stopped: the model went in circles ({name} with the same arguments and the same outcome, {count} times)"


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(jsontext.read(arguments), sort_keys=True)
    except (ValueError, RecursionError, TypeError):
        return arguments
