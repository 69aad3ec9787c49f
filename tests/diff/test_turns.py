"""Promises of `nexdiag.diff.turns`."""

import msgspec
from compared import bodies, recording

from nexdiag.core.cassette import Cassette
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
