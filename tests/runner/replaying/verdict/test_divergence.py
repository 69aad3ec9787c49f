"""Promises of `nexdiag.runner.replaying.verdict.divergence`."""

import msgspec
from made import chat, recorded, said, user

from nexdiag.core.difference import Difference
from nexdiag.core.replayed import Divergence, TurnVerdict
from nexdiag.replay.matching.matcher import Match, Matcher, Miss
from nexdiag.replay.matching.rules import parse
from nexdiag.runner.replaying.verdict.advice import Anew
from nexdiag.runner.replaying.verdict.divergence import diverged, explain, in_words, nearest_of, shown, unasked

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


def test_an_error_tells_all_in_its_words() -> None:
    """Turn, nearest, path and both values, safe to print; of an ambiguous one both exchanges."""
    told = in_words(diverged(missed(user("one"), said("a"), user("2\x1b[0m"), temperature=1)))
    assert "exchange 1 (turn 2) is nearest" in told
    assert "/messages/2/content" in told
    assert told.endswith("recorded 'two', sent '2\\x1b[0m'; and 1 more")
    assert in_words(diverged(missed(user("one"), said("a"), user("two"), top_p=1))).endswith(
        "recorded nothing, sent '1'"
    )
    both = in_words(diverged(Miss(request=chat(user("x")), nearest=FIRST, shared=0, ambiguous=(FIRST, SECOND))))
    assert both.startswith("exchanges 0 and 1 fit this request equally well")
    assert "from the first of them it differs in /messages/0/content: recorded 'one', sent 'x'" in both
    assert in_words(diverged(Miss(request=FIRST.request, nearest=None, shared=0))).endswith("came on top")


def test_a_body_names_no_place_that_a_rule_sets_aside() -> None:
    """By the views of the replay: what was set aside is not why it was not found."""
    matcher = Matcher([FIRST, SECOND], rules=parse(("/seed",)))
    found = matcher.find(chat(user("one"), said("a"), user("2"), seed=1))
    assert isinstance(found, Miss)
    assert explain(found)["error"]["more"] == 1
    assert explain(found, views=matcher.views)["error"]["more"] == 0


def test_exchanges_of_several_files_are_named_with_their_files() -> None:
    """In why and advice; a number alone would not say whose it is."""
    both = Miss(request=chat(user("x")), nearest=FIRST, shared=0, ambiguous=(FIRST, SECOND))
    told = diverged(both, name=lambda one: f"{one.id} of {'ab'[one.id]}.jsonl")
    assert told.why.startswith("exchanges 0 of a.jsonl and 1 of b.jsonl fit")
    assert "nexdiag cassette show a.jsonl --exchange 0; nexdiag cassette show b.jsonl --exchange 1" in told.advice


def test_what_was_answered_loosely_is_not_said_to_have_no_recording() -> None:
    """It was answered; by which way and from which exchange is told."""
    told = diverged(missed(user("one"), said("a"), user("2")), how="prefix")
    assert told.why.startswith("answered by --match prefix from exchange 1 (turn 2), which is not the recording")


def test_a_nearest_that_was_played_is_said_to_be() -> None:
    """The request came on top, and is another one: it may be asked by a recording that has it, not by a rule."""
    matcher = Matcher([FIRST])
    match = matcher.find(FIRST.request)
    assert isinstance(match, Match)
    matcher.spend(match)
    found = matcher.find(chat(user("ONE")))
    assert isinstance(found, Miss)
    told = diverged(found)
    assert (
        "exchange 0 (turn 1) is nearest, and has already been played: it differs from the first message on" in told.why
    )
    assert told.advice.startswith("the client asks for more than was recorded: if it may, record again")


def test_a_change_of_the_first_message_does_not_call_the_others_unequal() -> None:
    """They may be equal: what is counted is the beginning that both share."""
    told = diverged(missed(user("ONE"), said("a"), user("two")), due=SECOND)
    assert "it differs from the first message on (3 sent, 3 recorded)" in told.why
    assert "shares its first message (" in diverged(missed(user("one"), said("A"), user("two")), due=SECOND).why


def test_the_first_turn_that_nobody_asked_for_says_what_to_do_unless_another_tells_more() -> None:
    """Of each conversation, by what is known of how it was recorded."""

    def turn(number: int, outcome: str, told: Divergence | None = None, session: str = "") -> TurnVerdict:
        return TurnVerdict(number=number, session=session, said="q", outcome=outcome, divergence=told)

    bare = (turn(1, "exact"), turn(2, "missing"), turn(3, "missing"), turn(1, "missing", session="s"))
    first, second, third, other = (one.divergence for one in unasked(bare, Anew(file="f", ours=True)))
    assert (first, third) == (None, None)
    assert second is not None
    assert other is not None
    assert "record again from turn 2: nexdiag replay f --from 2 -e URL" in second.advice
    changed = (turn(1, "missing"), turn(2, "changed", Divergence(turn=2)))
    assert unasked(changed, Anew()) == changed
