"""A drift in words."""

import msgspec
from drift_sample import DRIFT, NOTHING, change

from nexdiag.core.drift import BREAKS, REQUIREMENTS, Corpus, Seen
from nexdiag.core.finding import Severity
from nexdiag.report.drift.wording import BREAKS as BROKEN
from nexdiag.report.drift.wording import NEEDS, grouped, place, rows, sentence, side, summary, title
from nexdiag.report.sources import Sources


def test_all_is_counted_in_a_line() -> None:
    """Each weight, what is ignored, what was not checked."""
    assert sentence(DRIFT) == "1 error, 1 warning, 1 remark; 1 ignored; 1 not checked"
    assert sentence(NOTHING) == "no change of the shape"
    assert set(NEEDS) == set(REQUIREMENTS)
    assert tuple(BROKEN) == BREAKS


def test_a_change_that_no_file_shows_stands_at_the_first_of_its_corpus() -> None:
    """Never at the names of several directories, joined; one that a file shows stands there."""
    drift = msgspec.structs.replace(DRIFT, paths={"a.cassette.jsonl": "/x/a.cassette.jsonl"})
    sources = Sources(paths={"a.cassette.jsonl": "new/a.cassette.jsonl"}, lines={"a.cassette.jsonl": {0: 3}})
    seen = msgspec.structs.replace(drift.changes[0], first=Seen(file="a.cassette.jsonl", exchange=0))
    assert place(seen, drift, sources) == ("new/a.cassette.jsonl", 3)
    assert place(drift.changes[2], drift, sources) == ("new/a.cassette.jsonl", 1)


def test_what_is_the_same_of_many_kinds_is_told_once() -> None:
    """By the name of the field; another name, weight or kind of change is another thing."""
    names = ["[type=a]/seq", "/usage", "[type=b]/seq", "[type=c]/x/seq"]
    told = [change(name, Severity.ERROR) for name in names]
    told += [change("[type=d]/seq", Severity.WARNING), change("[type=d]/seq", Severity.ERROR, kind="now-null")]
    assert [[one.pointer for one in group] for group in grouped(told)] == [
        ["[type=a]/seq", "[type=b]/seq", "[type=c]/x/seq"],
        ["/usage"],
        ["[type=d]/seq"],
        ["[type=d]/seq"],
    ]


def test_a_side_and_a_change_are_told() -> None:
    """Files, exchanges and servers; both counts; and that more support would weigh more."""
    assert side(DRIFT.left) == "old: 40 exchanges in 2 files, of llama.cpp b1"
    assert side(Corpus(name="the published shapes")) == "the published shapes"
    error, capped, info = DRIFT.changes
    assert title(error) == "removed response chat json /usage"
    assert summary(error) == "object → absent: 40/40 → 0/48"
    assert summary(info) == "object → absent: 0/48"
    assert dict(rows(error)) == {
        "first": "new/b.cassette.jsonl, exchange 3 of the right",
        "was": "an object of 3",
        "why": "nex reads it",
        "breaks": "agents: they go another way, or know less",
    }
    assert dict(rows(capped))["why"] == "nex reads it; too few exchanges for an error"
