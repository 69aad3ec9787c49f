"""Promises of `nexdiag.capture.logs.under_way`: which turn a line of a log was written in."""

import pytest

from nexdiag.capture.logs.under_way import Spans


@pytest.fixture
def spans() -> Spans:
    """Turn 1 from 10 to 12, turn 2 from 20 to 22."""
    spans = Spans()
    for number, since in enumerate((10.0, 20.0)):
        spans.begun(number, since, "", number + 1, (("X-Request-Id", f"request-{number}-abcdef"),))
        spans.ended(number, since + 2, f"chatcmpl-{number}2345678")
    return spans


@pytest.mark.parametrize(
    ("at", "turn"), [(9.9, None), (9.999, 1), (10.0, 1), (11.0, 1), (15.0, 1), (20.5, 2), (99.0, 2)]
)
def test_a_line_is_of_the_turn_that_was_under_way(spans: Spans, at: float, turn: int | None) -> None:
    """From its first request until the next turn's."""
    assert spans.at(at, "words") == ("", turn)


@pytest.mark.parametrize("name", ["request-0-abcdef", "chatcmpl-02345678"])
def test_a_line_that_names_a_request_is_of_its_turn(spans: Spans, name: str) -> None:
    """Whatever its time: by a header of the request or of the response, or by the id of the answer."""
    assert spans.at(21.0, f"Finished request [{name}].") == ("", 1)


def test_between_chats_at_once_nothing_is_guessed(spans: Spans) -> None:
    """Two turns under way: none is told; a name tells."""
    spans.begun(2, 30.0, "", 3, ())
    spans.begun(3, 31.0, "2", 1, (("x-request-id", "another-12345678"),))
    assert spans.at(30.5, "words") == ("", 3)
    assert spans.at(31.5, "words") == ("", None)
    assert spans.at(31.5, "id another-12345678") == ("2", 1)
    spans.ended(2, 32.0, "")
    assert spans.at(33.0, "words") == ("2", 1)


def test_asides_are_of_no_turn(spans: Spans) -> None:
    spans.begun(2, 30.0, "", None, ())
    assert spans.at(30.5, "words") == ("", 2)


def test_a_clock_that_is_off_is_told_by_a_name(spans: Spans) -> None:
    """0 if it is not off; None where no line can tell."""
    assert spans.offset(11.0, "request-0-abcdef", 50.0) == 0.0
    assert spans.offset(3611.0, "request-0-abcdef", 50.0) == 10.0 - 3611.0
    assert spans.offset(11.0, "words", 50.0) is None


def test_a_name_that_is_no_name_is_not_kept(spans: Spans) -> None:
    """Too short to be found in a line by anything but chance."""
    spans.begun(2, 30.0, "", 3, (("x-request-id", "7"), ("x-request-id", "a" * 999)))
    assert spans.at(10.5, "7") == ("", 1)
