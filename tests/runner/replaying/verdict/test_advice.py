"""Promises of `nexdiag.runner.replaying.verdict.advice`."""

import re

import pytest
from made import chat, recorded, user

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import Divergence
from nexdiag.replay.matching import rules
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.replaying.verdict.advice import _VOLATILE, Anew, advise, again, of_fault, volatile

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
    assert "; look at both: " not in apart  # both are the request itself: no place differs
    assert "nexdiag cassette show f --exchange 3; nexdiag cassette show f --exchange 5" in apart
    changed = advise(told, Miss(request=ASKED, nearest=one, shared=1), Anew(file="f", ours=True))
    assert "record again from turn 2: nexdiag replay f --from 2" in changed
    assert "nexdiag cassette show f --exchange 3" in changed


def test_what_belongs_to_no_turn_is_not_recorded_again_from_turn_0() -> None:
    """The number 0 stands for no turn, wherever it comes from."""
    told = Divergence(turn=0, nearest=0, nearest_turn=0)
    advice = advise(told, Miss(request=ASKED, nearest=recorded(0, ASKED), shared=0), Anew(file="f"))
    assert "turn 0" not in advice
    assert "record again: nexdiag capture -- COMMAND" in advice


def test_a_program_of_pythons_own_is_told_its_own_way() -> None:
    """Neither options nor commands of ours: what it can write in its source."""
    anew = Anew(file="f", anew='record it with record_mode="rewrite"')
    miss = Miss(request=ASKED, nearest=recorded(0, ASKED), shared=0)
    first = Difference(pointer="/messages/0/content", left="took 12 ms", right="took 3.5 ms")
    assert advise(Divergence(turn=2, nearest=0, first=first), miss, anew).startswith(
        "if this place changes with every run: ignore='/messages/*/content="
    )
    assert advise(Divergence(turn=2, nearest=0), miss, anew).startswith(
        'if the change is meant, record it with record_mode="rewrite"; see what was recorded: nexdiag cassette show f'
    )
    assert "--" not in advise(Divergence(turn=2), miss, anew)


def test_the_command_to_record_again_can_be_pasted() -> None:
    """With the server that was recorded; it is run whole, so that no turn is named; a secret in it is told."""
    anew = Anew(file="f", command="./agent x", upstream="http://127.0.0.1:9/v1")
    advice = advise(Divergence(turn=3, nearest=0), Miss(request=ASKED, nearest=recorded(0, ASKED), shared=0), anew)
    assert "record again: nexdiag capture --upstream http://127.0.0.1:9/v1 -- ./agent x;" in advice
    hidden = again(Anew(command="./agent --key '[redacted 0a1b2c3d]'"), 3)
    assert hidden.endswith("; where it says [redacted …], a secret stood: put it there")


def test_what_was_just_run_is_what_is_recorded_next() -> None:
    """Not what was recorded then, and not by our executor, which did not speak."""
    now = Anew(file="f", command="./agent x", run="./agent y", ours=True)
    assert again(now, 3) == "nexdiag capture -- ./agent y"


def test_two_that_fit_are_told_with_the_places_that_differ() -> None:
    """From each, where the request first differs; and what to do about it."""
    one, other = recorded(3, chat(user("a"))), recorded(5, chat(user("x"), seed=2))
    told = Divergence(turn=2, nearest=3, ambiguous=(3, 5))
    advice = advise(told, Miss(request=ASKED, nearest=one, shared=0, ambiguous=(one, other)), Anew(file="f"))
    assert advice.startswith("the request differs from exchange 3 in /messages/0/content and exchange 5 in /seed; ")
    assert "a fixed clock" in advice
    assert "--ignore" in advice


def test_where_more_changes_with_every_run_the_study_is_named() -> None:
    """One rule is not enough then; where nothing else differs, it is."""
    first = Difference(pointer="/messages/0/content", left="took 12 ms", right="took 3.5 ms")
    miss = Miss(request=ASKED, nearest=recorded(0, ASKED), shared=0)
    anew = Anew(file="f", run="./agent y")
    several = advise(Divergence(turn=2, nearest=0, first=first, more=2), miss, anew)
    assert "nexdiag replay f --determinism -- ./agent y" in several
    assert "--determinism" not in advise(Divergence(turn=2, nearest=0, first=first), miss, anew)
    ours = advise(Divergence(turn=2, nearest=0, first=first, more=2), miss, Anew(file="f", ours=True))
    assert "nexdiag replay f --determinism; else" in ours


def test_a_fault_is_told_as_what_it_is() -> None:
    """Nobody changed anything: neither is there something to undo, nor to record again."""
    told = of_fault(["drop@2#1", "drop@2#1"])
    assert told.startswith("the fault drop@2#1 did this")
    assert "record" not in told
