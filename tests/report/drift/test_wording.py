"""A drift in words."""

from drift_sample import DRIFT, NOTHING

from nexdiag.core.drift import BREAKS, REQUIREMENTS, Corpus
from nexdiag.report.drift.wording import BREAKS as BROKEN
from nexdiag.report.drift.wording import NEEDS, rows, sentence, side, summary, title


def test_all_is_counted_in_a_line() -> None:
    """Each weight, what is ignored, what was not checked."""
    assert sentence(DRIFT) == "1 error, 1 warning, 1 remark; 1 ignored; 1 not checked"
    assert sentence(NOTHING) == "no change of the shape"
    assert set(NEEDS) == set(REQUIREMENTS)
    assert tuple(BROKEN) == BREAKS


def test_a_side_and_a_change_are_told() -> None:
    """Files, exchanges and servers; both counts; and that more support would weigh more."""
    assert side(DRIFT.left) == "old: 40 exchanges in 2 files, of llama.cpp b1"
    assert side(Corpus(name="the published shapes")) == "the published shapes"
    error, capped, info = DRIFT.changes
    assert title(error) == "removed response chat json /usage"
    assert summary(error) == "object → absent: 40/40 → 0/48"
    assert summary(info) == "object → absent: 0/48"
    assert dict(rows(error)) == {
        "first": "new/b.cassette.jsonl, exchange 3",
        "was": "an object of 3",
        "why": "nex reads it",
        "breaks": "agents: they go another way, or know less",
    }
    assert dict(rows(capped))["why"] == "nex reads it; too few exchanges for an error"
