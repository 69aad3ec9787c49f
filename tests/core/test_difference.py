"""Promises of `nexdiag.core.difference`."""

from nexdiag.core.difference import Difference


def test_a_difference_is_a_change_at_one_place() -> None:
    """Unless it says otherwise: both sides are there, and the pointer is that of both."""
    one = Difference(pointer="/a", left=1, right=2)
    assert (one.kind, one.right_pointer, one.turn) == ("changed", None, None)


def test_differences_with_the_same_facts_are_equal() -> None:
    """They can be compared and counted."""
    assert Difference(pointer="/a", left=[1]) == Difference(pointer="/a", left=[1])
    assert Difference(pointer="/a", left=[1]) != Difference(pointer="/a", left=[1], kind="removed")
