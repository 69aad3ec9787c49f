"""The search walks through what there is."""

from typing import cast

import pytest

from nexdiag.tui.entries import Entry, Note
from nexdiag.tui.finding import Finder
from nexdiag.tui.search import Hit
from nexdiag.tui.transcript import Transcript
from nexdiag.tui.view import Conversation

pytestmark = pytest.mark.anyio


class View:
    """What the search needs of a conversation."""

    def __init__(self, *texts: str, first: int = 0) -> None:
        self.transcript = Transcript()
        self.first = first
        self.seen: list[int] = []
        self.unmarked: list[int] = []
        self.put(*texts)

    def put(self, *texts: str) -> None:
        entries: list[Entry] = [Note(key=self.transcript.new_key(), text=text) for text in texts]
        self.transcript.put_before(entries)

    async def reveal(self, hit: Hit, words: str) -> None:
        self.seen.append(hit.key)
        self.words = words

    def unmark(self, hit: Hit) -> None:
        self.unmarked.append(hit.key)


def finder(view: View, *older: str) -> Finder:
    left = list(older)

    async def load() -> bool:
        if not left:
            view.first = 0
            return False
        view.put(left.pop(0))
        return True

    return Finder(cast("Conversation", view), load)


async def test_back_and_forth_with_one_mark_at_a_time() -> None:
    view = View("an a", "b", "A again")
    search = finder(view)
    assert [await search.go("a", way) for way in (0, -1, -1, 1, 1)] == [
        "2 of 2",
        "1 of 2",
        "the oldest",
        "2 of 2",
        "the newest",
    ]
    assert view.seen == [3, 1, 3]
    assert view.unmarked == [3, 1]
    search.leave()
    assert view.unmarked == [3, 1, 3]


async def test_older_pages_are_loaded_only_going_back_and_not_for_ever() -> None:
    """Going to the newest place loads nothing; going back loads until one is found, or a number of pages."""
    view = View("hay", first=900)
    search = finder(view, *["hay"] * 16, "needle")
    assert await search.go("needle", 0) == "none so far: Enter looks further back"
    assert len(view.transcript.entries) == 1
    assert await search.go("needle", -1) == "none so far: Enter looks further back"
    assert len(view.transcript.entries) == 16
    assert await search.go("needle", -1) == "1 of 1+"
    assert await search.go("needle", -1) == "the oldest"


async def test_no_words_and_nothing_found() -> None:
    search = finder(View("x"))
    assert await search.go("  ", 0) == ""
    assert await search.go("y", 0) == "not found"
