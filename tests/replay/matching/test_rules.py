"""Promises of `nexdiag.replay.matching.rules`."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.errors import UsageError
from nexdiag.replay.matching.rules import BUILT_IN, FITS, VALUE, parse

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "matching.md"


def test_nothing_said_is_the_built_in_rules() -> None:
    """Each with its name, what it sets aside, and why."""
    assert parse(()) == BUILT_IN
    assert BUILT_IN.names == ("tools", "id", "date", "cwd", "secret")
    assert all(row.what and row.why and row.text == row.name for row in BUILT_IN.rows)


def test_a_pointer_sets_a_value_aside_and_an_expression_what_fits() -> None:
    """Each is known by its text."""
    whole, part = parse(["/run/*", "/**/text=run=\\d+"]).rows[-2:]
    assert (whole.where, whole.sort, whole.text, whole.name) == ("/run/*", VALUE, "/run/*", "/run/*")
    assert (part.where, part.fits, part.sort, part.text) == ("/**/text", "run=\\d+", FITS, "/**/text=run=\\d+")


def test_a_built_in_rule_is_switched_off_by_its_name() -> None:
    """All its rows."""
    assert parse(["-id", "-date"]).names == ("tools", "cwd", "secret")


texts = st.sampled_from(["/a", "/a=b+", "/**", "/messages/*/name", "-id", "-date", "-cwd", "-secret", "/x~1y=z"])


@given(st.lists(texts, max_size=6))
def test_rules_and_their_texts_are_one(said: list[str]) -> None:
    """What the texts make gives texts that make it again."""
    rules = parse(said)
    assert parse(rules.texts) == rules


@pytest.mark.parametrize(
    "text", ["", "a", "=x", "/a=", "/a=(", "/a=(a+)+", "/a=x*", "/a~", "-", "-ids", "-tools", "--id", "messages/0"]
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    """In one line, with what to write."""
    with pytest.raises(UsageError) as refused:
        parse([text])
    assert refused.value.hint
    assert "\n" not in refused.value.what


def test_the_page_lists_every_rule() -> None:
    """Each row of the table stands in docs/reference/matching.md, where, what and why."""
    page = PAGE.read_text()
    for row in BUILT_IN.rows:
        assert re.search(rf"^\| `{re.escape(row.name)}` \| .*{re.escape(row.why)} \|$", page, re.MULTILINE), row
