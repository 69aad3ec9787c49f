"""Promises of `nexdiag.diff.reading`."""

from nexdiag.diff.aside import Asides
from nexdiag.diff.reading import REPLAY, RUN, Reading, fact, rule_of, secret_alone


def test_an_absence_makes_the_kind() -> None:
    """None on the left: it was added; long texts come word by word."""
    assert [fact("x", "p", *two).kind for two in ((None, 1), (1, None), (1, 2))] == ["added", "removed", "changed"]
    long = "a long text that goes on and on and on " * 3
    assert fact("x", "p", long, long + "more").words
    assert not fact("x", "p", None, long).words


def test_marks_and_secrets_are_known() -> None:
    """A mark names the rule that left it."""
    assert rule_of({"a": "Today is ⟦date⟧."}, {}) == "date"
    assert rule_of("no mark", "none") == "request"
    assert secret_alone("[redacted 00000000]", "[redacted 11111111]")
    assert not secret_alone("a", "b")
    assert Reading(RUN, Asides()).live
    assert not Reading(REPLAY, Asides()).live
