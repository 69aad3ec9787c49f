"""Promises of `nexdiag.capture.grouping.regroup`: a recording that knows no turns is given them."""

import json
from typing import Any

import msgspec

from nexdiag.capture.grouping.regroup import group
from nexdiag.core.body import Body
from nexdiag.core.exchange import Chunk, Exchange, Request, Response

U1, U2 = ({"role": "user", "content": text} for text in ("One?", "Two?"))
A1 = {"role": "assistant", "content": "One."}


def exchange(
    number: int, messages: list[Any], *, status: int = 200, started: float = 0.0, duration: float = 0.0
) -> Exchange:
    body = Body.of(json.dumps({"model": "m", "messages": messages}).encode())
    answer = json.dumps({"choices": [{"message": A1, "finish_reason": "stop"}], "usage": {"prompt_tokens": 5}}).encode()
    return Exchange(
        id=number,
        started=started,
        duration=duration,
        request=Request(method="POST", url="http://x/v1/chat/completions", body=body),
        response=Response(status=status, chunks=(Chunk(at=0.0, bytes=answer if status < 400 else b"no"),)),
    )


def test_exchanges_without_times_are_one_after_the_other() -> None:
    """As vcrpy keeps them: each was answered before the next; a retry is told from another session by that."""
    recorded = [exchange(0, [U1]), exchange(1, [U1, A1, U2], status=500), exchange(2, [U1, A1, U2]), exchange(3, [U1])]
    placed, turns = group(recorded)
    assert [(e.session, e.turn, e.attempt) for e in placed] == [("", 1, 1), ("", 2, 1), ("", 2, 2), ("2", 1, 1)]
    assert [(t.session, t.number, t.said, t.outcome) for t in turns] == [
        ("", 1, "One?", "answered"),
        ("", 2, "Two?", "answered"),
        ("2", 1, "One?", "answered"),
    ]
    assert turns[1].exchanges == placed[1:3]
    assert turns[0].usage.input_tokens == 5
    assert [e.request for e in placed] == [e.request for e in recorded]


def test_times_tell_what_was_under_way() -> None:
    """The same question while the first is not answered yet is another session, whatever the first came to."""
    at_once = [exchange(0, [U1], status=500, started=1.0, duration=5.0), exchange(1, [U1], started=2.0, duration=1.0)]
    assert [e.session for e in group(at_once)[0]] == ["", "2"]
    after = [exchange(0, [U1], status=500, started=1.0, duration=0.5), exchange(1, [U1], started=2.0, duration=1.0)]
    assert [(e.session, e.attempt) for e in group(after)[0]] == [("", 1), ("", 2)]


def test_a_turn_that_is_known_is_left_as_it_is() -> None:
    """And no turn is made of it."""
    known = msgspec.structs.replace(exchange(0, [U1]), turn=7, attempt=3)
    placed, turns = group([known, exchange(0, [U2])])
    assert placed[0] is known
    assert [turn.said for turn in turns] == ["Two?"]


def test_what_belongs_to_no_turn_stays_in_its_place() -> None:
    """A list of models, and an exchange that never was answered."""
    models = Exchange(id=0, started=0.0, request=Request(method="GET", url="http://x/v1/models"))
    placed, turns = group([models, exchange(1, [U1])])
    assert placed[0] is models
    assert [turn.number for turn in turns] == [1]
    assert group([]) == ((), ())
