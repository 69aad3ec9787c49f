"""What a test's fixtures say when it ends."""

import types
import unittest
from collections.abc import Generator

import pytest

from nexdiag.pytest_plugin import ending
from nexdiag.pytest_plugin.summary import Counts


class Told:
    """An ending with nothing behind it."""

    def __init__(self, wrong: str, beside: str) -> None:
        self._wrong, self._beside = wrong, beside

    def wrong(self, *, failed: bool) -> str:  # noqa: ARG002 - an ending is asked so
        return self._wrong

    def beside(self) -> str:
        return self._beside

    def counts(self) -> Counts:
        return Counts(live=1)

    def sent(self) -> None:
        return None


class Item:
    """As much of a test as an ending sees."""

    def __init__(self) -> None:
        self.stash = pytest.Stash()
        self.sections: list[tuple[str, str, str]] = []

    def add_report_section(self, *section: str) -> None:
        self.sections.append(section)  # type: ignore[arg-type]


def run(item: Item, error: BaseException | None = None) -> object:
    """The call of a test, which gives 7 or fails."""
    around: Generator[None, object, object] = ending.around(item)  # type: ignore[arg-type]
    next(around)
    try:
        around.throw(error) if error else around.send(7)
    except StopIteration as end:
        return end.value
    raise AssertionError


def test_all_is_well() -> None:
    """Nothing is said, and what passed is counted."""
    item = Item()
    assert run(item) == 7
    ending.leave(item, Told("", "where"))  # type: ignore[arg-type]
    ending.leave(item, Told("", ""))  # type: ignore[arg-type]
    assert run(item) == 7
    assert item.sections == []
    made = types.SimpleNamespace(when="teardown")
    ending.report(item, made)  # type: ignore[arg-type]
    assert made.nexdiag["live"] == 2
    again = types.SimpleNamespace(when="call")
    ending.report(item, again)  # type: ignore[arg-type]
    assert not hasattr(again, "nexdiag")  # nothing is counted twice, and all fixtures have gone


def test_what_is_wrong_fails_the_test_and_a_test_that_fails_is_told_where_to_look() -> None:
    """Each line once, though two fixtures say it; the test's own failure goes on as it is."""
    item = Item()
    for _ in range(2):
        ending.leave(item, Told("wrong", "where"))  # type: ignore[arg-type]
    with pytest.raises(pytest.fail.Exception) as failed:
        run(item)
    assert str(failed.value) == "wrong\nwhere"
    assert item.stash[ending.FAILURE] is failed.value
    own = ValueError("its own")
    with pytest.raises(ValueError, match="its own"):
        run(item, own)
    assert item.sections == [("call", "nexdiag", "wrong\nwhere")]
    for skip in (pytest.skip.Exception("not here"), unittest.SkipTest("nor here")):
        with pytest.raises(type(skip)):
            run(item, skip)
    assert len(item.sections) == 1
    assert item.stash[ending.FAILURE] is own


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), pytest.exit.Exception("over")])
def test_a_test_that_was_interrupted_is_none_that_passed(error: BaseException) -> None:
    """Its recording takes no good one's place."""
    item = Item()
    with pytest.raises(type(error)):
        run(item, error)
    assert item.stash[ending.FAILURE] is error


def test_a_failure_that_unittest_swallows_is_seen() -> None:
    """It stands with the test until pytest looks for it."""
    item = Item()
    ending.leave(item, Told("", "where"))  # type: ignore[arg-type]
    own = AssertionError("its own")
    item._excinfo = [types.SimpleNamespace(value=own)]  # type: ignore[attr-defined]
    assert run(item) == 7
    assert item.stash[ending.FAILURE] is own
    assert item.sections == [("call", "nexdiag", "where")]
