"""How: all that can be chosen about a replay. The doors make it, everybody below reads it."""

from pathlib import Path

import msgspec

from nexdiag.core.fault import Fault

MATCHES = ("exact", "prefix", "turn")
"""Ways of matching; docs/reference/matching.md tells what each means."""
SPLITS = ("recorded", "whole", "byte", "utf8", "data")
"""Ways of splitting an answer into pieces; docs/reference/faults-in-replay.md tells what each means."""


class How(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen."""

    match: str = "exact"
    """One of `MATCHES`."""
    ignore: tuple[str, ...] = ()
    """Rules, as `replay.rules` reads them, of what does not count in a request, beside the built-in ones."""
    speed: float | None = None
    """1 for the recorded pace, 10 for ten times as fast, None for no waiting."""
    split: str = "recorded"
    """One of `SPLITS`."""
    faults: tuple[Fault, ...] = ()
    """Laid over every recording. One that can strike no answer is an error."""
    scenario_faults: bool = True
    """Whether those that a recorded scenario names are laid over it, where `faults` is empty."""
    seed: int = 0
    """What is left to chance is drawn by it."""
    live_tools: bool = False
    """Whether tools run; else what they gave comes from the recording."""
    repeats: bool = False
    """Whether a recording that was played answers again."""
    unplayed: bool = False
    """Whether recordings may be left over."""
    max_age: float | None = None
    """Seconds that a recording may be old; None for any."""
    expired: str = "warn"
    """What becomes of one that is older: `warn` or `fail`."""
    workspace: Path | None = None
    """Where live tools work."""
