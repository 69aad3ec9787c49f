"""Short quotations."""

from unicodedata import category

from hypothesis import given
from strategies import texts

from nexdiag.lint.quoting import listed, quote, shorten


@given(texts)
def test_a_quotation_is_one_harmless_line(text: str) -> None:
    """Whatever was recorded, nothing of it breaks the line or reaches the terminal as a command."""
    assert {category(char) for char in quote(text)}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})


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
