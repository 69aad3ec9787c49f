"""Judged: one file, chat or exchange that lint has judged, as every format tells of it."""

import msgspec

from nexdiag.core.finding import Finding


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was judged."""

    file: str
    profile: str
    findings: tuple[Finding, ...]
    id: str | None = None
    """For a bare exchange: the id it came with."""
    bare: bool = False
    unchecked: tuple[str, ...] = ()
    """What could not be checked, in one line each: it never counts as passed."""
    empty: bool = False
    """A recording without any exchange: there was nothing to judge."""
    allowed: tuple[Finding, ...] = ()
    """What its scenario allows: counted, and not reported."""

    @property
    def name(self) -> str:
        """The file; with the id of a bare exchange in it."""
        return self.file if self.id is None else f"{self.file}#{self.id}"
