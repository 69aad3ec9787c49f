"""Promises of `nexdiag.diff.aside`."""

from nexdiag.core.difference import Difference
from nexdiag.diff.aside import Asides, Ids, is_id, is_volatile, without_secrets


def test_an_id_is_the_same_under_another_name_and_a_swapped_one_is_not() -> None:
    """By first use, on both sides."""
    ids = Ids()
    assert ids.same("call_a", "call_x")
    assert ids.same("call_b", "call_y")
    assert ids.same("call_a", "call_x")
    assert not ids.same("call_a", "call_y")
    assert not ids.same("call_c", "call_x")
    assert not ids.same(None, 3)


def test_what_is_ignored_is_counted_by_its_rule_with_its_first_example() -> None:
    """Stars stand for one entry, two for any depth; a pointer holds for what is below it, on either side."""
    asides = Asides(["timing", "/messages/*/content", "/a/**/b", "(usage)"])

    def takes(pointer: str, aspect: str = "messages", right: str | None = None) -> bool:
        return asides.takes(Difference(pointer=pointer, left=1, right="x" * 99, aspect=aspect, right_pointer=right))

    assert takes("(duration)", "timing")
    assert takes("/messages/3/content/0/text")
    assert takes("/messages/2/name", right="/messages/3/content")
    assert takes("/a/1/2/b/c")
    assert takes("(usage)/output_tokens", "response")
    assert not takes("/messages/3/contents")
    assert not takes("/x/messages/3/content")
    told = asides.told()
    assert [(one.rule, one.count) for one in told] == [
        ("timing", 1), ("/messages/*/content", 2), ("/a/**/b", 1), ("(usage)", 1),
    ]  # fmt: skip
    assert told[0].example == f"(duration): 1 / {'x' * 60}…"


def test_places_that_are_an_answers_own_are_known() -> None:
    """By their names, at any depth."""
    assert is_volatile("(body)/created")
    assert is_volatile("/response/created_at")
    assert not is_volatile("/choices/0/message/content")
    assert is_id("/messages/3/tool_calls/0/id")
    assert not is_id("/messages/3/name")


def test_secrets_are_one_whatever_they_were() -> None:
    """Where one stood still counts."""
    assert without_secrets("key [redacted 0a1b2c3d].") == without_secrets("key [redacted ffffffff].") != "key ."
