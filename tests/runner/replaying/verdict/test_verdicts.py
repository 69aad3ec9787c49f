"""Promises of `nexdiag.runner.replaying.verdict.verdicts`."""

from collections.abc import Sequence

import msgspec
import pytest
from made import chat, recorded, said, user

from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.message import Usage
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.turn import Turn
from nexdiag.lint import profiles
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.matching.rules import parse
from nexdiag.replay.playback import Laid, playback
from nexdiag.runner.replaying.verdict.advice import Anew
from nexdiag.runner.replaying.verdict.verdicts import Played, outside, unchecked, unstruck, verdicts

EXCHANGES = (
    recorded(0, chat(user("one")), turn=1),
    recorded(1, chat(user("one"), said("a"), user("two")), turn=2),
    recorded(2, chat(user("one"), said("a"), user("two"), said("b"), user("three")), turn=3),
)
TURNS = tuple(
    Turn(number=number, said=str(number), reply="a", exchanges=(EXCHANGES[number - 1],)) for number in (1, 2, 3)
)


def played(  # noqa: PLR0913 - all that a replay may be
    asked: Sequence[tuple[int | None, Request]],
    after: Sequence[Turn] = TURNS,
    *,
    exchanges: tuple[Exchange, ...] = EXCHANGES,
    unplayed: bool = False,
    fault: int | None = None,
    match: str = "exact",
    ignore: tuple[str, ...] = (),
) -> tuple[TurnVerdict, ...]:
    """The verdicts of turns in which this was asked; a fault strikes the exchange that is named, once."""
    struck: list[int] = []

    def lay(exchange: Exchange) -> Laid | None:
        if exchange.id != fault or struck:
            return None
        struck.append(exchange.id)
        return Laid(playback=playback(exchange), fault="status=503")

    answers = Answers(Matcher(exchanges, mode=match, rules=parse(ignore)), lay=lay, clock=lambda: 0.0)
    for turn, request in asked:
        answers.take(request, turn=turn)
    return verdicts(
        Played(
            before=TURNS,
            exchanges=exchanges,
            after=tuple(after),
            seconds=(0.1, 0.2, 0.3),
            answers=answers,
            profile=profiles.named("llama.cpp"),
            anew=Anew(file="f", ours=True),
            views=answers.views,
            unplayed=unplayed,
        )
    )


ALL = [(number, exchange.request) for number, exchange in enumerate(EXCHANGES, start=1)]


def came_out(turn: int, **fields: object) -> list[Turn]:
    """The turns, one of which came out otherwise."""
    return [msgspec.structs.replace(one, **fields) if one.number == turn else one for one in TURNS]


def test_the_same_again_is_exact_and_tells_its_time() -> None:
    """Each turn with its own seconds."""
    found = played(ALL)
    assert [(one.outcome, one.seconds, one.differs) for one in found] == [
        ("exact", 0.1, False),
        ("exact", 0.2, False),
        ("exact", 0.3, False),
    ]


def test_the_first_divergence_is_told_once_with_its_consequences() -> None:
    """The turns after it differ, and say that it was because of that one; they repeat nothing."""
    asked = [(1, chat(user("ONE"))), (2, chat(user("ONE\n\ntwo"))), (3, chat(user("ONE\n\ntwo\n\nthree")))]
    failed = [msgspec.structs.replace(one, outcome="failed", reply=None) for one in TURNS]
    first, *later = played(asked, failed)
    assert first.divergence is not None
    assert (first.outcome, first.divergence.turn, first.divergence.consequences) == ("changed", 1, 2)
    assert [one.divergence for one in later] == [None, None]
    assert {one.outcome for one in later} == {"changed"}
    assert {one.note for one in later} == {"it comes after what changed in turn 1"}
    assert not any(difference.pointer.startswith("/") for one in later for difference in one.differences)


def test_a_later_difference_of_its_own_is_shown_and_not_counted() -> None:
    """What a later request adds that no recording knows is no consequence."""
    asked = [(1, chat(user("ONE"))), (2, chat(user("zwei"))), (3, chat(user("three")))]
    first, second, _ = played(asked)
    assert first.divergence is not None
    assert first.divergence.consequences == 1
    assert "differs by itself too" in second.note
    assert any(one.pointer.startswith("/messages") for one in second.differences)


@pytest.mark.parametrize(("unplayed", "outcome"), [(False, "missing"), (True, "unchecked")])
def test_what_nobody_asked_for_is_missing_unless_it_may_be(*, unplayed: bool, outcome: str) -> None:
    """It is named by its id; where it may be left over, the turn has not come out, and is not exact."""
    *_, last = played(ALL[:2], unplayed=unplayed)
    assert (last.outcome, last.differs) == (outcome, not unplayed)
    assert last.note == "not asked for: exchange 2" + ", which is allowed" * unplayed


