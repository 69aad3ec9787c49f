"""Promises of `nexdiag.diff.carrying`."""

from typing import Any

from nexdiag.core.difference import Difference
from nexdiag.diff.carrying import Carried, texts_here

NOWHERE = (frozenset[str](), frozenset[str]())


def message(kind: str, text: str, **more: Any) -> Difference:  # noqa: ANN401 - any field of a difference
    """A whole message that one side has."""
    value = {"role": "user", "content": text}
    side = {"left": value} if kind == "removed" else {"right": value}
    return Difference(pointer="/messages/1", kind=kind, aspect="messages", **side, **more)


def test_nothing_is_carried_on_before_something_of_weight_differed() -> None:
    """The first time, a difference is new."""
    carried = Carried()
    carried.text("hello there")
    assert not carried.holds(message("removed", "hello there"), NOWHERE)
    carried.diverged = True
    assert carried.holds(message("removed", "hello there"), NOWHERE)
    assert not carried.holds(message("removed", "hello there\n\nand something new"), NOWHERE)


def test_a_text_that_moved_into_another_message_is_no_news() -> None:
    """One side merges what the other sends apart."""
    carried = Carried()
    carried.diverged = True
    merged = Difference(pointer="/messages/0/content", left="one", right="one\n\ntwo", aspect="messages")
    here = texts_here([merged, message("removed", "two")])
    assert carried.holds(message("removed", "two"), here)
    assert carried.holds(merged, here)


def test_a_pair_that_differed_comes_again_anywhere_but_for_words_of_the_wire() -> None:
    """A model's answer at any place; a parameter at its own; a role is news at each."""
    carried = Carried()
    carried.pair(" Hello. ", "Good day.")
    assert carried.holds(Difference(pointer="/m/9", left="Hello.", right="Good day.", aspect="messages"), NOWHERE)
    role = Difference(pointer="/messages/1/role", left="user", right="tool", aspect="messages")
    carried.note(role)
    assert carried.holds(role, NOWHERE)
    assert not carried.holds(Difference(pointer="/messages/3/role", left="user", right="tool"), NOWHERE)


def test_an_answer_that_differs_as_before_is_marked() -> None:
    """The same refusal again."""
    carried, one = Carried(), Difference(pointer="(status)", left=200, right=400)
    assert not carried.again(one).inherited
    carried.place(one)
    assert carried.again(one).inherited


def test_a_models_words_are_rewritten_where_one_history_has_not_what_was_said() -> None:
    """Not where both have what each said, nor where a short answer was the same before."""
    carried = Carried()
    carried.agreed("OK", None, " ")
    carried.pair("OK", "Yes")
    carried.pair("first\n\nsecond", "third")

    def differs(left: str, right: str) -> Difference:
        return Difference(pointer="/messages/2/content", left=left, right=right, aspect="messages", quiet=True)

    assert not carried.rewritten(differs("OK", "Yes"))
    assert not carried.rewritten(differs("second", "third"))
    assert not carried.rewritten(differs("nobody knows", "either of these"))
    assert carried.rewritten(differs("OK", "OK, shortened"))
    assert carried.rewritten(differs("first", "the agent's own"))


def test_a_message_nested_without_end_says_what_its_first_levels_say() -> None:
    """A hostile recording must not end the comparison."""
    deep: Any = "at the bottom"
    for _ in range(5000):
        deep = [deep]
    left, _ = texts_here([Difference(pointer="/messages/1", kind="removed", aspect="messages", left=["near", deep])])
    assert left == {"near"}
