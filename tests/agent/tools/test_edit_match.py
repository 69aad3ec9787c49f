"""A place is found only where the text truly stands."""

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.tools.edit_match import like, places


def edited(text: str, old: str, new: str, *, spaces: bool = False, endings: bool | None = None) -> list[str]:
    """The text after each possible edit."""
    found = places(text, old, new, spaces=spaces, endings=endings)
    return [text[: place.start] + place.new + text[place.end :] for place in found]


SMALL = st.text(alphabet="ab \n", max_size=12)


@given(SMALL, st.text(alphabet="ab \n", min_size=1, max_size=3), SMALL)
def test_every_exact_place_is_found(text: str, old: str, new: str) -> None:
    """Overlapping places count each: an edit of one of them would be a guess."""
    starts = [at for at in range(len(text)) if text.startswith(old, at)]
    assert [place.start for place in places(text, old, new, spaces=False, endings=None)] == starts


@given(SMALL, st.text(alphabet="ab \n", min_size=1, max_size=3), SMALL)
def test_a_file_with_crlf_is_edited_like_one_with_lf(text: str, old: str, new: str) -> None:
    """LF in the model's text stands for the file's own ending, and what is put in gets that ending too."""
    if "\n" in text:
        assert edited(text.replace("\n", "\r\n"), old, new) == [e.replace("\n", "\r\n") for e in edited(text, old, new)]


def test_endings_can_be_told_apart_or_made_equal() -> None:
    """False takes every character for itself, True every ending for every other."""
    assert edited("a\r\nb", "a\nb", "x", endings=False) == []
    assert edited("a\r\nb", "b", "x\ny", endings=False) == ["a\r\nx\ny"]
    assert edited("a\nb", "a\r\nb", "x\r\ny") == []
    assert edited("a\nb", "a\r\nb", "x\r\ny", endings=True) == ["x\ny"]
    assert edited("a\rb\rc", "a\nb", "x\ny", endings=True) == ["x\ry\rc"]


def test_carriage_returns_that_the_model_writes_are_meant() -> None:
    """A CR in old_string is matched as it is, and new_string goes in as it is."""
    assert edited("a\r\nb\r\n", "a\r\nb", "c\nd") == ["c\nd\r\n"]


def test_white_space_is_ignored_only_on_request() -> None:
    """Whole lines that differ in white space fit when asked for, and are marked as inexact."""
    assert edited("x\n\tif  a:\n\t\tb\n", "if a:\n    b", "c") == []
    found = places("x\nif  a:\n\tb \n", "if a:\n    b", "c", spaces=True, endings=None)
    assert [(place.start, place.inexact) for place in found] == [(2, True)]
    assert edited("x = 1; y = 2\n", "y  =  2", "z", spaces=True) == []
    assert edited("a\n\n\nb", " \n ", "z", spaces=True) == []


def test_an_exact_place_goes_before_an_inexact_one() -> None:
    """Ignoring white space never makes a unique text ambiguous."""
    assert edited("a b\na  b\n", "a b", "c", spaces=True) == ["c\na  b\n"]


def test_new_lines_move_with_the_place() -> None:
    """Text that the model wrote without the file's indentation gets it, or loses what it has too much."""
    assert edited("if x:\n    a\n    b\nz\n", "a\nb\n", "c\n\nif d:\n  e\n", spaces=True) == [
        "if x:\n    c\n\n    if d:\n      e\nz\n"
    ]
    assert edited("a\nb\n", "  a\n  b", "  c\n  d", spaces=True) == ["c\nd\n"]
    assert edited("a\r\n  b\r\n", "  a\nb", "c\nd", spaces=True) == ["c\r\nd\r\n"]


def test_ambiguity_is_seen_in_loose_places_too() -> None:
    """Every run of lines that fits is told."""
    assert len(places(" a\nb\n  a\n", "a\t", "c", spaces=True, endings=None)) == 2


def test_the_search_ends() -> None:
    """A hundred thousand places are not all collected."""
    assert len(places("a" * 100_000, "a", "b", spaces=False, endings=None)) == 1000
    assert len(places("a\r\n" * 100_000, "a", "b", spaces=False, endings=None)) == 1000


def test_like_lines_are_told_best_first() -> None:
    """The longest line of the text decides what is like it; unlike lines are not named."""
    text = "def one():\r\n    return 11\n    return 1\nzzz\n"
    assert like(text, "x\n    return 1 \n") == [(3, "    return 1"), (2, "    return 11")]
    assert like(text, "completely different") == []
    assert like("", "a") == []
