"""Fuel, and how large anything may grow."""

from collections.abc import Callable
from itertools import count

import pytest

from nexdiag.lint.template.limits import LONGEST_LIST, LONGEST_TEXT, ExhaustedError, Fuel


def nested(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels):
        value = [value, value]
    return value


def endless() -> list[object]:
    value: list[object] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "wish",
    [
        lambda fuel: fuel.burn(1001),
        lambda fuel: fuel.text(LONGEST_TEXT + 1),
        lambda fuel: fuel.entries(LONGEST_LIST + 1),
        lambda fuel: fuel.listed(count()),
        lambda fuel: fuel.walk(nested(60)),
        lambda fuel: fuel.walk(endless()),
    ],
)
def test_what_is_too_much_is_refused(wish: Callable[[Fuel], object]) -> None:
    """Before it is made; a list that holds itself has no end."""
    with pytest.raises(ExhaustedError):
        wish(Fuel(1000))


def test_what_is_enough_is_given() -> None:
    """And the tank tells what is left."""
    fuel = Fuel(1000)
    assert fuel.listed(iter("abc")) == ["a", "b", "c"]
    fuel.touch("text")
    fuel.walk({"a": [1, "b", None]})
    assert 900 < fuel.left < 1000  # each of these costs a little


def test_length_costs() -> None:
    """256 characters moved are a unit."""
    fuel = Fuel(1000)
    fuel.text(256_000 - 256)
    assert fuel.left == 0
