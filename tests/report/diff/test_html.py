"""Promises of nexdiag.report.diff.html, proven in a real browser."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from secrets import token_hex

import msgspec
import pytest
from report.browser import Browser, chromium
from report.diff.compared import LEFT, RIGHT, comparison

from nexdiag.core.comparison import Comparison, Place, Row, Side
from nexdiag.core.difference import Difference
from nexdiag.report.diff.html import render

TITLE = "document.querySelector('.turn-head').textContent"
SEEN = """(() => {
  const [{ top, bottom }, window] = [document.querySelector('.chosen').getBoundingClientRect(), globalThis];
  return window.scrollY > 0 && top >= 0 && bottom <= window.innerHeight;
})()"""
"""Whether the chosen row stands within the window, which had to be scrolled for it."""
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


def test_links_and_keys_bring_the_row_into_the_window(browser: Browser, tmp_path: Path) -> None:
    """The list stands below the fold: on a desk and on a phone the page scrolls to it, and the way back is offered."""
    page = tmp_path / "diff.html"
    page.write_text(render(comparison(), LEFT, RIGHT), "utf-8")
    ask = browser.run
    for width in (1200, 390):
        browser.window(width, 700)
        browser.open(page, "#row-3")
        browser.until(f"document.querySelector('.turn-head') && {SEEN}")
        ask("scrollTo(0, 0)")
        for key in "kd":
            browser.press(key)
            browser.until(f"location.hash === '#row-2?all=1' && {SEEN}")
            ask("scrollTo(0, 0)")
        browser.press("j")
        browser.until(f"location.hash === '#row-3?all=1' && {SEEN}")
    ask("document.querySelector('.turn-detail details').unfold()")
    browser.until("document.querySelector('.turn-detail details .pair')")
    both = ask("document.querySelector('.turn-detail details .pair').innerText")
    assert both.split() == ["−", "left", "half", "+", "right", "78%"]
    browser.press("/")
    browser.type("no such row")
    browser.until(f"{ROWS}.length === 0")
    assert "not among those" in ask("document.querySelector('.explorer > .note').innerText")
    ask("document.querySelector('.clear').click()")
    browser.until(f"{ROWS}.length === 3 && document.querySelector('.explorer > .note').hidden")
    assert browser.complaints() == []


def test_what_is_carried_on_stands_in_the_page_once() -> None:
    """A value that differs once is in every request that follows; the page does not grow with them."""
    values = [token_hex(8000) for _ in range(2)]
    first = Difference(pointer="/tools", left=values[0], right=values[1], aspect="tools")
    again = msgspec.structs.replace(first, inherited=True)
    sizes = []
    for many in (1, 64):
        place = Place(turn=1, exchange=0)
        rows = [Row(left=place, right=place, differences=(one,), title="") for one in (first, *[again] * many)]
        found = Comparison(left=Side(name="a"), right=Side(name="b"), mode="replay", rows=tuple(rows), first=0)
        sizes.append(len(render(found, LEFT, RIGHT)))
    assert sizes[1] - sizes[0] < 16_000


def test_equal_sides_make_a_page() -> None:
    """Where nothing differs, and where there is nothing, the page says so, the same each time."""
    empty = Comparison(left=Side(name="a"), right=Side(name="b"), mode="replay")
    page = render(empty, LEFT, LEFT)
    assert "Equal: nothing of weight differs" in page
    assert page == render(empty, LEFT, LEFT)
