"""Replays → JSON Lines: one verdict a line as each recording ends, then a line for the recording itself.

Law: fields are those of `json`; `kind` is `turn` or `recording`. A line is ASCII, and stands alone.
"""

from collections.abc import Sequence

from nexdiag.core.run import Replayed
from nexdiag.report.replay.json import dumped, summed, turn_fields, turns_of


def whole(done: Sequence[Replayed]) -> str:
    """The lines of all recordings, each with its line end."""
    return "".join(f"{recording(one)}\n" for one in done)


def recording(one: Replayed) -> str:
    """The lines of one recording; a script needs no other to judge it."""
    rows = [{"kind": "turn", "file": one.path} | turn_fields(turn) for turn in turns_of(one)]
    rows.append({"kind": "recording"} | summed(one))
    return "\n".join(map(dumped, rows))
