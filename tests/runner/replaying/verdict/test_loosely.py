"""Promises of `nexdiag.runner.replaying.verdict.loosely`."""

import pytest
from made import URL, chat, recorded, user

from nexdiag.core.replayed import Pair
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.matching.rules import parse
from nexdiag.runner.replaying.verdict.loosely import LOOSE, loosely

KEPT = recorded(4, chat(user("one"), user("two")), turn=2)


def pair(how: str) -> Pair:
    """The fourth request, answered so."""
    return Pair(request=3, exchange=4, how=how)


@pytest.mark.parametrize("how", LOOSE)
def test_another_request_is_told_with_the_recording_that_answered_it(how: str) -> None:
    """Where it parts, where it stood, and in which way it was answered."""
    found = loosely(pair(how), chat(user("one"), user("2")), KEPT, turn=2, session="s")
    assert found is not None
    assert (found.place, found.turn, found.session, found.how, found.due) == (3, 2, "s", how, KEPT)
    assert (found.miss.nearest, found.miss.shared) == (KEPT, 1)


@pytest.mark.parametrize("how", ["same", "rule", "again"])
def test_what_was_answered_in_its_own_words_is_none(how: str) -> None:
    """Whatever differs was set aside by a rule then."""
    assert loosely(pair(how), chat(user("x")), KEPT) is None


def test_what_differs_in_nothing_that_counts_is_none() -> None:
    """The very same; what a rule sets aside; a secret in the URL that was redacted."""
    asked = chat(user("one"), user("two"), temperature=1)
    matcher = Matcher([KEPT], rules=parse(("/temperature",)))
    assert loosely(pair("turn"), KEPT.request, KEPT) is None
    assert loosely(pair("turn"), asked, KEPT) is not None
    assert loosely(pair("turn"), asked, KEPT, views=matcher.views) is None
    keyed = recorded(4, chat(user("one"), url=f"{URL}?key=[redacted 01234567]"))
    assert loosely(pair("turn"), chat(user("one"), url=f"{URL}?key=[redacted 89abcdef]"), keyed) is None
