"""Run and Report: one scenario played once, and the runs of one command."""

import msgspec

from nexdiag.core.cassette import Cassette
from nexdiag.core.difference import Difference
from nexdiag.core.finding import Finding
from nexdiag.core.replayed import Pairing, TurnVerdict
from nexdiag.core.turn import Session


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
    """For a replay: how each turn came out."""
    how: str = ""
    """For a replay: `rerun` (our executor said it again), `resent` (the recorded requests were sent again, as they
    were), `served` (some client asked)."""
    pairing: Pairing | None = None
    """For a replay: who answered whom."""
    expired: str = ""
    """That the recording is older than it may be, and by how much; empty if it is not."""
    seconds: float = 0.0
    """How long the replay took."""

    @property
    def differs(self) -> bool:
        """Whether a turn of the rerun came out otherwise than recorded; an unchecked one did not come out at all."""
        return any(turn.differs for turn in self.replayed)

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


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """One recording that was to be replayed."""

    path: str
    run: Run | None = None
    what: str = ""
    """Why it was not replayed; empty if it was."""
    hint: str = ""
    code: int = 0
    """The exit code of what went wrong."""
