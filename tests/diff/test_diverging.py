"""Promises of `nexdiag.diff.diverging`."""

from nexdiag.core.comparison import Place, Row
from nexdiag.core.difference import Difference
from nexdiag.diff.diverging import diverging, is_news, weighs


def row(exchange: int | None, *found: Difference, turn: int = 1, carried: int = 0) -> Row:
    """A row of a turn, or of an exchange of it."""
    place = Place(turn=turn, exchange=exchange)
    return Row(left=place, right=place, title="", differences=found, carried=carried)


def one(aspect: str, pointer: str = "/x", *, quiet: bool = False, inherited: bool = False) -> Difference:
    """A difference."""
    return Difference(pointer=pointer, left=1, right=2, aspect=aspect, quiet=quiet, inherited=inherited)


def test_the_first_divergence_is_the_first_news_of_weight() -> None:
    """Times, quiet differences and what is carried on are none."""
    rows = [row(0, one("timing")), row(1, one("response", quiet=True)), row(2, one("tools")), row(3, one("tools"))]
    assert diverging(rows)[1] == 2
    assert diverging(rows[:2])[1] is None
    assert [weighs(one("timing")), weighs(one("log"))] == [False, True]
    assert not is_news(one("messages", inherited=True))


def test_a_request_that_only_carries_on_makes_its_answer_a_consequence() -> None:
    """News in what was asked makes it none; so does an answer to a request in which nothing differs."""
    rows, _ = diverging(
        [
            row(0, one("messages"), one("response")),
            row(1, one("messages", inherited=True), one("response"), carried=1),
            row(2, one("messages", inherited=True), one("parameters"), carried=1),
            row(3, one("response")),
        ]
    )
    assert [found.consequence for found in rows] == [False, True, False, False]


def test_how_a_turn_came_out_follows_from_its_exchanges() -> None:
    """Where nothing in them differs, it is the divergence itself; a tool's output comes before what tells of it."""
    outcome = one("turn", "(outcome)")
    rows, first = diverging([row(None, outcome), row(0, one("messages"))])
    assert (rows[0].consequence, first) == (True, 1)
    rows, first = diverging([row(None, outcome), row(0), row(None, outcome, turn=2)])
    assert ([found.consequence for found in rows], first) == ([False, False, False], 0)
    ran = row(None, one("turn", "(tool_runs)/0"))
    assert diverging([ran, row(0), row(1, one("messages", inherited=True), one("response"), carried=1)])[1] == 0
    assert diverging([ran, row(0, one("response"))])[1] == 1
    assert diverging([ran, row(0, one("messages", inherited=True), one("messages"), carried=1)])[1] == 1


def test_a_turns_log_follows_from_its_exchanges() -> None:
    """And what else differs of the turn does not; each turn by its own exchanges."""
    log, other = one("log", "(log)/0"), one("turn", "(said)")
    rows, first = diverging([row(None, log), row(0, one("messages")), row(None, log, turn=2), row(1, turn=2)])
    assert ([found.consequence for found in rows], first) == ([True, False, False, False], 1)
    rows, _ = diverging([row(None, log, other), row(0, one("messages"))])
    assert not rows[0].consequence
