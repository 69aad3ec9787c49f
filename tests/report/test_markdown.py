"""Markdown in which recorded text stands in code alone."""

import pytest

from nexdiag.report.markdown import cell, code, fitting, plain


@pytest.mark.parametrize("text", ["a", "`", "``a`", "a`b``c", "@all [x](y) <b>"])
def test_code_ends_where_it_began(text: str) -> None:
    """The fence is longer than any row of backticks in it."""
    written = code(text)
    fence = written[: len(written) - len(written.lstrip("`"))] if not text.startswith("`") else written.split(" ")[0]
    assert written.endswith(fence)
    assert fence not in text


def test_a_cell_is_one_cell() -> None:
    """No bar and no line end is in it."""
    assert cell("a|b\nc") == "`a\\|b⏎c`"


def test_plain_words_are_no_markup() -> None:
    """Nobody is mentioned, nothing is linked."""
    assert plain("[x](y) @all") == "\\[x\\]\\(y\\) @\u200ball"


def test_what_does_not_fit_is_counted() -> None:
    """In bytes."""
    assert fitting(["aa", "é", "b"], 4) == (["aa", "é"], 1)
