"""Two runs → in which fields they differ."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.body import Body
from nexdiag.core.exchange import Request
from nexdiag.runner.replaying.determinism.varying import PATH, REQUESTS, aligned, contrasts, starred

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab/~*", max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~0", max_size=2), inner, max_size=4),
    max_leaves=12,
)


def request(body: Any = None, *, path: str = "/v1/chat/completions", raw: bytes | None = None) -> Request:  # noqa: ANN401 - any JSON value
    text = msgspec.json.encode({"model": "m"} if body is None else body) if raw is None else raw
    return Request(method="POST", url=f"http://h{path}", body=Body.of(text))


def said(*texts: str, **more: object) -> Request:
    return request({"model": "m", "messages": [{"role": "user", "content": text} for text in texts], **more})


def found(first: list[Request], other: list[Request]) -> list[tuple[str, object, object]]:
    return [(one.pointer, one.left, one.right) for one in contrasts(first, other)]


def test_equal_runs_have_nothing() -> None:
    """Also where white space and the order of keys differ: they never count."""
    assert found([said("a")], [said("a")]) == []
    assert found([request(raw=b'{"a":1,"b":2}')], [request(raw=b'{"b": 2, "a": 1}')]) == []


def test_a_field_is_named_with_stars_for_places() -> None:
    """So that one rule fits every message."""
    assert found([said("a", "b")], [said("a", "c")]) == [("/messages/*/content", "b", "c")]
    assert starred("/messages/12/tool_calls/0/id") == "/messages/*/tool_calls/*/id"


def test_a_list_in_another_order_is_one_difference() -> None:
    """Of its order, and not of every entry."""
    (one,) = contrasts([said("a", stop=["x", "y", "z"])], [said("a", stop=["z", "x", "y"])])
    assert (one.pointer, one.kind, one.left, one.right) == ("/stop", "order", ["x", "y", "z"], ["z", "x", "y"])


def test_beside_another_order_the_rest_is_still_looked_at() -> None:
    """One does not hide the other."""
    left, right = said("a", stop=["x", "y"], run=1), said("a", stop=["y", "x"], run=2)
    assert sorted(one[0] for one in found([left], [right])) == ["/run", "/stop"]


def test_parallel_requests_are_put_side_by_side_by_what_they_say() -> None:
    """They may come in any order: that is no difference."""
    assert found([said("a"), said("b"), said("c")], [said("c"), said("a"), said("b")]) == []


def test_requests_that_differ_are_put_side_by_side_by_the_length_of_their_conversation() -> None:
    """A second request is not compared with a first one that came later."""
    first, other = [said("a1"), said("a1", "b1")], [said("a2", "b1"), said("a2")]
    assert {one[:2] for one in found(first, other)} == {("/messages/*/content", "a1")}


def test_a_request_without_a_counterpart_is_told() -> None:
    """On either side, by its address."""
    assert found([said("a")], [said("a"), said("b")]) == [(REQUESTS, None, "POST /v1/chat/completions")]
    assert found([said("a"), said("b")], [said("a")]) == [(REQUESTS, "POST /v1/chat/completions", None)]


def test_another_address_is_told_as_such() -> None:
    """A query that varies is no field of a body."""
    first, other = request(path="/v1/models?run=1"), request(path="/v1/models?run=2")
    assert found([first], [other]) == [(PATH, "/v1/models?run=1", "/v1/models?run=2")]


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"[" * 5000, b"null", b'"\\ud800"', b'{"a":1,"a":2}'])
def test_a_body_may_be_anything(raw: bytes) -> None:
    """It is compared as it is; nothing raises."""
    assert found([request(raw=raw)], [request(raw=raw)]) == []
    assert found([request(raw=raw)], [said("a")])


@given(st.lists(JSON, max_size=4), st.lists(JSON, max_size=4))
def test_every_request_has_at_most_one_counterpart(left: list[Any], right: list[Any]) -> None:
    """Whatever they hold: none is lost, none is compared twice."""
    first, other = [request({"v": one}) for one in left], [request({"v": one}) for one in right]
    pairs = aligned(first, other)
    assert sorted(id(one) for one, _ in pairs if one is not None) == sorted(map(id, first))
    assert sorted(id(one) for _, one in pairs if one is not None) == sorted(map(id, other))


@given(JSON, JSON)
def test_values_that_differ_are_found_and_equal_ones_are_not(left: Any, right: Any) -> None:  # noqa: ANN401 - any JSON value
    """Whatever they are."""
    same = msgspec.json.encode(left, order="deterministic") == msgspec.json.encode(right, order="deterministic")
    assert (found([request({"v": left})], [request({"v": right})]) == []) == same