@pytest.mark.parametrize("match", ["prefix", "turn"])
def test_what_was_answered_loosely_and_differs_is_a_change(match: str) -> None:
    """The answer was given; the difference is told with both values, and what follows from it is counted."""
    second = chat(user("one"), said("a"), user("TWO"))
    third = chat(user("one"), said("a"), user("TWO"), said("b"), user("three"))
    first, changed, later = played([ALL[0], (2, second), (3, third)], match=match)
    assert (first.outcome, changed.outcome, changed.differs, later.outcome) == ("exact", "changed", True, "changed")
    told = changed.divergence
    assert told is not None
    assert told.first is not None
    assert (told.turn, told.nearest, told.first.pointer) == (2, 1, "/messages/2/content")
    assert (told.first.left, told.first.right, told.consequences) == ("two", "TWO", 1)
    assert told.why.startswith(f"answered by --match {match} from exchange 1 (turn 2)")
    assert "no recording" not in told.why
    assert later.note == "it comes after what changed in turn 2"


def test_what_a_rule_tolerates_is_no_change_in_a_looser_way_either() -> None:
    """The user says with a rule what may differ; a looser way tolerates nothing by itself."""
    second = chat(user("one"), said("a"), user("TWO"))
    third = chat(user("one"), said("a"), user("TWO"), said("b"), user("three"))
    found = played([ALL[0], (2, second), (3, third)], match="turn", ignore=("/messages/2/content",))
    assert [one.outcome for one in found] == ["exact"] * 3


def test_a_request_of_no_turn_without_a_recording_counts() -> None:
    """It stands behind the turns, with the number 0, as something extra."""
    *turns, last = played([*ALL, (None, chat(user("a title?"))), (None, chat(user("another?")))])
    assert [one.outcome for one in turns] == ["exact"] * 3
    assert (last.number, last.outcome, last.differs) == (0, "extra", True)
    assert last.divergence is not None
    assert last.note.endswith("; and 1 more")


def test_more_than_was_recorded_is_extra() -> None:
    """A request of a turn that has no recording left."""
    *_, last = played([*ALL, (3, chat(user("more")))])
    assert (last.outcome, last.differs) == ("extra", True)
    assert last.divergence is not None


def test_a_fault_that_was_survived_leaves_the_turn_exact() -> None:
    """The retry got what was recorded, the user saw the same; the tokens of the attempt that broke off do not count."""
    asked = [ALL[0], ALL[1], ALL[1], ALL[2]]
    more = came_out(2, usage=Usage(input_tokens=9))
    assert [one.outcome for one in played(asked, more, fault=1)] == ["exact"] * 3
    assert played(ALL, more)[1].outcome == "changed"  # without the fault they count


def test_a_fault_that_the_user_saw_is_a_change() -> None:
    """Another reply, or another end, is no survival."""
    (_, second, _) = played(ALL, came_out(2, outcome="failed", reply=None), fault=1)
    assert second.outcome == "changed"
    assert {one.pointer for one in second.differences} == {"(outcome)", "(reply)"}
    assert second.divergence is not None
    assert second.divergence.advice.startswith("the fault status=503 did this")
    assert second.divergence.first == second.differences[0]


def test_a_mended_turn_is_no_failure_and_what_follows_is_unchecked() -> None:
    """The recorded answer was an error that lint explains, and the new request is free of it."""
    words = b'{"error":{"code":400,"message":"Conversation roles must alternate user/assistant/user/assistant/..."}}'
    wrong = recorded(1, chat(user("one"), user("two")), turn=2, status=400, body=words)
    exchanges = (EXCHANGES[0], wrong, EXCHANGES[2])
    _, second, third = played(ALL, came_out(2, outcome="failed", reply=None), exchanges=exchanges)
    assert (second.outcome, second.differs, third.outcome) == ("mended", False, "unchecked")
    assert second.note.startswith("NX101 gone, nothing new; the recorded answer to turn 2 is an error")
    assert "nexdiag replay f --from 2" in second.note
    assert {one.pointer[:9] for one in second.differences} == {"/messages"}
    assert "turn 2" in third.note


def test_what_was_cut_short_and_what_follows_says_so() -> None:
    """Each of them with its own reason."""
    cut = msgspec.structs.replace(TURNS[0], outcome="cancelled")
    assert [one.note for one in unchecked((cut, TURNS[1]))] == [
        "it was cancelled when it was recorded",
        "a turn before it was cut short",
    ]


def test_what_was_sent_outside_turns_is_named_and_fails_nothing() -> None:
    """One verdict with the number 0, of at most five names."""
    assert list(outside(())) == []
    (one,) = outside([recorded(number, chat(user("x")), turn=None) for number in range(9)])
    assert (one.number, one.outcome, one.differs) == (0, "unchecked", False)
    assert "not asked for in a rerun: exchange 0 (POST /v1/chat/completions)" in one.note
    assert one.note.endswith("and 4 more")


def test_a_fault_that_struck_nothing_anywhere_is_told() -> None:
    """One that struck in another conversation is none of these."""
    assert list(unstruck([])) == list(unstruck([None, ()])) == list(unstruck([("a",), ("b",)])) == []
    (one,) = unstruck([("a", "b"), None, ("b",)])
    assert (one.number, one.outcome, one.note) == (0, "unchecked", "b")
