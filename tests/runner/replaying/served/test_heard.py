"""What clients asked, judged turn by turn."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from for_serving import body, cassette, exchange, outcomes

from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import Pair, Pairing
from nexdiag.core.run import Run
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.heard import heard, judged
from nexdiag.runner.replaying.served.placed import BESIDE
from nexdiag.runner.replaying.served.together import Recording, Share, Together

A, B = exchange(0, "a"), exchange(1, "a", "answer 0", "b", turn=2)


def judge(
    recorded: Cassette,
    pairs: tuple[Pair, ...] = (),
    misses: tuple[Miss, ...] = (),
    *,
    leftover: bool = False,
    **more: Any,  # noqa: ANN401 - of a `Share`
) -> Run:
    played = {pair.exchange for pair in pairs}
    places = tuple(range(len(pairs), len(pairs) + len(misses)))
    pairing = Pairing(
        requests=len(pairs) + len(misses),
        recordings=len(recorded.exchanges),
        pairs=pairs,
        misses=places,
        unplayed=tuple(one.id for one in recorded.exchanges if one.id not in played),
    )
    recording = Recording(path=Path("x.cassette.jsonl"), cassette=recorded)
    share = Share(recording=recording, pairing=pairing, misses=tuple(zip(places, misses, strict=True)), **more)
    return heard(share, How(unplayed=leftover), now=1000.0)


def pair(number: int, how: str = "same", fault: str = "") -> Pair:
    return Pair(request=number, exchange=number, how=how, fault=fault)


def asked(*said: str, path: str = A.request.path, method: str = "POST") -> Request:
    return Request(method=method, url=f"http://127.0.0.1:1{path}", body=Body.of(json.dumps(body(*said)).encode()))


def miss(nearest: Exchange | None, *said: str, shared: int = 0, used: bool = False) -> Miss:
    return Miss(request=asked(*said), nearest=nearest, shared=shared, used=used)


def test_a_turn_whose_requests_had_their_own_answers_is_exact() -> None:
    """Also by a rule, and also where one was asked again."""
    run = judge(cassette(A, B), (pair(0), pair(0, "again"), pair(1, "rule")))
    assert outcomes(run.replayed) == ["1 exact", "2 exact"]
    assert (run.how, run.differs) == ("served", False)


def test_a_turn_that_was_asked_for_otherwise_is_changed_and_teaches() -> None:
    """Where, against what, and what to do; and the first of a conversation alone."""
    later = exchange(2, "a", "answer 0", "b", "answer 1", "c", turn=3)
    first = miss(B, "a", "answer 0", "B!", shared=2)
    after = miss(later, "a", "answer 0", "B!", "answer 1", "c", shared=2)
    run = judge(cassette(A, B, later, command="./agent"), (pair(0),), (first, after))
    assert outcomes(run.replayed) == ["1 exact", "2 changed", "3 changed"]
    told = run.replayed[1].divergence
    assert told is not None
    assert told.first is not None
    assert (told.first.pointer, told.first.left, told.first.right) == ("/messages/2/content", "b", "B!")
    assert (told.turn, told.nearest, told.consequences) == (2, 1, 1)
    assert "./agent" in told.advice
    assert run.replayed[2].divergence is None


def test_a_place_that_a_rule_sets_aside_is_no_difference() -> None:
    """It is another in every request; what is told is what kept the request from its recording."""
    recorded = exchange(0, asked=body("a", prompt_cache_key="9d4a1f60-5b7e-4f0a-9a55-0d7b8f2f1c11"))
    sent = body("z", prompt_cache_key="1f60d94a-7e5b-0a4f-559a-7b0d2f8f111c")
    one = msgspec.structs.replace(
        miss(recorded), request=Request(method="POST", url=A.request.url, body=Body.of(json.dumps(sent).encode()))
    )
    told = judge(cassette(recorded), (), (one,)).replayed[0].divergence
    assert told is not None
    assert told.first is not None
    assert (told.first.pointer, told.more) == ("/messages/0/content", 0)


def test_a_turn_that_nobody_asked_for_is_missing_unless_that_is_allowed() -> None:
    """Then it is not checked, which is not exact either."""
    assert outcomes(judge(cassette(A, B), (pair(0),)).replayed) == ["1 exact", "2 missing"]
    allowed = judge(cassette(A, B), (pair(0),), leftover=True)
    assert allowed.replayed[1].note == "1 of 1 request was not asked for, which is allowed"
    assert outcomes(allowed.replayed) == ["1 exact", "2 unchecked"]
    assert not allowed.differs


def test_a_turn_of_which_a_part_was_asked_for_is_missing_and_says_which_part() -> None:
    run = judge(cassette(A, exchange(1, "a", "answer 0", "b")), (pair(0),))
    assert outcomes(run.replayed) == ["1 missing"]
    assert run.replayed[0].note == "1 of 2 requests was asked for"


def test_a_request_on_top_is_extra() -> None:
    """All that was recorded was played, and one more came."""
    run = judge(cassette(A), (pair(0),), (miss(A, "a", shared=1, used=True),))
    assert outcomes(run.replayed) == ["1 extra"]


def test_what_belongs_to_no_turn_counts_too() -> None:
    """Unplayed, or asked for and not recorded: both are told beside the turns, and fail."""
    title = exchange(1, "name this chat", turn=None)
    assert outcomes(judge(cassette(A, title), (pair(0), pair(1))).replayed) == ["1 exact"]
    left = judge(cassette(A, title), (pair(0),))
    assert outcomes(left.replayed) == ["1 exact", f"{BESIDE} missing"]
    stranger = Miss(request=asked(path="/v1/embeddings"), nearest=B, shared=0)
    other = judge(cassette(A), (pair(0),), (stranger,))
    assert outcomes(other.replayed) == ["1 exact", f"{BESIDE} extra"]
    assert left.differs
    assert other.differs
    assert outcomes(judge(cassette(A), (pair(0),), (miss(None, "a"),)).replayed)[1] == f"{BESIDE} extra"


def test_a_recording_without_turns_is_judged_as_a_whole() -> None:
    """As one of another tool, or of requests without conversations."""
    bare = cassette(exchange(0, "a", turn=None))
    assert outcomes(judge(bare, (pair(0),)).replayed) == [f"{BESIDE} exact"]
    assert outcomes(judge(bare).replayed) == [f"{BESIDE} missing"]


def test_a_looser_way_of_matching_proves_nothing() -> None:
    """`--match turn` answers whatever is sent: what differs is told as if it had had no answer."""
    run = judge(cassette(A, B), (pair(0), pair(1, "turn")), asked={1: asked("a", "answer 0", "B!")})
    assert outcomes(run.replayed) == ["1 exact", "2 changed"]
    told = run.replayed[1].divergence
    assert told is not None
    assert told.first is not None
    assert (told.first.pointer, told.nearest) == ("/messages/2/content", 1)
    assert "--match turn" in told.why


def test_what_a_looser_way_answered_without_a_difference_that_counts_is_exact() -> None:
    """And says which way it was."""
    same = judge(cassette(A, B), (pair(0), pair(1, "turn")), asked={1: asked("a", "answer 0", "b")})
    assert outcomes(same.replayed) == ["1 exact", "2 exact"]
    assert same.replayed[1].note == "matched by turn"


def test_a_refusal_that_a_looser_way_gave_is_not_mended() -> None:
    """It was given: nobody knows what the server would have said to the request that is right now."""
    refused = exchange(1, turn=2, status=500, answer=REFUSAL, asked=PUSHED)
    recorded = cassette(A, refused, profile="llama.cpp-strict")
    run = judge(recorded, (pair(0), pair(1, "turn")), asked={1: asked("a", "answer 0", "b")})
    assert outcomes(run.replayed) == ["1 exact", "2 changed"]


def test_a_struck_turn_whose_client_did_not_ask_again_is_not_checked() -> None:
    """What was recorded never went out. Who asked again had it, and so had whoever waited for a slow answer."""
    struck = (pair(0), pair(1, fault="status:500@2"))
    run = judge(cassette(A, B), struck)
    assert outcomes(run.replayed) == ["1 exact", "2 unchecked"]
    assert run.replayed[1].note.startswith("status:500@2 struck it, and nobody asked again")
    assert not run.differs
    again = judge(cassette(A, B), (*struck, pair(1, "again")))
    assert outcomes(again.replayed) == ["1 exact", "2 exact"]
    twice = judge(cassette(A, B), (*struck, pair(1, "again", fault="cut@2#1")))
    assert outcomes(twice.replayed) == ["1 exact", "2 unchecked"]
    slow = judge(cassette(A, B), (pair(0), pair(1, fault="slow:10@2")))
    assert outcomes(slow.replayed) == ["1 exact", "2 exact"]


def test_a_turn_whose_answer_the_server_itself_broke_off_is_not_checked() -> None:
    """It was closed in mid-stream: what was recorded did not go out to its end."""
    run = judge(cassette(A, B), (pair(0), pair(1)), cut=frozenset({1}))
    assert outcomes(run.replayed) == ["1 exact", "2 unchecked"]
    assert run.replayed[1].note == "the server was closed before its answer was whole"


def test_a_turn_takes_from_its_first_request_to_the_end_of_its_last_answer() -> None:
    """And none where nobody asked."""
    more = exchange(2, "a", "answer 0", "tool")
    run = judge(cassette(A, B, more), (pair(0), pair(2)), spans={0: (1.0, 1.5), 2: (2.0, 4.0)})
    assert [turn.seconds for turn in run.replayed] == [3.0, 0.0]


def test_a_number_without_its_turn_is_not_called_a_request_of_no_turn() -> None:
    """Its turn was not written, but its requests name it; and none stands for a turn to record again from."""
    recorded = msgspec.structs.replace(cassette(A), turns=())
    run = judge(recorded)
    assert [(turn.number, turn.said) for turn in run.replayed] == [(1, "")]
    lost = judge(cassette(A), (pair(0),), (miss(None, "x"),)).replayed[1].divergence
    assert lost is not None
    assert "turn 0" not in lost.advice


def test_a_recording_that_fits_as_well_as_another_is_named_with_its_file() -> None:
    """Their numbers alone may be the same."""
    one = Recording(path=Path("one.c"), cassette=cassette(A))
    other = Recording(path=Path("two.c"), cassette=cassette(exchange(0, "c")))
    both = Together([one, other])
    found = Miss(request=asked("x"), nearest=None, shared=0, ambiguous=both.exchanges)
    share, _ = both.shares(Pairing(requests=1, recordings=2, misses=(0,), unplayed=(0, 1)), ((0, found),))
    told = heard(share, How()).replayed[0].divergence
    assert told is not None
    assert "0 of one.c and 0 of two.c" in told.why


REFUSAL = json.dumps({"error": {"message": "Jinja Exception: Conversation roles must alternate user/assistant"}})
PUSHED = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}


def test_a_refusal_whose_reason_is_gone_is_mended_and_what_follows_is_not_checked() -> None:
    """The recorded answer is an error: nobody can know what comes after the request that is right now."""
    refused = exchange(1, turn=2, status=500, answer=REFUSAL, asked=PUSHED)
    after = exchange(2, "a", "answer 0", "c", turn=3)
    recorded = cassette(A, refused, after, profile="llama.cpp-strict")
    run = judge(recorded, (pair(0),), (miss(refused, "a", "answer 0", "b", shared=1),))
    assert outcomes(run.replayed) == ["1 exact", "2 mended", "3 unchecked"]
    assert run.replayed[1].note == "NX101"
    assert not run.differs


def test_a_refusal_that_is_asked_for_otherwise_with_its_fault_still_in_it_is_changed() -> None:
    refused = exchange(1, turn=2, status=500, answer=REFUSAL, asked=PUSHED)
    again = msgspec.structs.replace(
        miss(refused),
        request=Request(method="POST", url=refused.request.url, body=Body.of(json.dumps(PUSHED | {"n": 2}).encode())),
    )
    run = judge(cassette(A, refused, profile="llama.cpp-strict"), (pair(0),), (again,))
    assert outcomes(run.replayed) == ["1 exact", "2 changed"]


@pytest.mark.parametrize(("what", "code"), [("warn", 0), ("fail", 1)])
def test_a_recording_that_is_older_than_it_may_be_is_told_and_fails_where_that_is_wanted(what: str, code: int) -> None:
    """It was recorded 1,000 seconds after the epoch, and is a day old."""
    recording = Recording(path=Path("x"), cassette=cassette(A))
    share = Share(recording=recording, pairing=Pairing(requests=1, recordings=1, pairs=(pair(0),)))
    one = judged(share, How(max_age=3600.0, expired=what), now=1000.0 + 86400.0)
    assert one.run is not None
    assert "1 day ago" in one.run.expired
    assert one.code == code
    again = "record it again: nexdiag capture --upstream http://model.example:8000/v1 -- COMMAND"
    assert one.hint == (again if code else "")


def test_a_client_that_goes_on_after_a_miss_is_judged_turn_by_turn() -> None:
    """None of its turns is missing, and a second change is told as one."""
    turns = [exchange(at, *(f"q{n}" for n in range(1, 2 * at + 2)), turn=at + 1) for at in range(4)]
    recorded = cassette(*turns)
    words = [("Q1",), ("Q1", "x", "q3"), ("Q1", "x", "q3", "x", "Q5"), ("Q1", "x", "q3", "x", "Q5", "x", "q7")]
    run = judge(recorded, (), tuple(miss(turns[0], *said) for said in words))
    assert outcomes(run.replayed) == ["1 changed", "2 changed", "3 changed", "4 changed"]
    told = run.replayed[0].divergence
    assert told is not None
    assert told.consequences == 2
    assert "look at turn 3 too" in told.advice
    assert "differs by itself too" in run.replayed[2].note
    assert [one.right for one in run.replayed[2].differences] == ["Q5"]
    assert [turn.note for turn in run.replayed if turn.number != 3] == ["", "", ""]


def test_a_question_on_top_is_a_turn_with_its_own_text() -> None:
    """Not the last recorded one with the words of that."""
    run = judge(cassette(A), (pair(0),), (miss(A, "a", "answer 0", "Thanks", shared=1),))
    assert outcomes(run.replayed) == ["1 exact", "2 extra"]
    assert run.replayed[1].said == "Thanks"


def test_what_a_fault_brought_about_is_said_to_be_its_doing() -> None:
    """There is nothing to undo; but what the client says otherwise is its own."""
    struck = (pair(0, fault="status:500@1"),)
    told = judge(cassette(A, B), struck, (miss(B, "a", "broken", "b", shared=1),)).replayed[1].divergence
    assert told is not None
    assert told.advice.startswith("the fault status:500@1 did this")
    own = judge(cassette(A, B), struck, (miss(B, "a", "broken", "B!", shared=1),)).replayed[1].divergence
    assert own is not None
    assert "fault" not in own.advice


def test_a_turn_that_nobody_asked_for_is_told_with_a_command_that_works() -> None:
    """The recorded one, at the recorded server."""
    told = judge(cassette(A, B, command="./agent"), (pair(0),)).replayed[1].divergence
    assert told is not None
    assert "nexdiag capture --upstream http://model.example:8000/v1 -- ./agent" in told.advice
