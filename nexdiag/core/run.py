"""Run and Report: one scenario played once, and the runs of one command."""

import msgspec

from nexdiag.core.cassette import Cassette
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding
from nexdiag.core.turn import Session


class TurnVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """How one turn of a rerun came out."""

    number: int
    session: str = ""
    said: str
    outcome: str
    """`exact`, `changed`, `missing` (recorded, not asked for), `extra` (asked for, not recorded), or `unchecked`:
    it was cut short when it was recorded, or comes after one that was."""
    differences: tuple[Difference, ...] = ()
    note: str = ""
    """Which recording was nearest to a request that none answers; why a turn is unchecked."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario played once: session, cassette and findings."""

    name: str
    cassette: Cassette
    profile: str
    """Name of the profile by which it was judged."""
    session: Session | None = None
    findings: tuple[Finding, ...] = ()
    differences: tuple[Difference, ...] = ()
    """Replay against recording."""
    replayed: tuple[TurnVerdict, ...] = ()
    """For a rerun: how each turn came out."""

    @property
    def differs(self) -> bool:
        """Whether a turn of the rerun came out otherwise than recorded; an unchecked one did not come out at all."""
        return any(turn.outcome in ("changed", "missing", "extra") for turn in self.replayed)

    expected: str = ""
    """Why this run is in the report, where that is not plain: the fault that was switched on."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of one command, and what was not checked."""

    title: str
    runs: tuple[Run, ...]
    created: float = 0.0
    """Unix time in seconds."""
    unchecked: tuple[str, ...] = ()
    """What was skipped, with the reason: skipped never counts as passed."""
    tool: str = ""
