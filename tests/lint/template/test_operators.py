"""Operators: bounded, and as each engine has them."""

import pytest
from jinja2 import ChainableUndefined
from jinja2.exceptions import TemplateRuntimeError

from nexdiag.lint.template.limits import ExhaustedError, Fuel
from nexdiag.lint.template.operators import binary, compare

MISSING = ChainableUndefined(name="x")


@pytest.mark.parametrize(
    ("left", "sign", "right"),
    [("a" * 10**6, "*", 10**6), (10**6, "*", "a" * 10**6), ([0], "*", 10**9), (2**2000, "*", 2**2000), (10, "**", 10)],
)
def test_what_would_grow_too_large_is_not_made(left: object, sign: str, right: object) -> None:
    """Asked first, made after."""
    with pytest.raises(ExhaustedError):
        binary(sign, left, right, Fuel(), forgiving=True)


def test_llama_cpp_takes_nothing_for_an_empty_text() -> None:
    """And Jinja2 does not."""
    assert binary("+", "a", None, Fuel(), forgiving=True) == "a"
    assert binary("+", MISSING, "a", Fuel(), forgiving=True) == "a"
    with pytest.raises(TypeError):
        binary("+", "a", None, Fuel(), forgiving=False)


@pytest.mark.parametrize(("text", "forgiving"), [("%999999999d", False), ("%s", True)])
def test_a_text_is_not_filled_with_a_width(text: str, forgiving: bool) -> None:
    """`%` on texts: llama.cpp has none, and here it has no widths."""
    with pytest.raises(TemplateRuntimeError):
        binary("%", text, 1, Fuel(), forgiving=forgiving)
    assert binary("%", "%s!", "a", Fuel(), forgiving=False) == "a!"


@pytest.mark.parametrize(
    ("left", "sign", "right", "found"),
    [(1, "lt", 2, True), ("a", "in", "abc", True), ("a", "notin", ["a"], False), ([1], "eq", [1], True)],
)
def test_comparing(left: object, sign: str, right: object, found: bool) -> None:
    """As Python does."""
    assert compare(sign, left, right, Fuel(), forgiving=True) is found


def test_llama_cpp_looks_for_nothing_in_vain() -> None:
    """What is not there is in no list: its engine raises, Jinja2 says no."""
    assert compare("in", MISSING, ["a"], Fuel(), forgiving=False) is False
    with pytest.raises(TemplateRuntimeError, match="undefined values"):
        compare("in", MISSING, ["a"], Fuel(), forgiving=True)
