"""`nexdiag rule`."""

import pytest

from nexdiag.cli.app import run


def test_all_rules_are_listed_with_their_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a rule: code, name, what it finds."""
    assert run(["rule"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert any(row.startswith("NX101  role-alternation") for row in rows)
    assert len(rows) >= 6


@pytest.mark.parametrize("name", ["role-alternation", "NX101"])
def test_a_rule_is_explained_by_name_and_by_code(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The page has every heading, and the words of a server that refuses it."""
    assert run(["rule", name]) == 0
    page = capsys.readouterr().out
    for heading in ("What it does", "Why it is bad", "Example", "Instead", "Who refuses it"):
        assert heading in page
    assert "roles must alternate" in page


def test_an_unknown_rule_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the finger costs one line."""
    assert run(["rule", "role-alternatio"]) == 2
    assert "role-alternation" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Order", "role_alternation", " Role-Alternation", "nx101"])
def test_case_and_underscores_do_not_matter(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A family or a rule, as somebody writes it."""
    assert run(["rule", name]) == 0
    assert "role-alternation" in capsys.readouterr().out


def test_the_hint_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest names, and how to list all of them."""
    assert run(["rule", "tool-name"]) == 2
    hint = capsys.readouterr().err.splitlines()[-1]
    assert "tool-name-format" in hint
    assert "nexdiag rule lists them" in hint
    assert len(hint) < 140


def test_a_search_for_nothing_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Not a list of all rules."""
    assert run(["rule", "--search", " "]) == 2
    assert "names no words" in capsys.readouterr().err
