"""The line at the end: `nexdiag: 1 scenario · 3 exchanges replayed · 0 live · 0 findings · 1 snapshot`.

Each test's counts travel with its report, so that they add up under xdist, and where a worker dies. Nothing is said of
a run in which no test used nexdiag.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True, kw_only=True)  # no msgspec.Struct: this is imported in every run of pytest
class Counts:
    """What passed in a test, or in several."""

    scenarios: frozenset[str] = frozenset()
    """The recordings that were played or made, by path."""
    replayed: int = 0
    live: int = 0
    """Exchanges that went to a server."""
    stubbed: int = 0
    """Exchanges that a stub answered."""
    findings: int = 0
    snapshots: int = 0

    @classmethod
    def together(cls, several: "Iterable[Counts]") -> "Counts":
        """The sum."""
        every = list(several)
        return cls(
            scenarios=frozenset().union(*(one.scenarios for one in every)),
            replayed=sum(one.replayed for one in every),
            live=sum(one.live for one in every),
            stubbed=sum(one.stubbed for one in every),
            findings=sum(one.findings for one in every),
            snapshots=sum(one.snapshots for one in every),
        )

    def as_values(self) -> dict[str, Any]:
        """What a report can carry from one process to another."""
        return {**vars(self), "scenarios": sorted(self.scenarios)}

    @classmethod
    def of_values(cls, values: dict[str, Any]) -> "Counts":
        """The same again."""
        return cls(**{**values, "scenarios": frozenset(values["scenarios"])})

    def line(self) -> str:
        """In words."""
        parts = [
            _count(len(self.scenarios), "scenario"),
            f"{_count(self.replayed, 'exchange')} replayed",
            f"{self.live:,} live",
            *([f"{self.stubbed:,} from a stub"] if self.stubbed else []),
            _count(self.findings, "finding"),
            *([_count(self.snapshots, "snapshot")] if self.snapshots else []),
        ]
        return "nexdiag: " + " · ".join(parts)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" + "s" * (number != 1)


class Summary:
    """The plugin that adds up and tells."""

    def __init__(self) -> None:
        """Nothing has passed yet."""
        self._total: Counts | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what one test's report carries: reports come together here, from wherever their test was run."""
        values = getattr(report, "nexdiag", None)
        if values is not None:
            self._total = Counts.together((self._total or Counts(), Counts.of_values(values)))

    # The type is in quotes: pytest 8.3 has no name for it.
    def pytest_terminal_summary(self, terminalreporter: "pytest.TerminalReporter") -> None:
        """The line, if a test used nexdiag."""
        if self._total is not None:
            terminalreporter.write_line(self._total.line())
