"""Promises of `nexdiag.runner.replaying.served.placed`."""

import json

import msgspec
import pytest
from for_serving import CHAT, HOST, body, cassette, exchange

from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.replaying.served.placed import BESIDE, key_of, placed, said_in

FIRST = exchange(0, "q1")
SECOND = exchange(1, "q1", "a1", "q2", turn=2)
THIRD = exchange(2, "q1", "a1", "q2", "a2", "q3", turn=3)
ALL = (FIRST, SECOND, THIRD)
RECORDED = msgspec.structs.replace(
    cassette(*ALL), turns=tuple(msgspec.structs.replace(one, said=f"q{one.number}") for one in cassette(*ALL).turns)
)


def asked(*users: str, path: str = CHAT, **more: object) -> Request:
    """A client that goes on after its misses: users speak in a row."""
    sent = {**body(**more), "messages": [{"role": "user", "content": text} for text in users]}
    return Request(method="POST", url=HOST + path, body=Body.of(json.dumps(sent).encode()))


def miss(request: Request, nearest: Exchange | None = FIRST, shared: int = 0, *, used: bool = False) -> Miss:
    return Miss(request=request, nearest=nearest, shared=shared, used=used)


def places(*misses: Miss, unplayed: tuple[int, ...] = (0, 1, 2)) -> list[tuple[int, int | None]]:
    """Turn, and the id of the recording that stands there, of each."""
    found = placed(enumerate(misses), RECORDED, unplayed)
    return [(key[1], one.due.id if one.due is not None else None) for key, one in found]


def test_each_miss_of_a_client_that_goes_on_stands_for_the_next_turn() -> None:
    """Though the first recording is the nearest of all of them."""
    came = (miss(asked("Q1")), miss(asked("Q1", "q2")), miss(asked("Q1", "q2", "Q3")))
    assert places(*came) == [(1, 0), (2, 1), (3, 2)]


def test_a_question_that_was_left_out_is_not_taken_for_the_next() -> None:
    """What was said tells where it stands."""
    assert places(miss(asked("Q1")), miss(asked("Q1", "q3"))) == [(1, 0), (3, 2)]


def test_the_same_question_again_stands_where_it_stood() -> None:
    """A client that tries again after a 599 has not gone on."""
    again = (miss(asked("Q1")), miss(asked("Q1")), miss(asked("Q1", seed=2)), miss(asked("Q1", "q2")))
    assert places(*again) == [(1, 0), (1, 0), (1, 0), (2, 1)]


def test_what_a_tool_gave_stands_in_the_same_turn() -> None:
    """It is no new question."""
    tool = {"messages": [{"role": "user", "content": "Q1"}, {"role": "tool", "content": "x"}]}
    request = Request(method="POST", url=HOST + CHAT, body=Body.of(json.dumps(tool).encode()))
    assert places(miss(asked("Q1")), miss(request)) == [(1, 0), (1, None)]


def test_a_question_behind_the_last_recorded_one_is_a_turn_of_its_own() -> None:
    """And the next one, another."""
    on_top = asked("q1", "q2", "q3", "a", "b", "Thanks")
    more = asked("q1", "q2", "q3", "a", "b", "Thanks", "Bye")
    assert places(miss(on_top, THIRD, 5), miss(more, THIRD, 5), unplayed=()) == [(4, None), (5, None)]


def test_a_question_behind_a_turn_that_was_played_is_of_the_turn_after_it() -> None:
    """As after a fault, where the client has no answer to carry."""
    assert places(miss(asked("q1", "q2!"), FIRST, 1), unplayed=(1, 2)) == [(2, 1)]


def test_what_was_asked_once_more_stays_where_it_was() -> None:
    """It is no new question either."""
    assert places(miss(THIRD.request, THIRD, 5, used=True), unplayed=()) == [(3, None)]


def test_what_is_near_to_none_belongs_to_no_turn() -> None:
    """Nothing was recorded, or nothing of its sort."""
    assert places(miss(asked("x"), None), miss(asked("x", path="/v1/embeddings"))) == [(BESIDE, None), (BESIDE, None)]
    assert key_of(exchange(7, "x", turn=None)) == ("", BESIDE)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"role": "user", "content": "a"}, "a"),
        ({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, "a\n\nb"),
        ({"role": "user", "content": [{"type": "tool_result", "content": "a"}]}, None),
        ({"role": "user", "content": [7]}, None),
        ({"role": "user"}, None),
        ({"role": "tool", "content": "a"}, None),
        ("a", None),
        (None, None),
    ],
)
def test_what_a_user_says_last_is_read_of_anything(message: object, said: str | None) -> None:
    """A tool's output says nothing, whatever role it comes in."""
    text = json.dumps({"messages": [{"role": "user", "content": "x"}, message]}).encode()
    assert said_in(Request(method="POST", url=HOST + CHAT, body=Body.of(text))) == said
