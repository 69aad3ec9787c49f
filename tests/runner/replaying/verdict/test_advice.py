"""Promises of `nexdiag.runner.replaying.verdict.advice`."""

import re

import pytest
from made import chat, recorded, user

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import Divergence
from nexdiag.replay.matching import rules
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.replaying.verdict.advice import _VOLATILE, Anew, advise, again, volatile

ASKED = chat(user("x"))


@pytest.mark.parametrize(
    ("left", "right", "rule"),
    [
        ("It is 2026-01-02 now.", "It is 2026-11-23 now.", "/messages/*/content=\\d{4}"),
        (
            "run 0b1c2d3e-1111-2222-3333-444455556666",
            "run 9b1c2d3e-1111-2222-3333-444455556666",
            "/messages/*/content=",
        ),
        ("0b1c2d3e-1111-2222-3333-444455556666", "9b1c2d3e-1111-2222-3333-444455556666", "/messages/*/content"),
        ("in /home/ann/work", "in /tmp/x/y", "/messages/*/content="),
        ("took 12 ms", "took 3.5 ms", "/messages/*/content="),
        ("id call_a81bc81bdead", "id call_7fffffffffff", "/messages/*/content="),
    ],
)
def test_a_place_that_changes_with_every_run_is_named_by_its_rule(left: str, right: str, rule: str) -> None:
    """Dates, ids, paths, durations: the very rule, which `--ignore` takes and which sets the difference aside."""
    found = volatile(Difference(pointer="/messages/3/content", left=left, right=right))
    assert found.startswith(rule)
    rules.parse([found])
    expression = found.partition("=")[2]
    assert not expression or re.sub(expression, "*", left) == re.sub(expression, "*", right)


@pytest.mark.parametrize(
    "one",
    [
        Difference(pointer="/messages/0/content", left="Be brief.", right="Be long."),
        Difference(pointer="/messages/0/content", left="It is 2026-01-02.", right="It was 2026-11-23."),
        Difference(pointer="/messages/4", left={"role": "user"}, kind="removed"),
        Difference(pointer="/temperature", left=1, right=2),
        Difference(pointer="(path)", left="/a/b/c", right="/a/b/d"),
    ],
)
def test_a_change_that_somebody_made_is_not_called_volatile(one: Difference) -> None:
    """Words, numbers, whole messages and addresses do not change by themselves."""
    assert volatile(one) == ""


def test_every_expression_is_one_that_a_rule_takes() -> None:
    """What is proposed is never refused."""
    for text in _VOLATILE:
        rules.parse([f"/x={text}"])


def test_the_command_to_record_again_fits_the_recording() -> None:
    """Ours goes on from the turn; another client's is run again, as its header has it, and quoted where it must be."""
    assert again(Anew(file="a b.cassette.jsonl", ours=True), 3) == "nexdiag replay 'a b.cassette.jsonl' --from 3 -e URL"
    assert again(Anew(command="./agent x"), 3) == "nexdiag capture -- ./agent x"
    assert again(Anew(), None) == "nexdiag capture -- COMMAND"


def test_each_sort_of_miss_has_its_own_advice() -> None:
    """Asked once more: --repeats. Two that fit: which two, and how to tell them apart. Changed: what was recorded."""
    one, other = recorded(3, ASKED, turn=2), recorded(5, ASKED, turn=2)
    told = Divergence(turn=2, nearest=3, nearest_turn=2)
    assert "--repeats" in advise(told, Miss(request=ASKED, nearest=one, shared=1, used=True), Anew())
    assert "--repeats" not in advise(told, Miss(request=ASKED, nearest=one, shared=1, used=True), Anew(ours=True))
    two = Divergence(turn=2, nearest=3, ambiguous=(3, 5))
    apart = advise(two, Miss(request=ASKED, nearest=one, shared=1, ambiguous=(one, other)), Anew(file="f"))
    assert "--exchange 3 with --exchange 5" in apart
    changed = advise(told, Miss(request=ASKED, nearest=one, shared=1), Anew(file="f", ours=True))
    assert "record again from turn 2: nexdiag replay f --from 2" in changed
    assert "nexdiag cassette show f --exchange 3" in changed
