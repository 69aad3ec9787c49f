"""The words of drift."""

import msgspec

from nexdiag.core.drift import KINDS, Change, Corpus, Drift, Seen, Support
from nexdiag.core.finding import Severity

CHANGE = Change(
    kind="removed",
    direction="response",
    endpoint="chat",
    form="json",
    pointer="/usage",
    severity=Severity.ERROR,
    requirement="nex",
    breaks="behaviour",
    was="object",
    now="absent",
    left=Support(holding=712, of=712, exchanges=712),
    right=Support(holding=0, of=48, exchanges=48),
    first=Seen(file="a.cassette.jsonl", exchange=3),
)


def test_support_is_told_in_exchanges_and_in_places_where_they_differ() -> None:
    """Both counts are printed, and how many exchanges a stream's chunks are of."""
    assert f"{CHANGE.left} -> {CHANGE.right}" == "712/712 -> 0/48"
    assert str(Support(holding=1, of=1100, exchanges=1)) == "1/1,100 in 1 exchange"
    assert str(CHANGE.first) == "a.cassette.jsonl, exchange 3"


def test_a_fingerprint_rests_on_kind_and_place_alone() -> None:
    """Weight, counts, words and examples may change; kind, direction, endpoint, form and pointer may not."""
    same = msgspec.structs.replace(CHANGE, severity=Severity.INFO, was="x", left=None, first=None, requirement="shape")
    assert same.fingerprint == CHANGE.fingerprint == "1288445a6ed5"
    others = {"kind": KINDS[1], "direction": "error", "endpoint": "responses", "form": "stream", "pointer": "/x"}
    assert len({msgspec.structs.replace(CHANGE, **{name: value}).fingerprint for name, value in others.items()}) == 5


def test_changes_are_counted_by_weight() -> None:
    """A drift counts what weighs so."""
    drift = Drift(left=Corpus(name="a"), right=Corpus(name="b"), changes=(CHANGE,))
    assert [drift.count(one) for one in Severity] == [1, 0, 0]
