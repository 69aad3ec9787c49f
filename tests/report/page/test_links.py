"""Promises of nexdiag.report.page.links."""

from nexdiag.core.body import Link
from nexdiag.report.page.links import Links


def chained(texts: str) -> Link | None:
    link = None
    for text in texts:
        link = Link(text.encode(), link)
    return link


def links() -> Links:
    stored: dict[bytes, int] = {}
    return Links(lambda raw: stored.setdefault(raw, len(stored)))


def test_a_growing_list_is_one_row() -> None:
    """However often a conversation is sent again, it is told once."""
    made = links()
    assert [made.number(chained("abcdef"[:length])) for length in range(7)] == [None, 0, 1, 2, 3, 4, 5]
    assert made.runs == [[-1, 0, 6]]


def test_another_past_is_another_link() -> None:
    """The same text after another past is a link of its own that shares the text."""
    made = links()
    assert made.number(chained("abc")) == 2
    assert made.number(chained("abdc")) == 4
    assert made.runs == [[-1, 0, 3], [1, 3, 1], [3, 2, 1]]
