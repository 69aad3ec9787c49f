"""Promises of nexdiag.report.markup."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.report.markup import element, joined, quoted, text, trusted


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base class gives them
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@given(st.text(), st.text())
def test_text_never_becomes_markup(inside: str, attribute: str) -> None:
    """Whatever the text, the element has one tag, and the text is its text."""
    reader = Reader()
    reader.feed(element("p", inside, title=attribute))
    reader.close()
    assert reader.tags == ["p"]


def test_elements_nest_and_attributes_are_named() -> None:
    """Markup goes in as it is; names lose their trailing underscore, and None is left out."""
    made = element("p", element("b", "a<b"), None, class_="x", aria_label='"q"', hidden=True, title=None)
    assert made == '<p class="x" aria-label="&quot;q&quot;" hidden><b>a&lt;b</b></p>'
    assert joined(text("<"), trusted("<br>")) == "&lt;<br>"


def test_hidden_characters_are_made_visible() -> None:
    """Bidi controls cannot turn the page around."""
    assert element("p", "\u202eabc") == "<p>⟨U+202E⟩abc</p>"


def test_no_recorded_text_begins_a_line_of_the_file() -> None:
    """A CI obeys lines of its log that begin with `::error::`; a browser shows the line break all the same."""
    made = element("p", "a\n::error::b", title="a\n::error::b")
    assert "\n" not in made
    reader = Reader()
    reader.feed(made)
    reader.close()
    assert "".join(reader.texts) == "a\n::error::b"


def test_a_line_that_points_stays_below_its_place() -> None:
    """The two lines are one piece that does not wrap; all other words, and their lines, are as they were."""
    for words in ("failed:\n{{ raise('x') }}\n   ^^^\nError: <b>", "{{ x }}\n ~^", "no\n^ pointer\nhere"):
        reader = Reader()
        reader.feed(made := quoted(words))
        reader.close()
        pointing = made.count("as-it-stands")
        assert pointing == reader.tags.count("code") == ("pointer" not in words)
        assert "".join(reader.texts) == words.replace("^^^\n", "^^^")
