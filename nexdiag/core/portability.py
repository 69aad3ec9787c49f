"""Portability: which requests of a recording each of several servers would refuse, and why."""

import msgspec

from nexdiag.core.finding import Finding, Severity


class PortableRow(msgspec.Struct, frozen=True, kw_only=True):
    """What each server would do with one request."""

    turn: int | None = None
    session: str = ""
    exchange: int | None = None
    against: tuple[tuple[Finding, ...], ...]
    """For each server, in order: what it would refuse, then what it may; empty where it takes the request."""

    def word(self, column: int) -> str:
        """`refuses` for sure, `may refuse`, or `takes` it, for all that is known of that server."""
        found = self.against[column]
        if any(one.severity is Severity.ERROR for one in found):
            return "refuses"
        return "may refuse" if found else "takes"


class Portability(msgspec.Struct, frozen=True, kw_only=True):
    """The table of one recording or request."""

    file: str
    servers: tuple[str, ...]
    """Names of profiles."""
    rows: tuple[PortableRow, ...]
    unchecked: tuple[str, ...] = ()

    def refused(self, column: int) -> int:
        """How many of the requests that server would refuse for sure."""
        return sum(row.word(column) == "refuses" for row in self.rows)

    def reasons(self, column: int) -> list[tuple[PortableRow, Finding]]:
        """Each thing that stands in the way on that server, once, at the first request that carries it."""
        seen: set[tuple[str, str | None, str]] = set()
        listed: list[tuple[PortableRow, Finding]] = []
        for row in self.rows:
            for found in row.against[column]:
                key = (found.rule, found.location.pointer, found.summary)
                if key not in seen:
                    seen.add(key)
                    listed.append((row, found))
        return listed
