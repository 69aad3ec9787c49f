"""Promises of `nexdiag.codec.beside`: what a foreign file cannot say comes back; what was changed in it stays."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from strategies import json_values
from strategies_wire import cassettes

from nexdiag.codec import beside
from nexdiag.core.body import Body
from nexdiag.core.cassette import FORMAT, Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response

FEW = settings(max_examples=25)
"""A whole recording is a large example."""
OURS = Exchange(
    id=3,
    started=10.5,
    duration=2.0,
    turn=2,
    attempt=2,
    session="s",
    failure="ReadError: gone",
    request=Request(method="POST", url="http://h/v1", headers=(("a", "1"), ("a", "2")), body=Body.of(b"{}")),
    response=Response(
        status=200,
        headers=(("content-encoding", "gzip"),),
        first_byte=0.5,
        chunks=(Chunk(at=0.75, bytes=b"ab"), Chunk(at=1.0, bytes=b"c")),
    ),
)
SEEN = Exchange(
    id=0,
    started=0.0,
    request=Request(method="POST", url="http://h/v1", headers=(("a", "1, 2"),), body=Body.of(b"{}")),
    response=Response(status=200, chunks=(Chunk(at=0.0, bytes=b"plain"),)),
)


def kept() -> Any:  # noqa: ANN401 - JSON is anything
    """As a file holds it."""
    return json.loads(json.dumps(beside.of(OURS, SEEN)))


def test_all_that_the_file_does_not_tell_comes_back() -> None:
    """Times, pieces, turn, failure, headers that repeat, the body as it was on the wire."""
    assert beside.restored(SEEN, kept()) == OURS


def test_what_is_told_by_the_file_is_not_kept_twice() -> None:
    """Of an exchange that the file tells whole, only its place and times are kept."""
    assert set(beside.of(SEEN, SEEN)) == {"exchange", "started", "duration", "first_byte", "of", "chunks"}


def test_what_was_changed_by_hand_stays_changed() -> None:
    """The body that stands beside is that of another response; the times still hold."""
    edited = msgspec.structs.replace(SEEN, response=Response(status=200, chunks=(Chunk(at=0.0, bytes=b"edited"),)))
    back = beside.restored(edited, kept())
    assert back.response is not None
    assert (back.response.body, back.started, back.turn) == (b"edited", 10.5, 2)


@given(json_values)
def test_what_is_not_ours_is_left_alone(value: object) -> None:
    """Whatever stands there, reading raises nothing, and the exchange is the one that the file tells."""
    back = beside.restored(SEEN, value)
    assert (back.request, back.response) == (SEEN.request, SEEN.response)
    assert beside.cassette_of(value, (SEEN,), Header()).exchanges == (SEEN,)


@pytest.mark.parametrize(
    "change",
    [
        {"chunks": [[0.1, 2]]},
        {"chunks": [[0.1, -3], [0.2, 6]]},
        {"wire": "%%%"},
        {"wire": "AAA="},
        {"started": -1},
        {"started": 1e300},
        {"exchange": -1},
        {"request_body": "a"},
        {"response_headers": [["a"]]},
        {"turn": "1"},
    ],
)
def test_what_no_longer_fits_is_left_alone(change: dict[str, object]) -> None:
    """Sizes that are not the body's, no base64, times that are none."""
    assert beside.restored(SEEN, kept() | change) == SEEN


def test_numbers_are_kept_only_if_each_is_one_of_its_own() -> None:
    """A reader refuses a number that was there before."""
    ids = [exchange.id for exchange in beside.numbered([OURS, SEEN])]
    assert ids == [0, 3]
    assert [exchange.id for exchange in beside.numbered([OURS, OURS, SEEN])] == [0, 1, 2]


@given(cassettes())
@FEW
def test_header_and_turns_come_back(cassette: Cassette) -> None:
    """All but what belongs to a turn: that says so itself."""
    value = json.loads(json.dumps(beside.of_cassette(cassette)))
    back = beside.cassette_of(value, cassette.exchanges, Header())
    bare = tuple(msgspec.structs.replace(turn, exchanges=(), tool_runs=(), log=()) for turn in cassette.turns)
    assert back.turns == bare
    assert back.header == msgspec.structs.replace(cassette.header, cassette=FORMAT)
