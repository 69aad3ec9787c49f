"""Promises of nexdiag.report.diverged."""

import msgspec
from report import sample

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import Divergence, TurnVerdict
from nexdiag.report.diverged import diverged
from nexdiag.report.payload import run_payload
from nexdiag.report.sections import run_section
from nexdiag.report.summary import run_facts

FIRST = Difference(pointer="/messages/3/role", left="user", right="<b>system")
FOUND = Divergence(turn=2, method="POST", path="/v1/chat/completions", nearest=1, shared=3, sent=5, recorded=5,
                   first=FIRST, consequences=2)  # fmt: skip
TURNS = (
    TurnVerdict(number=1, said="", outcome="exact"),
    TurnVerdict(number=2, said="", outcome="changed", divergence=FOUND),
)


def test_the_first_divergence_reads_without_scripts() -> None:
    """Turn, place, both values and what follows stand in the plain page, and the page's key `d` knows the turn."""
    facts = run_facts(msgspec.structs.replace(sample.alternation(), replayed=TURNS))
    told = diverged(facts, 3)
    assert told
    for part in ('href="#run-3/turn-2"', "/messages/3/role", "&lt;b&gt;system", "2 later requests differ"):
        assert part in told, part
    assert told in run_section(facts, 3)
    assert '"differs":[1]' in run_payload(facts, 3).index


def test_what_did_not_differ_is_not_told() -> None:
    """A recording that was not replayed, or came out exact, has no divergence."""
    assert diverged(run_facts(sample.healthy()), 1) is None
    assert diverged(run_facts(msgspec.structs.replace(sample.healthy(), replayed=TURNS[:1])), 1) is None
