"""Promises of nexdiag.report.snapshot.text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.report.snapshot.text import dumped, loaded
from nexdiag.report.visible import visible

HOSTILE = st.text(alphabet="\ud800\u2028\x85\x1b\u202e\U000e0041é", max_size=9)
TEXTS = st.text(alphabet=st.characters(), max_size=20) | HOSTILE
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)
)


@given(VALUES)
def test_any_value_is_one_line_that_shows_all_and_reads_again(value: object) -> None:
    """Lone surrogates and what no eye sees are escaped, so that UTF-8 can write it and git shows it."""
    text = dumped(value)
    assert len(text.splitlines()) == 1
    assert visible(text) == text
    text.encode()
    assert json.loads(text) == json.loads(json.dumps(value))
    assert loaded(dumped(value, indent=2)) == json.loads(json.dumps(value))


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "[NaN]", "1e999", "[" * 100_000, "{", b"\xff", "9" * 5000])
def test_what_would_not_be_given_back_is_no_value(text: str | bytes) -> None:
    """A name twice, what JSON does not know, and what is too deep or too large."""
    with pytest.raises(ValueError):  # noqa: PT011 - any of them: json's own words are many
        loaded(text)
