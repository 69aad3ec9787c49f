"""Short quotations."""

from unicodedata import category

from hypothesis import given
from strategies import texts

from nexdiag.lint.quoting import both_ends, listed, quote, shorten


@given(texts)
def test_a_quotation_is_one_harmless_line(text: str) -> None:
    """Whatever was recorded, nothing of it breaks the line or reaches the terminal as a command."""
    for quoted in (quote(text), both_ends(text, 9)):
        assert {category(char) for char in quoted}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})


def test_long_text_is_cut() -> None:
    """The beginning stays, and a mark tells that more was there."""
    assert shorten("word " * 100, 12) == "word word w…"


def test_a_text_that_fits_is_whole() -> None:
    """No mark without a cut."""
    assert quote("exactly ten", 11) == '"exactly ten"'


def test_many_names_are_counted() -> None:
    """A list shows the first few and tells how many more there are."""
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert listed(["a", "b"], most=2) == "a, b"


def test_a_long_refusal_keeps_both_ends() -> None:
    """A template's error has its reason at the end."""
    assert both_ends("short words", 20) == '"short words"'
    assert both_ends("While executing " + "x" * 500 + " Error: the reason", 30) == '"While exec … Error: the reason"'
