"""Promises of `nexdiag.runner.replaying.verdict.divergence`."""

import msgspec
from made import chat, recorded, said, user

from nexdiag.core.difference import Difference
from nexdiag.replay.matching.matcher import Matcher, Miss
from nexdiag.runner.replaying.verdict.advice import Anew
from nexdiag.runner.replaying.verdict.divergence import diverged, explain, nearest_of, shown

FIRST = recorded(0, chat(user("one")), turn=1)
SECOND = recorded(1, chat(user("one"), said("a"), user("two")), turn=2)


def missed(*messages: dict[str, object], **fields: object) -> Miss:
    """What the matcher says of a request that is not recorded."""
    found = Matcher([FIRST, SECOND]).find(chat(*messages, **fields))
    assert isinstance(found, Miss)
    return found


def test_a_divergence_names_turn_nearest_place_and_both_values() -> None:
    """The recording that shares the longest beginning, the first differing path, and how many more there are."""
    told = diverged(missed(user("one"), said("a"), user("2"), temperature=1), turn=2, anew=Anew(file="f", ours=True))
    assert (told.turn, told.nearest, told.nearest_turn, told.shared, told.sent, told.recorded) == (2, 1, 2, 2, 3, 3)
    assert told.first is not None
    assert (told.first.pointer, told.first.left, told.first.right) == ("/messages/2/content", "two", "2")
    assert told.more == 1
    assert "exchange 1 (turn 2) is nearest" in told.why
    assert "--from 2" in told.advice


def test_the_why_holds_no_value() -> None:
    """What was said stands in the difference alone, where a report can leave it away."""
    told = diverged(missed(user("one"), said("a"), user("WHAT-WAS-SAID")))
    assert "WHAT-WAS-SAID" not in told.why + told.advice


def test_what_stood_at_this_place_is_nearest_unless_another_shares_more() -> None:
    """Where a prompt changed, each turn is compared with its own recording; else the one that was found stays."""
    asked = missed(user("ONE"), said("a"), user("two"))
    assert asked.nearest is FIRST
    assert nearest_of(asked, SECOND) == (SECOND, 0)
    assert diverged(asked, due=SECOND).nearest == 1
    better = missed(user("one"), said("a"), user("zwei"))
    assert nearest_of(better, FIRST) == (SECOND, 2)


def test_a_client_is_told_where_it_parted_in_the_known_keys() -> None:
    """The body of a 599: type, message, turn, nearest, shared, pointer, both values, hint; it is JSON."""
    body = explain(missed(user("one"), said("a"), user("2")), file="c.jsonl")
    error = msgspec.json.decode(msgspec.json.encode(body))["error"]
    assert set(error) == {
        "type", "message", "turn", "nearest", "shared", "pointer", "recorded", "sent", "more", "hint",
    }  # fmt: skip
    assert (error["type"], error["turn"], error["nearest"], error["shared"]) == ("nexdiag_unmatched", 2, 1, 2)
    assert (error["pointer"], error["recorded"], error["sent"]) == ("/messages/2/content", "two", "2")
    assert "c.jsonl" in error["hint"]


def test_values_that_are_told_are_of_a_sane_length() -> None:
    """A megabyte is told by what stands around the place where the two part."""
    left, right = shown(Difference(pointer="/x", left="a" * 10**6 + "left", right="a" * 10**6 + "right" + "b" * 10**6))
    assert left is not None
    assert right is not None
    assert "left" in left
    assert "right" in right
    assert max(len(left), len(right)) < 400
    body = explain(missed(user("x" * 10**6)))
    assert len(msgspec.json.encode(body)) < 5000


def test_a_request_that_came_on_top_and_one_that_came_again_are_told_apart() -> None:
    """Nothing left; played already; two that fit: each has its own words, and no difference to show."""
    top = diverged(Miss(request=chat(user("x")), nearest=None, shared=0))
    assert (top.first, top.nearest) == (None, None)
    assert "came on top" in top.why
    again = diverged(Miss(request=FIRST.request, nearest=FIRST, shared=1, used=True), due=SECOND)
    assert (again.first, again.nearest) == (None, 0)
    assert "already been played" in again.why
    both = diverged(Miss(request=chat(user("x")), nearest=FIRST, shared=0, ambiguous=(FIRST, SECOND)))
    assert both.ambiguous == (0, 1)
    assert "fit this request equally well" in both.why
    assert explain(Miss(request=chat(user("x")), nearest=FIRST, shared=0, ambiguous=(FIRST, SECOND)))["error"][
        "ambiguous"
    ] == [0, 1]
