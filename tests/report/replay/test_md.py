"""Replays as Markdown, read back by a real parser."""

import msgspec
import pytest
from report.replay import sample
from syrupy.assertion import SnapshotAssertion

from nexdiag.core.difference import Difference
from nexdiag.report.limits import COMMENT
from nexdiag.report.replay.md import whole

markdown_it = pytest.importorskip("markdown_it")


def test_the_golden_page(snapshot: SnapshotAssertion) -> None:
    """One of each."""
    assert whole(sample.several()) == snapshot


def test_it_fits_into_a_comment_and_tells_what_was_left_out() -> None:
    """Each of many recordings differs otherwise, and at length."""
    done = []
    for number in range(2000):
        first = Difference(pointer=f"/at/{number}", left="é" * 5000, right="ü" * 5000)
        found = msgspec.structs.replace(sample.DIVERGENCE, first=first)
        done.append(sample.one(f"r{number}", [sample.verdict(1, "changed", divergence=found)]))
    page = whole(done)
    assert len(page) < COMMENT
    assert len(page.encode()) < COMMENT
    assert "more are left out" in page
    assert "1,950 more recordings not in the table" in page
    assert len(whole(done, limit=2000).encode()) <= 2000


def test_recorded_text_stands_in_code_alone() -> None:
    """No link, picture, mention, or markup comes of it."""
    page = whole([sample.hostile(), sample.unread(), sample.mended()])
    html = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).render(page)
    bare = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).parse(page)
    spoken = [
        child.content for token in bare for child in (token.children or ()) if child.type in ("text", "html_inline")
    ]
    assert "<a " not in html
    assert "<img" not in html
    assert not [text for text in spoken if "@all" in text or "http://x" in text]
    assert not {"\x1b", "\u202e"} & {*page}


def test_backticks_do_not_end_the_code() -> None:
    """A fence is longer than any row of them."""
    first = Difference(pointer="/a", left="```\n# out", right="````````")
    found = msgspec.structs.replace(sample.DIVERGENCE, first=first)
    page = whole([sample.one("`x`|y", [sample.verdict(1, "changed", divergence=found)])])
    assert "`````````diff" in page
    html = markdown_it.MarkdownIt("gfm-like", {"linkify": False}).render(page)
    assert "<h1>" not in html
    assert html.count("<tr>") == 2


def test_the_same_divergence_is_shown_once() -> None:
    """The others refer to it."""
    page = whole([sample.changed("a"), sample.changed("b")])
    assert page.count("⟦quick⟧") == 1
    assert "the same divergence as above" in page
