"""Promises of `nexdiag.capture.grouping.turns`."""

import msgspec
import pytest

from nexdiag.capture.grouping.answers import Heard
from nexdiag.capture.grouping.places import Place
from nexdiag.capture.grouping.turns import Book
from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.message import Usage
from nexdiag.core.turn import Turn

OK = Heard(status=200, usage=Usage(input_tokens=3, output_tokens=2))
ONE = Place(turn=1, begins=True, said="One?")
TWO = Place(turn=2, begins=True, said="Two?")


def exchange(number: int, started: float = 0.0, failure: str | None = None) -> Exchange:
    request = Request(method="POST", url="http://x/v1/chat/completions", body=Body.of(b"{}"))
    return Exchange(id=number, started=started, request=request, duration=1.0, failure=failure)


def test_a_turn_opens_with_its_first_exchange_and_ends_with_the_next_turn() -> None:
    """What was said, when it began, how long it took, and the tokens of all its exchanges."""
    book = Book()
    assert book.asked(0, ONE, 10.0) is None
    opened, over = book.ended(exchange(0, 10.0), OK)
    assert opened == Turn(number=1, said="One?", started=10.0, outcome="unfinished")
    assert over is None
    assert book.asked(1, msgspec.structs.replace(ONE, begins=False), 12.0) is None
    assert book.ended(exchange(1, 12.0), OK) == (None, None)
    done = book.asked(2, TWO, 20.0)
    usage = Usage(input_tokens=6, output_tokens=4)
    assert done == Turn(number=1, said="One?", started=10.0, duration=3.0, outcome="answered", usage=usage)


def test_a_turn_with_an_exchange_under_way_ends_with_that() -> None:
    """A client that asks the next thing before it has closed the last stream."""
    book = Book()
    book.asked(0, ONE, 0.0)
    book.asked(1, ONE, 0.0)
    book.ended(exchange(0), OK)
    assert book.asked(2, TWO, 1.0) is None
    opened, over = book.ended(exchange(1), OK)
    assert opened is None
    assert over is not None
    assert over.number == 1


@pytest.mark.parametrize(
    ("failure", "outcome", "error"),
    [
        (None, "failed", "roles must alternate"),
        ("ReadTimeout", "failed", "roles must alternate"),
        ("ClientClosed: the client stopped reading before the end", "cancelled", None),
        ("CancelledError", "cancelled", None),
        ("Unfinished: the recording ended first", "unfinished", None),
    ],
)
def test_the_last_exchange_says_how_a_turn_came_out(failure: str | None, outcome: str, error: str | None) -> None:
    """The last that was asked, whichever ends last."""
    book = Book()
    book.asked(0, ONE, 0.0)
    book.asked(1, ONE, 0.0)
    book.ended(exchange(1, failure=failure), Heard(failed=True, refusal="roles must alternate"))
    book.ended(exchange(0), OK)
    (turn,) = book.close()
    assert (turn.outcome, turn.error) == (outcome, error)


def test_sessions_do_not_end_each_other() -> None:
    book = Book()
    book.asked(0, ONE, 0.0)
    book.ended(exchange(0), OK)
    assert book.asked(1, msgspec.structs.replace(ONE, session="2"), 1.0) is None
    book.ended(exchange(1), OK)
    assert [(turn.session, turn.number) for turn in book.close()] == [("", 1), ("2", 1)]
    assert list(book.close()) == []


def test_an_aside_is_of_no_turn() -> None:
    book = Book()
    assert book.asked(0, Place(aside="models"), 0.0) is None
    assert book.ended(exchange(0), OK) == (None, None)
    assert list(book.close()) == []
