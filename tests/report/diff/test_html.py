"""Promises of nexdiag.report.diff.html, proven in a real browser."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from report.browser import Browser, chromium
from report.diff.compared import LEFT, RIGHT, comparison

from nexdiag.core.comparison import Comparison, Side
from nexdiag.report.diff.html import render

TITLE = "document.querySelector('.turn-head').textContent"
ROWS = "[...document.querySelectorAll('[role=option]')]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None and os.environ.get("CI") == "true":
        pytest.fail("wanted chromium for the browser tests of the page of a comparison, found none: install it in CI")
    if program is None:
        pytest.skip("no chromium on this machine: the page of a comparison was not opened in a browser")
    opened = Browser(program)
    yield opened
    opened.close()


def test_the_first_divergence_is_in_sight_and_its_consequences_are_folded(browser: Browser, tmp_path: Path) -> None:
    """Both sides stand row by row; keys walk them; words that differ are marked; both exchanges open side by side."""
    page = tmp_path / "diff.html"
    page.write_text(render(comparison(), LEFT, RIGHT), "utf-8")
    browser.window(1200, 900)
    browser.open(page)
    browser.until("document.querySelector('.turn-head')")
    ask = browser.run
    assert "first divergence" in ask(TITLE)
    assert ask("document.querySelector('.counted').textContent") == "2 of 3 rows; 1 that only follow are folded"
    assert ask(f"{ROWS}.map((row) => row.getAttribute('aria-selected'))") == ["false", "true"]
    marked = "[...document.querySelectorAll('.turn-detail .words :is(del, ins)')].map((one) => one.textContent)"
    assert ask(marked) == ["[was: half]", "[is: 78%]"]
    assert "5,000 characters that are the same" in ask("document.querySelector('.turn-detail').textContent")
    ask("document.querySelector('details.as-recorded').unfold()")
    browser.until("document.querySelectorAll('.both details.exchange .answer').length === 2")
    both = ask("[...document.querySelectorAll('.both > section')].map((one) => one.textContent)")
    assert "And when the file is empty?" in both[0]
    assert "Now run it again." in both[1]
    assert "role-alternation" in both[1]
    ask("document.querySelector('.toggle input').click()")
    assert ask(f"{ROWS}.length") == 3
    assert ask("location.hash") == "#row-2?all=1"
    ask("document.activeElement.blur()")
    browser.press("j")
    browser.until(f"{TITLE}.includes('<style>body{{display:none}}')")
    assert "carried on from earlier rows" in ask("document.querySelector('.turn-detail').textContent")
    browser.press("d")
    browser.until(f"{TITLE}.includes('first divergence')")
    assert ask("location.hash") == "#row-2?all=1"
    ask("location.hash = '#row-3?find=no+such+row'")
    browser.until(f"{ROWS}.length === 3 && location.hash === '#row-3?all=1'")
    ask("location.hash = '#row-2?same=0&find=POST'")
    browser.until(f"{ROWS}.length === 1 && document.querySelector('.search').value === 'POST'")
    assert ask("location.hash") == "#row-2?find=POST&same=0"
    ask("location.hash = '#row-1'")
    browser.until("document.querySelector('.turn-detail').textContent.includes('Nothing differs here')")
    outline = browser.outline()
    assert outline[:2] == [1, 2]
    assert all(after - before <= 1 for before, after in pairwise(outline)), outline
    assert browser.unnamed() == []
    roles = {(role, name) for role, name, _ in browser.tree()}
    assert {("listbox", "Left and right, row by row"), ("region", "Row")} <= roles
    assert len(browser.look(390, 900, dark=True)) > 20_000
    assert ask("document.documentElement.scrollWidth") <= 390
    assert (browser.complaints(), browser.requests(), ask("document.title")[:6]) == ([], [], "two.ca")


def test_equal_sides_make_a_page() -> None:
    """Where nothing differs, and where there is nothing, the page says so, the same each time."""
    empty = Comparison(left=Side(name="a"), right=Side(name="b"), mode="replay")
    page = render(empty, LEFT, LEFT)
    assert "Equal: nothing of weight differs" in page
    assert page == render(empty, LEFT, LEFT)
