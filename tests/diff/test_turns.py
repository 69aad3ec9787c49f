"""Promises of `nexdiag.diff.turns`."""

import msgspec
from compared import bodies, exchange, recording, told, whole

from nexdiag.core.cassette import Cassette
from nexdiag.diff.comparing import compare_cassettes
from nexdiag.diff.turns import Part, beside, exchanges_beside, said_by


def numbers(left: Cassette, right: Cassette) -> list[tuple[int | None, int | None]]:
    """Which turn of the left corresponds to which of the right; 0 for what is of no turn."""

    def number(part: Part | None) -> int | None:
        return None if part is None else 0 if part.turn is None else part.turn.number

    return [(number(one.left), number(one.right)) for one in beside(left, right)]


def without(cassette: Cassette, turn: int) -> Cassette:
    """The recording without one of its turns."""
    return msgspec.structs.replace(
        cassette,
        turns=tuple(one for one in cassette.turns if one.number != turn),
        exchanges=tuple(one for one in cassette.exchanges if one.turn != turn),
        log=(),
    )


def test_turns_correspond_by_what_was_said() -> None:
    """One that is missing moves no other."""
    one = recording(bodies(4))
    assert numbers(one, without(one, 2)) == [(1, 1), (2, None), (3, 3), (4, 4)]
    assert numbers(without(one, 1), one) == [(None, 1), (2, 2), (3, 3), (4, 4)]


def test_a_turn_in_which_something_else_was_said_is_the_nearest() -> None:
    """In its place."""
    left, right = (
        recording(bodies(3)),
        recording(bodies(3, said=lambda n: "Quite another" if n == 2 else f"Question number {n}?")),
    )
    assert numbers(left, right) == [(1, 1), (2, 2), (3, 3)]


def test_where_one_has_no_turns_exchanges_are_compared_alone() -> None:
    """All of them are of one part."""
    one = recording(bodies(2))
    assert numbers(one, msgspec.structs.replace(one, turns=())) == [(0, 0)]


def test_sessions_correspond_by_id_else_by_order() -> None:
    """And what is of no turn is beside what is of none."""
    one = recording(bodies(1))

    def named(*sessions: str) -> Cassette:
        turns = tuple(msgspec.structs.replace(one.turns[0], session=name) for name in sessions)
        return msgspec.structs.replace(one, turns=turns, exchanges=(), log=())

    pairs = [
        (two.left and two.left.session, two.right and two.right.session)
        for two in beside(named("a", "b"), named("x", "b", "c"))
    ]
    assert pairs == [("a", "x"), ("b", "b"), (None, "c")]


def test_exchanges_correspond_by_what_was_asked() -> None:
    """A retry beside the same attempt, another address beside none of its kind."""
    first, second, third = recording(bodies(3)).exchanges
    again = msgspec.structs.replace(first, attempt=2)
    ids = [
        (one and (one.id, one.attempt), other and (other.id, other.attempt))
        for one, other in exchanges_beside([first, second, third], [first, again, second, third])
    ]
    assert ids == [((0, 1), (0, 1)), (None, (0, 2)), ((1, 1), (1, 1)), ((2, 1), (2, 1))]


def test_what_is_spoken_in_a_part_is_all_of_it() -> None:
    """What was said, and the reply."""
    part = next(beside(recording(bodies(1)), recording(bodies(1)))).left
    assert part is not None
    assert said_by(part) == ["Question number 1?"]
    assert said_by(Part()) == []


def test_a_message_that_counts_as_a_turn_on_one_side_is_compared_with_what_it_became() -> None:
    """A user's message in the place of a tool's: the request with it, not a turn's number, says what corresponds."""
    asked = bodies(4)
    for body in asked[2:]:
        body["messages"][5] = {"role": "tool", "tool_call_id": "c", "content": "denied"}
    right = recording(asked)
    turns = tuple(one for one in right.turns if one.number != 3)
    exchanges = tuple(msgspec.structs.replace(one, turn=2) if one.turn == 3 else one for one in right.exchanges)
    right = msgspec.structs.replace(right, turns=turns, exchanges=exchanges, log=())
    broken = bodies(3)
    broken[2]["messages"][5:] = [{"role": "user", "content": text} for text in ("denied", "Question number 4?")]
    left = msgspec.structs.replace(recording(broken), log=())
    for found, place in ((compare_cassettes(left, right), 2), (compare_cassettes(right, left), 2)):
        row = found.rows[found.first or 0]
        assert row.left is not None
        assert row.right is not None
        assert (row.left.exchange, row.right.exchange) == (place, 2)
        assert "/messages/5/role" in {one.pointer for one in row.differences}


def test_what_belongs_to_no_turn_is_beside_what_belongs_to_none() -> None:
    """Never beside somebody's chat: sessions of other names correspond by what was said first."""

    def named(cassette: Cassette, name: str) -> Cassette:
        turns, exchanges = (
            tuple(msgspec.structs.replace(one, session=name) for one in several)
            for several in (cassette.turns, cassette.exchanges)
        )
        return msgspec.structs.replace(cassette, turns=turns, exchanges=exchanges, log=())

    loose = msgspec.structs.replace(exchange(9, {"x": 1}, whole({})), turn=None)
    left, right = named(recording(bodies(2)), "a"), named(recording(bodies(2)), "b")
    left = msgspec.structs.replace(left, exchanges=(loose, *left.exchanges))
    assert told(compare_cassettes(left, right)) == [("turn", "removed", "(exchange)")]


def test_an_exchange_corresponds_to_one_of_the_same_address() -> None:
    """Before one that is as long."""
    one, other = recording(bodies(1)).exchanges[0], recording(bodies(1, said=lambda _: "else")).exchanges[0]
    away = msgspec.structs.replace(other, request=msgspec.structs.replace(other.request, url="http://x/v1/completions"))
    assert list(exchanges_beside([one], [away, other])) == [(None, away), (one, other)]
    assert list(exchanges_beside([one], [other, away])) == [(one, other), (None, away)]
