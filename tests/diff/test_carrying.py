"""Promises of `nexdiag.diff.carrying`."""

from typing import Any

from nexdiag.core.difference import Difference
from nexdiag.diff.carrying import Carried


def message(kind: str, text: str, **more: Any) -> Difference:  # noqa: ANN401 - any field of a difference
    """A whole message that one side has."""
    value = {"role": "user", "content": text}
    side = {"left": value} if kind == "removed" else {"right": value}
    return Difference(pointer="/messages/1", kind=kind, aspect="messages", **side, **more)


def test_nothing_is_carried_on_before_something_of_weight_differed() -> None:
    """The first time, a difference is new."""
    carried = Carried()
    carried.text("hello there")
    assert not carried.holds(message("removed", "hello there"))
    carried.diverged = True
    assert carried.holds(message("removed", "hello there"))
    assert not carried.holds(message("removed", "hello there\n\nand something new"))


def changed(left: object, right: object, pointer: str = "/messages/9/content") -> Difference:
    """A message that both have."""
    return Difference(pointer=pointer, left=left, right=right, aspect="messages")


def test_what_moves_within_a_request_is_new_the_first_time() -> None:
    """One side merges what the other sends apart: whatever else differed before."""
    carried = Carried()
    carried.diverged = True
    merged = changed("one", "one\n\ntwo", "/messages/0/content")
    found = [merged, message("removed", "two")]
    assert not any(map(carried.holds, found))
    for one in found:
        carried.note(one)
    assert all(carried.holds(one, known=True) for one in found)
    carried.note(changed("three", "four\n\nfive"))
    assert not carried.holds(message("added", "five")), "as a message of its own it never stood there"


def test_a_pair_that_differed_comes_again_anywhere_but_for_words_of_the_wire() -> None:
    """What models made at any place; a role is news at each; what is no message has no part in it."""
    carried = Carried()
    carried.pair(" Hello. ", "Good day.")
    assert carried.holds(changed("Hello.", "Good day."), made=True)
    assert not carried.holds(changed("Hello.", "Good day.")), "a user says the same two short words, anew"
    assert not carried.holds(Difference(pointer="/effort", left="Hello.", right="Good day.", aspect="parameters"))
    role = changed("user", "tool", "/messages/1/role")
    carried.note(role)
    assert carried.holds(role, known=True)
    assert not carried.holds(changed("user", "tool", "/messages/3/role"), known=True)
    carried.note(changed("x" * 50, "y" * 50))
    assert carried.holds(changed("x" * 50, "y" * 50, "/messages/30/content"))


def test_a_field_that_agreed_again_is_new_where_it_differs_after_that() -> None:
    """A parameter, by the field that it stands in."""
    carried, one = Carried(), Difference(pointer="/a~1b/0", left=1, right=2, aspect="parameters")
    carried.note(one)
    assert carried.holds(one)
    carried.agrees("a/b")
    assert not carried.holds(one)


def test_messages_are_known_as_often_as_they_were_sent() -> None:
    """A pair that stands there once more is new; so is any behind what was compared before."""
    carried, pair = Carried(), ("yes", "no")
    assert carried.messages_again([pair], resent=False) == [False]
    assert carried.messages_again([pair, pair], resent=True) == [True, False]
    assert carried.messages_again([pair], resent=False) == [False]


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
    carried = Carried()
    carried.diverged = True
    carried.text("near")
    assert carried.holds(Difference(pointer="/messages/1", kind="removed", aspect="messages", left=["near", deep]))


def test_what_is_said_deep_within_a_message_is_known() -> None:
    """A part of a list of parts of a tool's output; and two short values at one place are new in a new message."""
    carried = Carried()
    carried.diverged = True
    carried.text({"content": [{"type": "tool_result", "content": [{"type": "text", "text": "far below"}]}]})
    assert carried.holds(message("added", "far below"))
    carried.note(changed("yes", "no"))
    assert not carried.holds(changed("yes", "no"))
    assert carried.holds(changed("yes", "no"), known=True)
