"""The pages of the rules. Run as a program, it writes them: `python tests/lint/test_pages.py`."""

from pathlib import Path

import pytest

from nexdiag.lint.pages import index, listing, page
from nexdiag.lint.profiles import SERVERS
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
    several = [one for server in SERVERS for one in (*server.profile.refuses, *(c.refusal for c in server.conditional))]
    rows = [f"| {one.source} | {one.seen} |" for one in several if one.rule == "role-alternation"]
    assert rows
    assert not [row for row in rows if row not in table]
    assert "| OpenAI |" not in table


def test_a_rule_that_nobody_refuses_says_so() -> None:
    """No empty table."""
    assert page(find("unexplained-refusal")).endswith("No profile states that its server refuses this.\n")


def test_pages_are_written_before_any_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If one cannot be made, those that were there are there still; else only those of rules that are gone go."""
    (tmp_path / "gone.md").write_text("old")
    with monkeypatch.context() as broken:
        broken.setitem(globals(), "page", lambda rule: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            write(tmp_path)
    assert (tmp_path / "gone.md").read_text() == "old"
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in DIRECTORY.glob("*.md")}


def write(directory: Path) -> None:
    """Write all pages; then take away those of rules that are gone."""
    directory.mkdir(parents=True, exist_ok=True)
    pages = {"README": index(EXPLAINED)} | {rule.name: page(rule) for rule in EXPLAINED}
    for name, text in pages.items():
        (directory / f"{name}.md").write_text(text, encoding="utf-8")
    for path in directory.glob("*.md"):
        if path.stem not in pages:
            path.unlink()


if __name__ == "__main__":
    write(DIRECTORY)
