"""Judged: one file, chat or exchange that lint has judged, as every format tells of it."""

import msgspec

from nexdiag.core.finding import Finding


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was judged."""

    file: str
    profile: str
    findings: tuple[Finding, ...]
    id: str | None = None
    """For a bare exchange: the id it came with; it may be empty."""
    line: int | None = None
    """The line that a bare exchange stood on, where it was one of several."""
    bare: bool = False
    unchecked: tuple[str, ...] = ()
    """What could not be checked, in one line each: it never counts as passed."""
    empty: bool = False
    """A recording without any exchange: there was nothing to judge."""
    allowed: tuple[Finding, ...] = ()
    """What its scenario allows: counted, and not reported."""

    @property
    def name(self) -> str:
        """The file; with the id of a bare exchange in it, or with its line where it came without."""
        if self.id:
            return f"{self.file}#{self.id}"
        return self.file if self.line is None else f"{self.file}:{self.line}"
