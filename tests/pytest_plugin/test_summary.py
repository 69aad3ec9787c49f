"""The line at the end."""

import json

from nexdiag.pytest_plugin.summary import Counts


def test_counts_add_up_and_travel() -> None:
    """A recording that several tests play is one scenario; a report carries what JSON can."""
    one = Counts(scenarios=frozenset({"a", "b"}), replayed=2, findings=1)
    other = Counts(scenarios=frozenset({"b"}), live=1200, stubbed=1, snapshots=1)
    assert Counts.of_values(json.loads(json.dumps(one.as_values()))) == one
    both = Counts.together((one, other))
    told = "nexdiag: 2 scenarios · 2 exchanges replayed · 1,200 live · 1 from a stub · 1 finding · 1 snapshot"
    assert both.line() == told
    assert Counts(replayed=1).line() == "nexdiag: 0 scenarios · 1 exchange replayed · 0 live · 0 findings"
