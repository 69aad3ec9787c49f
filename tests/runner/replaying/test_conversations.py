"""Promises of `nexdiag.runner.replaying.conversations`."""

from pathlib import Path

import pytest

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, NothingToDo
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.turn import Turn
from nexdiag.runner.load import load
from nexdiag.runner.replaying.conversations import conversations, demand_ours, endpoint_of, ours, whole_turns

CASSETTES = Path(__file__).parents[3] / "cassettes"


def turn(number: int, session: str = "", outcome: str = "answered") -> Turn:
    """A turn of a conversation."""
    return Turn(number=number, session=session, said="Hi", started=float(number), outcome=outcome)


def asked(number: int, session: str, agent: str = "nexdiag/1") -> Exchange:
    """A request of that conversation."""
    request = Request(method="POST", url="http://h/v1/chat/completions", headers=(("user-agent", agent),))
    return Exchange(id=number, started=0.0, request=request, turn=1, session=session)


def test_conversations_are_told_apart_by_session_and_keep_what_is_theirs() -> None:
    """In the order in which they began; what belongs to no turn's session is left out."""
    cassette = Cassette(
        header=Header(),
        turns=(turn(1, "b"), turn(1, "a"), turn(2, "b")),
        exchanges=(asked(0, "b"), asked(1, "a"), asked(2, "")),
    )
    first, second = conversations(cassette)
    assert [one.number for one in first.turns] == [1, 2]
    assert [one.id for one in first.exchanges] == [0]
    assert [one.id for one in second.exchanges] == [1]


def test_a_conversation_is_whole_up_to_the_turn_that_was_cut_short() -> None:
    """Numbers have to go up by one: else the recording is broken."""
    cut = (turn(1), turn(2), turn(3, outcome="cancelled"), turn(4))
    assert [one.number for one in whole_turns(Cassette(header=Header(), turns=cut))] == [1, 2]
    with pytest.raises(CassetteError):
        whole_turns(Cassette(header=Header(), turns=(turn(1), turn(3))))


def test_a_recording_of_another_client_is_not_ours() -> None:
    """By the user-agent of its requests; without a turn there is nothing to say again."""
    foreign = Cassette(header=Header(), turns=(turn(1),), exchanges=(asked(0, "", "curl/8"),))
    assert not ours(foreign)
    for cassette in (foreign, Cassette(header=Header())):
        with pytest.raises(NothingToDo):
            demand_ours(cassette)


@pytest.mark.parametrize(
    ("name", "wire"),
    [("five-back-to-back", "chat"), ("five-over-responses", "responses"), ("five-over-messages", "anthropic")],
)
def test_the_wire_is_the_one_that_was_spoken(name: str, wire: str) -> None:
    """The header does not say it; the addresses of the requests do."""
    assert endpoint_of(load(CASSETTES / "llama.cpp" / f"{name}.cassette.jsonl")).wire == wire
