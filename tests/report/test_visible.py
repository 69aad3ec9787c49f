"""Promises of nexdiag.report.visible."""

import re
import unicodedata
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.report import visible as module
from nexdiag.report.visible import both_ends, cut, cut_within, one_line, visible, words_only

UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text(alphabet=st.characters(), max_size=80) | st.text(alphabet=BIDI + "\x1b\x07\x9b\r\ud800a", max_size=20))
def test_nothing_unseen_is_left(text: str) -> None:
    """No control, surrogate or bidi character survives, save newline and tab."""
    shown = visible(text).replace("\n", "").replace("\t", "")
    assert not [char for char in shown if unicodedata.category(char) in UNSEEN or char in BIDI]
    shown.encode("utf-8")


def test_signs_name_what_they_stand_for() -> None:
    """A reader can tell which character stood there."""
    assert visible("a\x1b[2J\u202eb\r\n") == "a⟨ESC⟩[2J⟨U+202E⟩b⟨CR⟩\n"


def test_harmless_text_is_left_alone() -> None:
    """Letters of any script and emoji with their joiners stay as they are."""
    text = "naïve 日本語 👩\u200d💻 عربى"
    assert visible(text) == text


@given(st.text(max_size=300))
def test_one_line_is_one_short_line(text: str) -> None:
    """Whatever the text, one line of at most the limit comes out."""
    line = one_line(text, 40)
    assert len(line) <= 40
    assert len(line.splitlines()) <= 1


def test_cut_says_how_much_is_missing() -> None:
    """A text that is too long is cut, and the note counts what is left out."""
    assert cut("a" * 2010, 2000).endswith("a… (10 more characters)")
    assert cut("short") == "short"


def test_the_page_hides_nothing_that_the_terminal_shows() -> None:
    """The page's script holds the same table of hidden characters."""
    script = files("nexdiag.report.page").joinpath("dom.js").read_text("utf-8")
    found = re.search(r"/\[(.+)\]/gu", script)
    assert found
    pattern = re.sub(r"\\u\{([0-9a-f]+)\}", lambda match: f"\\U{match[1]:0>8}", found[1])
    page = re.compile(f"[{pattern}]")
    for number in [*range(0x3000), *range(0xD800, 0xE000), *range(0xFE00, 0x10000), *range(0xE0000, 0xE0200)]:
        assert bool(page.match(chr(number))) == bool(module._HIDDEN.match(chr(number))), hex(number)


JINJA = "Error: Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/..."


def test_of_a_servers_words_the_beginning_and_the_end_stay() -> None:
    """llama.cpp names what its template raised in the last line, after a quotation of the template."""
    words = "Unable to generate parser for this template:\n" + "{{ message }}\n" * 200 + JINJA
    line = both_ends(words, 160)
    assert line.startswith("Unable to generate parser")
    assert line.endswith(f" … {JINJA}")
    assert len(line) <= 160
    shown = cut_within(words, 1000)
    assert shown.split("\n")[0] == "Unable to generate parser for this template:"
    assert shown.endswith(JINJA)
    assert both_ends("a\x1bb", 10) == "a⟨ESC⟩b"


@pytest.mark.parametrize(
    ("command", "pasted"),
    [
        ("python agent.py 'fix it'", "python agent.py 'fix it'"),
        ("touch a; rm -rf .", "touch 'a;' rm -rf ."),
        ("a $(b) | c && d > e", "a '$(b)' '|' c '&&' d '>' e"),
        ("it's", "'it'\"'\"'s'"),
        ("", ""),
    ],
)
def test_a_command_of_a_file_can_be_pasted_without_harm(command: str, pasted: str) -> None:
    """Its words stay words: no shell finds an operator of the file's author in it."""
    assert words_only(command) == pasted
