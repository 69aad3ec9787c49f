"""Filters: what templates use, and no more than they may."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import TemplateRuntimeError

from nexdiag.lint.template.filters import filters, jinja_tests, replaced, text_of
from nexdiag.lint.template.limits import ExhaustedError, Fuel

STRICT = filters(Fuel, forgiving=False)
FORGIVING = filters(Fuel, forgiving=True)
VALUES = st.recursive(st.none() | st.booleans() | st.integers(-99, 99) | st.text(), st.lists)


@given(VALUES)
def test_tojson_is_json(value: object) -> None:
    """Nothing is escaped for HTML, no letter is spelled out."""
    assert json.loads(STRICT["tojson"](value)) == value
    assert STRICT["tojson"]("<é>") == '"<é>"'


@given(st.text("ab\n"), st.sampled_from("ab"), st.text("xy"), st.integers(-1, 3))
def test_replace_is_pythons(text: str, old: str, new: str, count: int) -> None:
    """But for what would grow too large."""
    assert replaced(text, old, new, Fuel(), count) == text.replace(old, new, count)


def test_the_rest() -> None:
    """Joined, moved, rounded, written out."""
    assert STRICT["join"](["a", 1, None], "-") == "a-1-None"
    assert STRICT["join"]([{"n": "a"}, {}], ",", "n") == "a,"
    assert STRICT["indent"]("a\nb\n\nc", 2) == "a\n  b\n\n  c"
    assert STRICT["round"](1.55, 1) in (1.5, 1.6)
    assert text_of([1], Fuel()) == "[1]"
    assert FORGIVING["string"](None) == "None"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("tojson", ([1], False, 10**9)),
        ("indent", ("a", 10**9)),
        ("round", (1.5, 10**9)),
        ("replace", ("a" * 10**6, "a", "b" * 10**6)),
        ("join", (["a" * 10**6] * 2, "b" * 7_000_000)),
        ("list", ("a" * 10**6,)),
    ],
)
def test_little_does_not_become_much(name: str, values: tuple[Any, ...]) -> None:
    """Each asks before it works."""
    with pytest.raises(ExhaustedError):
        STRICT[name](*values)


@pytest.mark.parametrize("name", ["center", "format", "wordwrap", "pprint", "random", "xmlattr", "attr", "batch"])
def test_what_no_template_needs_is_not_there(name: str) -> None:
    """Nor what could make much of little."""
    assert name not in STRICT
    assert name not in FORGIVING


def test_llama_cpp_joins_texts_and_numbers_alone() -> None:
    """Its engine raises where Jinja2 writes out what it finds."""
    with pytest.raises(TemplateRuntimeError):
        FORGIVING["join"]([None])


def test_null_has_no_entries_for_llama_cpp() -> None:
    """Jinja2 raises."""
    assert FORGIVING["items"](None) == []
    assert FORGIVING["items"]({"a": None}) == [("a", None)]
    with pytest.raises(TypeError):
        list(STRICT["items"](None))


def test_tests_are_jinjas() -> None:
    """The ones that templates ask."""
    known = jinja_tests(Fuel, forgiving=True)
    assert known["string"]("a")
    assert not known["mapping"]([])
    assert "filter" not in known
