"""A recording → a smaller one."""

import pytest
from hypothesis import given, settings
from kept import NOON, answered, asked, both, recording, with_exchange
from msgspec import structs
from strategies_wire import cassettes

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import NexdiagError, NothingToDo, UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.core.turn import LogLine
from nexdiag.runner.cassettes.prune import Keep, numbers, prune

SIDE = Exchange(
    id=9, started=NOON, request=asked([{"role": "user", "content": "title"}], Splitter()), response=answered(b"x")
)
WHOLE = codec.decode(codec.encode(with_exchange(recording("a", "b", "c"), SIDE)))
"""Turn 1: exchange 0; turn 2: 1 and 2 with a tool run; turn 3: 3; aside: 9."""


def shape(keep: Keep, cassette: Cassette = WHOLE) -> tuple[list[int], list[int], int, int]:
    """Turns, exchanges, tool runs and log lines of what is kept, as it is read back from its file."""
    kept = codec.decode(codec.encode(prune(cassette, keep)))
    return (
        [turn.number for turn in kept.turns],
        [one.id for one in kept.exchanges],
        len(kept.tool_runs),
        len(kept.log),
    )


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        pytest.param(Keep(turns="2-3"), ([2, 3], [1, 2, 3, 9], 1, 2), id="turns"),
        pytest.param(Keep(turns="1", aside=False), ([1], [0], 0, 1), id="a turn and nothing aside"),
        pytest.param(Keep(exchanges="1"), ([2], [1], 1, 1), id="an exchange and its turn"),
        pytest.param(Keep(exchanges="1,9", turns="2-"), ([2, 3], [1, 9], 1, 2), id="both"),
        pytest.param(Keep(log=False), ([1, 2, 3], [0, 1, 2, 3, 9], 1, 0), id="no log"),
        pytest.param(Keep(tools=False), ([1, 2, 3], [0, 1, 2, 3, 9], 0, 3), id="no tools"),
        pytest.param(Keep(aside=False), ([1, 2, 3], [0, 1, 2, 3], 1, 3), id="nothing aside"),
    ],
)
def test_what_is_named_stays_with_what_belongs_to_it(keep: Keep, kept: object) -> None:
    assert shape(keep) == kept


def test_what_stays_is_byte_for_byte_as_it_was() -> None:
    """Though the messages that it shared with what is gone stood there."""
    was = {one.id: one for one in WHOLE.exchanges}
    kept = codec.decode(codec.encode(prune(WHOLE, Keep(turns="3"))))
    for one in kept.exchanges:
        assert one.request.body.join() == was[one.id].request.body.join()
        assert one.response == was[one.id].response
        assert (one.started, one.duration, one.turn) == (was[one.id].started, was[one.id].duration, was[one.id].turn)
    assert kept.turns[0].exchanges == kept.exchanges[:1]
    assert len(codec.encode(kept)) < len(codec.encode(WHOLE))


def test_a_session_stays_alone() -> None:
    """Turns of the other session with the same numbers go."""
    whole = codec.decode(
        codec.encode(both(recording("a", "b", session="x"), recording("c", session="y", start=NOON + 5)))
    )
    kept = prune(whole, Keep(session="y", turns="1"))
    assert [(turn.session, turn.said) for turn in kept.turns] == [("y", "c")]
    assert [one.session for one in (*kept.exchanges, *kept.log)] == ["y", "y"]
    told = LogLine(at=NOON, text="of no turn", session="x")
    assert prune(structs.replace(whole, log=(told,)), Keep(session="y")).log == ()
    side = with_exchange(whole, structs.replace(SIDE, session="x"))
    assert 9 not in {one.id for one in prune(side, Keep(session="y")).exchanges}
    with pytest.raises(UsageError) as error:
        prune(whole, Keep(session="z"))
    assert error.value.hint == "the recording has: x, y"


@pytest.mark.parametrize("wanted", ["", "x", "1..2", "-", "1-x", "9", "4-", "2-1", "1,,2", "99999999999999"])
def test_a_number_that_means_nothing_is_a_usage_error(wanted: str) -> None:
    """With what the recording has, or how a range is written."""
    with pytest.raises(UsageError) as error:
        prune(WHOLE, Keep(turns=wanted))
    assert "1-3" in error.value.hint or "such as" in error.value.hint


def test_ranges_are_open_at_either_end() -> None:
    assert [sorted(numbers(text, range(1, 9), "turn")) for text in ("-2", "7-", "3 - 4", "1, 8")] == [
        [1, 2], [7, 8], [3, 4], [1, 8],
    ]  # fmt: skip


def test_nothing_left_is_nothing_to_do() -> None:
    with pytest.raises(NothingToDo):
        prune(recording(), Keep(aside=False))


@settings(max_examples=25)
@given(cassettes())
def test_any_recording_prunes_to_one_that_can_be_read(cassette: Cassette) -> None:
    """Whatever stays is a cassette, and keeps nothing that it did not have."""
    for keep in (Keep(log=False, tools=False), Keep(aside=False), Keep(exchanges="0-"), Keep(turns="2-")):
        try:
            kept = prune(cassette, keep)
        except NexdiagError:
            continue
        again = codec.decode(codec.encode(kept))
        assert {one.id for one in again.exchanges} == {one.id for one in kept.exchanges}
        assert {one.id for one in again.exchanges} <= {one.id for one in cassette.exchanges}
