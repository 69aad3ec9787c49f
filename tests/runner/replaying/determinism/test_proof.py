"""Whether a rule is enough."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from nexdiag.core.exchange import Request
from nexdiag.runner.replaying.determinism.proof import Times, alone, aside
from nexdiag.runner.replaying.determinism.varying import contrasts, value_of
from tests.runner.replaying.determinism.test_varying import JSON, request, said

AT = 1_800_000_000.0
NOW = Times(recorded=AT, sent=AT)


def test_what_means_the_same_needs_no_rule() -> None:
    """It answers, by none."""
    assert aside(said("a"), said("a"), (), NOW) == ()


def test_what_differs_does_not_answer_without_a_rule_and_does_with_one() -> None:
    """The rule is named."""
    left, right = said("run 1"), said("run 2")
    assert aside(left, right, (), NOW) is None
    assert aside(left, right, (r"/messages/*/content=\d+",), NOW) == (r"/messages/*/content=\d+",)
    assert aside(left, right, ("/messages/*/content=x",), NOW) is None


def test_a_built_in_rule_is_named() -> None:
    """A date within a day is set aside already; one that is far away is not."""
    left, right = said("Today is 2027-01-15."), said("Today is 2027-01-16.")
    assert aside(left, right, (), Times(recorded=AT, sent=AT + 86400)) == ("date",)
    assert aside(left, said("Today is 2031-01-16."), (), NOW) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}),
        ({"a": {"x/y": ["p", "q"]}}, {"a": {"x/y": ["p", "r"]}}),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}),
        ({"a": [1, 3]}, {"a": [1, 2, 3]}),
        ({"a": 1}, {"a": 1, "b~": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": [3, 1, 2]}, {"a": [1, 2, 3]}),
    ],
)
def test_a_single_difference_alone_makes_the_left_request_the_right_one(left: Any, right: Any) -> None:  # noqa: ANN401 - any JSON value
    """Changed, added, removed, or in another order."""
    (one,) = contrasts([request(left)], [request(right)])
    both = alone(one)
    assert both is not None
    assert [value_of(each) for each in both] == [left, right]


def test_of_two_differences_each_stands_alone() -> None:
    """So that a built-in rule that covers one is seen, though the other is not covered."""
    pairs = [alone(one) for one in contrasts([said("a", user="1", run=1)], [said("a", user="2", run=2)])]
    assert [aside(*both, (), NOW) for both in pairs if both is not None] in ([("id",), None], [None, ("id",)])


@given(JSON, JSON)
def test_whatever_differs_can_be_tried(left: Any, right: Any) -> None:  # noqa: ANN401 - any JSON value
    """Nothing raises, whatever stands in a body."""
    for one in contrasts([request({"v": left})], [request({"v": right})]):
        both: tuple[Request, Request] | None = alone(one)
        assert both is None or msgspec.json.decode(both[1].body.join()) is not None
