"""Counts that nobody can have counted are told of, and nothing divides by them."""

import json
from typing import Any

import pytest
from drifting import Answer, corpus, shapes
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.core.errors import UsageError
from nexdiag.diff.drift.comparing import compare
from nexdiag.diff.drift.conforming import conform
from nexdiag.diff.drift.counted import misfit
from nexdiag.diff.drift.storing import packed, unpacked, written


def _parts(made: Answer, at: int) -> None:
    made["choices"][0]["message"]["content"] = [{"type": "text", "text": "Hi"}, {"type": "refusal"}][at % 2 :]
    made["service_tier"] = None if at % 3 else "default"


MADE = shapes(corpus(40, _parts))
RIGHT = MADE.of()
PAPERS = [json.loads(written(MADE)), json.loads(packed(MADE))]
ODD = st.sampled_from([0, -1, 1, 2, 39, 41, 10**18, 2**53, 10**400, None, "x", [], {}, True, 1.5])


def _places(value: object) -> list[tuple[Any, Any]]:
    """All containers with their keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [pair for key in keys for pair in [(value, key), *_places(value[key])]]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_hostile_file_is_refused_or_compared(data: st.DataObject) -> None:
    """Any few values of a file may be anything: it is told, or both comparisons come to an end."""
    paper = json.loads(json.dumps(data.draw(st.sampled_from(PAPERS))))
    for _ in range(data.draw(st.integers(1, 3))):
        places = _places(paper)
        holder, key = places[data.draw(st.integers(0, len(places) - 1))]
        holder[key] = data.draw(ODD)
    try:
        read = unpacked(json.dumps(paper).encode())
    except UsageError:
        return
    compare(read.of(), RIGHT)
    compare(RIGHT, read.of())
    conform(read.of())


def _broken(**changed: object) -> bytes:
    """The shape of answers, with one thing changed at its root."""
    paper = json.loads(packed(MADE))
    root = next(one["shape"] for one in paper["shapes"] if one["direction"] == "response")
    root.update(changed)
    return json.dumps(paper).encode()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"n": 0}, "do not add up"),
        ({"types": {"object": [0, "a", 0, ""]}, "n": 0}, "a count is below 1"),
        ({"types": {"object": [10**18, "a", 0, ""]}, "n": 10**18}, "too large"),
        ({"types": {"soup": [40, "a", 0, ""]}}, "is no type"),
        ({"in": 41}, "was not seen in 41 exchanges"),
        ({"objects": 41}, "41 with an object"),
        ({"objects": 39}, "a field is in more exchanges"),
        ({"values": {"x": [1, "a", 0]}}, "more than its texts"),
        ({"length": [3, 2]}, "lengths"),
        ({"folded": True}, "stand apart"),
        ({"items": {"n": 1, "in": 1, "types": {"null": [1, "a", 0, ""]}}}, "no list"),
        ({"branches": {"[type=x]": {"n": 41, "in": 1, "types": {"null": [41, "a", 0, ""]}}}}, "more than its objects"),
    ],
)
def test_each_count_that_does_not_fit_is_told(changed: dict[str, object], why: str) -> None:
    """With the place, and how to make such a file."""
    with pytest.raises(UsageError, match=why) as caught:
        unpacked(_broken(**changed), "x.json")
    assert "--write" in caught.value.hint


def test_what_was_learned_fits() -> None:
    """All of it; and a shape without an end does not."""
    assert {misfit(node) for node in MADE.roots.values()} == {""}
    deep: dict[str, Any] = {"n": 1, "in": 1, "objects": 1, "types": {"object": [1, "a", 0, ""]}}
    for _ in range(250):
        deep = {**deep, "fields": {"x": deep}}
    with pytest.raises(UsageError, match="nested too deeply"):
        unpacked(_broken(**deep))
