"""Promises of `nexdiag.replay.faults.laying`."""

import pytest
from answers_to_strike import answered, whole
from msgspec import structs

from nexdiag.codec.fault import decode
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.replay.answers import Answers
from nexdiag.replay.faults.laying import Overlay, overlay, places
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.playback import Playback

FOUR = tuple(answered(number, turn=turn) for number, turn in enumerate([1, 1, 2, 3]))
"""The first turn asked twice."""


def laid(exchanges: tuple[Exchange, ...], *texts: str, seed: int = 0) -> Overlay:
    """Faults over a recording."""
    return overlay([decode(text) for text in texts], exchanges, seed=seed)


def strikes(lay: Overlay, exchange: Exchange, times: int = 1) -> list[str]:
    """What strikes when it is asked so often; empty for what was recorded."""
    return [found.fault if (found := lay(exchange)) is not None else "" for _ in range(times)]


def test_a_fault_strikes_its_turn_and_request_and_no_other() -> None:
    """Once: who asks again gets what was recorded."""
    lay = laid(FOUR, "status:500@1.2")
    assert [strikes(lay, one, 2) for one in FOUR] == [["", ""], ["status:500@1.2", ""], ["", ""], ["", ""]]
    assert lay.unstruck() == ()


def test_without_a_turn_it_strikes_each_once() -> None:
    """At its first request; what is drawn is told, so that the very fault can be named again."""
    lay = laid(FOUR, "cut")
    told = [strikes(lay, one)[0] for one in FOUR]
    assert [bool(text) for text in told] == [True, False, True, True]
    again = laid(FOUR, *filter(None, told))
    assert [strikes(again, one)[0] for one in FOUR] == told


def test_it_strikes_as_often_as_it_says() -> None:
    """And several at one place one after the other."""
    lay = laid(FOUR, "status:429@2,times=2", "cut@2#0")
    assert strikes(lay, FOUR[2], 5) == ["status:429@2", "status:429@2", "cut@2#0", "", ""]


def test_only_a_slow_answer_is_spent() -> None:
    """After any other a client may ask again, and gets what was recorded."""
    for text in (
        "slow@1",
        "status:500@1",
        "duplicate@1",
        "drop@1",
        "garble@1",
        "no-done@1",
        "reset@1",
        "content-type@1",
    ):
        found = laid(FOUR, text)(FOUR[0])
        assert found is not None
        assert found.spends == (text == "slow@1")


def test_a_recording_without_turns_counts_its_requests() -> None:
    """Each model request is a turn of its own; a list of models is none."""
    models = answered(0, "models", pieces=(b"{}",))
    found = (models, *(answered(number) for number in (1, 2, 3)))
    assert [(place.turn, place.exchange.id) for place in places(found)] == [(1, 1), (2, 2), (3, 3)]
    assert strikes(laid(found, "status:500@2"), found[2]) == ["status:500@2"]


def test_a_wire_that_nobody_knows_has_turns_too() -> None:
    """Where a recording has no other: whatever was posted is taken for a model request."""
    url = "http://ollama/api/chat"
    found = tuple(structs.replace(one, request=structs.replace(one.request, url=url), turn=None) for one in FOUR)
    found = (structs.replace(found[0], request=structs.replace(found[0].request, method="GET")), *found[1:])
    assert [place.exchange.id for place in places(found)] == [1, 2, 3]


def test_a_request_without_a_turn_is_left_alone_where_others_have_one() -> None:
    """A title that a client has made beside the conversation, say."""
    found = (answered(0), *(answered(number, turn=number) for number in (1, 2)))
    lay = laid(found, "status:500")
    assert [strikes(lay, one) for one in found] == [[""], ["status:500@1"], ["status:500@2"]]


def test_each_conversation_has_the_turn() -> None:
    """Recorded side by side, all of them are struck."""
    found = (answered(0, turn=1), answered(1, turn=1, session="2"))
    lay = laid(found, "status:500@1")
    assert [strikes(lay, one) for one in found] == [["status:500@1"]] * 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("status:500@4", "wanted turn 4, found turns 1 to 3"),
        ("status:500@2.2", "wanted model request 2 of the turn, found 1"),
        ("cut@2#9", "of turn 2: it has 4 chunks, and none is number 9"),
        ("cut#9", "cut@1#9 cannot strike the answer of turn 1"),
    ],
)
def test_a_fault_that_can_strike_nothing_is_an_error(text: str, why: str) -> None:
    """At once, with what there is."""
    with pytest.raises(UsageError, match=why) as error:
        laid(FOUR, text)
    assert error.value.hint


def test_a_recording_without_a_model_request_is_an_error() -> None:
    """There is nothing to strike."""
    with pytest.raises(UsageError, match="holds no model request"):
        laid((), "status:500")


def test_what_could_not_strike_and_what_was_not_asked_for_is_told() -> None:
    """In a line each."""
    found = (answered(0, turn=1), whole(1, turn=2), answered(2, turn=3))
    lay = laid(found, "no-done,times=2")
    strikes(lay, found[0], 2)
    strikes(lay, found[2])
    cannot, waiting = lay.unstruck()
    assert cannot.startswith("no-done@2 cannot strike the answer of turn 2: it is no event stream")
    assert waiting == "no-done@3 has struck 1 of 2 times: nobody asked for the answer of turn 3 again"
    assert laid(found, "cut@1.1#0").unstruck() == ("cut@1#0 has not struck: nobody asked for the answer of turn 1",)
    both = laid(found, "slow@1", "cut@1#0")
    strikes(both, found[0])
    assert both.unstruck() == ("cut@1#0 has not struck: nobody asked for the answer of turn 1 again",)


def test_a_retry_gets_what_was_recorded() -> None:
    """Through the whole of what answers: the pairs tell the fault, and the recording is played once."""
    answers = Answers(Matcher(FOUR), lay=laid(FOUR, "status:429@1"))
    got = [answers.take(one.request) for one in (FOUR[0], *FOUR)]
    assert [one.status for one in got if isinstance(one, Playback)] == [429, 200, 200, 200, 200]
    pairing = answers.pairing()
    assert [(pair.exchange, pair.how, pair.fault) for pair in pairing.pairs[:2]] == [
        (0, "same", "status:429@1"),
        (0, "again", ""),
    ]
    assert pairing.one_to_one
