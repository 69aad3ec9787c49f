"""What differs → of which kind it is, and a rule for it."""

import re
from typing import Any

import pytest

from nexdiag.replay.matching.rules import parse
from nexdiag.runner.replaying.determinism.naming import _CLASSES, Named, named, stripped
from nexdiag.runner.replaying.determinism.varying import PATH, REQUESTS, Contrast

SAID = "/messages/*/content"


def of(pointer: str, *pairs: tuple[Any, Any], kind: str = "changed") -> Named:
    return named(pointer, [Contrast(pointer=pointer, left=left, right=right, kind=kind) for left, right in pairs])


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ("Today is 2026-11-22.", "Today is 2026-11-23.", "date"),
        ("It is 2026-11-22T10:00:01Z now", "It is 2026-11-23T11:59:00Z now", "date"),
        ("On November 22, 2026", "On December 1, 2026", "date"),
        ("at 10:04", "at 11:59", "date"),
        ("in /srv/app and", "in /tmp/x/y and", "path"),
        ("home /root.", "home /tmp/h.", "path"),
        ("id 3f0c1e9a-0000-4000-8000-000000000001", "id 3f0c1e9a-0000-4000-8000-000000000002", "id"),
        ("<object at 0x7f460c66cf00>", "<object at 0x7f460c66f300>", "id"),
        ("sha 0123456789abcdef0123", "sha ffff456789abcdef0123", "id"),
        ("toolu_01ABCDEF and", "toolu_01ZZZZZZ and", "id"),
        ("nonce: 8213 end", "nonce: 4 end", "random"),
        ("seed 12 is mine, seed 12", "seed 99 is mine, seed 99", "random"),
    ],
)
def test_what_varies_within_a_text_gets_a_rule_that_finds_just_that(left: str, right: str, kind: str) -> None:
    """With it the two are the same; the rest of the text still counts; and a replay takes the rule as it is."""
    found = of(SAID, (left, right))
    assert found.kind == kind
    assert found.rules
    assert parse(found.rules)
    ours, theirs = stripped((left, right), found.rules)
    assert ours == theirs != ""
    assert stripped((left + " more",), found.rules) != [ours]


@pytest.mark.parametrize("expression", [expression for _, expression in _CLASSES])
def test_every_expression_is_one_that_a_replay_takes(expression: str) -> None:
    """It refuses those that may take for ever on a hostile text."""
    assert parse([f"/x={expression}"])


def test_a_field_that_is_an_id_as_a_whole_is_set_aside_as_a_whole() -> None:
    """Where the model is not told it."""
    pair = ("3f0c1e9a-0000-4000-8000-000000000001", "3f0c1e9a-0000-4000-8000-000000000002")
    assert of("/run", pair) == Named(kind="id", rules=("/run",))
    assert of("/seed", (1, 2)) == Named(kind="random", rules=("/seed",))


@pytest.mark.parametrize("pointer", [SAID, "/input/*/content/*/text", "/system", "/instructions", ""])
def test_the_whole_of_what_a_model_is_told_is_never_set_aside(pointer: str) -> None:
    """A replay that does not look at it would find nothing: the program has to be mended."""
    found = of(pointer, ("Write me a poem about the sea", "Sing of mountains, and then: stop!"))
    assert (found.rules, "make it the same" in found.advice) == ((), True)


def test_words_in_another_order_are_a_set_that_was_written_out() -> None:
    """No rule can set that aside without what the words say: they are to be sorted."""
    found = of(SAID, ("Tools: a, b, c.", "Tools: c, a, b."))
    assert (found.kind, found.rules) == ("order", ())
    assert "sort" in found.advice


def test_a_list_in_another_order_is_to_be_sorted() -> None:
    """As the matcher has it for tools alone."""
    assert of("/stop", (["a", "b"], ["b", "a"]), kind="order").kind == "order"


@pytest.mark.parametrize("pointer", [PATH, REQUESTS])
def test_what_is_no_field_gets_no_rule(pointer: str) -> None:
    """It is said why."""
    found = of(pointer, ("a", "b"))
    assert (found.rules, bool(found.advice)) == ((), True)


def test_several_kinds_in_one_text_get_a_rule_each_and_no_more() -> None:
    """The fewest that explain all that was seen."""
    first = "Today is 2026-11-22, in /srv/app.", "Today is 2026-11-23, in /tmp/x."
    found = of(SAID, first)
    assert len(found.rules) == 2
    assert all(re.search(rule.partition("=")[2], first[0]) for rule in found.rules)


def test_different_words_get_a_rule_each() -> None:
    """By what stands before them."""
    found = of(SAID, ("nonce: a1 x", "nonce: b2 x"), ("my seed 12 z", "my seed 13 z"))
    assert found.rules == (rf"{SAID}=nonce: [\w.:+-]*\w", rf"{SAID}=my seed \d+")


def test_more_words_than_a_rule_could_name_get_none() -> None:
    """Text that is simply another one."""
    left = " ".join(f"k{n}: a{n}" for n in range(9))
    assert of(SAID, (left, left.replace(": a", ": b"))).rules == ()


def test_a_path_in_a_message_is_found_by_what_stands_before_it() -> None:
    """A rule for any path would hide every path; where nothing stands before it, none is proposed."""
    found = of(SAID, ("Home: /root. See /etc/x.", "Home: /home/h. See /etc/x."))
    assert len(found.rules) == 1
    assert found.rules[0].startswith(f"{SAID}=Home: ")
    assert of(SAID, ("/root", "/home/h")).rules == ()
