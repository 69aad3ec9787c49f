"""Promises of `nexdiag.diff.reading`."""

from nexdiag.core.difference import Difference
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


def test_a_models_words_are_told_word_by_word_for_a_while() -> None:
    """Then whole: in two long live runs, every answer is another."""
    reading = Reading(RUN, Asides())
    text = "a long text that goes on and on and on " * 100
    told = [reading.prose("response", Difference(pointer="p", left=f"{text}{n}", right=f"{text}no")) for n in range(20)]
    assert [bool(one.words) for one in told] == [True] * 12 + [False] * 8
    assert all(one.quiet and one.aspect == "response" for one in told)
