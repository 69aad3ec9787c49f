"""The pages of the rules. Run as a program, it writes them: `python tests/lint/test_pages.py`."""

from pathlib import Path

import pytest

from nexdiag.lint.pages import index, listing, page
from nexdiag.lint.rule import Rule
from nexdiag.lint.rules import EXPLAINED, find

DIRECTORY = Path(__file__).parents[2] / "docs" / "reference" / "rules"
STALE = "run: python tests/lint/test_pages.py"


@pytest.mark.parametrize("rule", EXPLAINED, ids=lambda rule: rule.name)
def test_the_committed_page_is_the_rules(rule: Rule) -> None:
    """What the documentation says is what the rule's module and the profiles say."""
    path = DIRECTORY / f"{rule.name}.md"
    assert path.is_file(), STALE
    assert path.read_text(encoding="utf-8") == page(rule), STALE


def test_no_page_is_left_over() -> None:
    """A rule that is gone takes its page with it."""
    assert {path.stem for path in DIRECTORY.glob("*.md")} == {rule.name for rule in EXPLAINED} | {"README"}, STALE


def test_the_index_lists_every_rule() -> None:
    """In its family, with what it is."""
    assert (DIRECTORY / "README.md").read_text(encoding="utf-8") == index(EXPLAINED), STALE
    assert all(f"| {rule.code} | [`{rule.name}`]({rule.name}.md) |" in index(EXPLAINED) for rule in EXPLAINED)


def test_a_listing_has_a_line_a_rule() -> None:
    """Code, name, and what it is; or why it is listed."""
    assert listing([find("NX101")]) == f"NX101  role-alternation  {find('NX101').summary}"
    assert listing([find("NX101")], ["by its name"]) == "NX101  role-alternation  by its name"


def test_who_refuses_it_comes_from_the_profiles() -> None:
    """One row a statement, with words, source and version; the condition where there is one."""
    table = page(find("role-alternation")).split("## Who refuses it")[1]
    assert "| vLLM | the model's chat template wants" in table
    assert "suitenumerique/conversations#197 | 2025-12 |" in table
    assert "| OpenAI |" not in table


def test_a_rule_that_nobody_refuses_says_so() -> None:
    """No empty table."""
    assert page(find("unexplained-refusal")).endswith("No profile states that its server refuses this.\n")


def write() -> None:
    """Write all pages, and take away those of rules that are gone."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for path in DIRECTORY.glob("*.md"):
        path.unlink()
    (DIRECTORY / "README.md").write_text(index(EXPLAINED), encoding="utf-8")
    for rule in EXPLAINED:
        (DIRECTORY / f"{rule.name}.md").write_text(page(rule), encoding="utf-8")


if __name__ == "__main__":
    write()
