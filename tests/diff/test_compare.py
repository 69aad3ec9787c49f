"""Promises of `nexdiag.diff.compare`."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from nexdiag.core.difference import Difference
from nexdiag.diff.compare import compare

small = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, "", "a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["a", "b/c", "~d", ""]), inner, max_size=3)
    ),
    max_leaves=12,
)
"""Values of few kinds, so that two of them have much in common."""


def at(value: object, pointer: str) -> object:
    """What stands at a JSON pointer."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value[key]
        else:
            assert isinstance(value, list)
            value = value[int(key)]
    return value


def told(left: object, right: object) -> list[tuple[str, str]]:
    """Kind and pointer of each difference."""
    return [(one.kind, one.pointer) for one in compare(left, right)]


def same(left: object, right: object) -> bool:
    """Whether two JSON values are the same text, but for the order of keys."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@given(json_values)
def test_a_value_does_not_differ_from_itself(value: object) -> None:
    """No difference is made up."""
    assert list(compare(value, json.loads(json.dumps(value)))) == []


@given(small, small)
def test_differences_are_facts(left: object, right: object) -> None:
    """There is none exactly if both are the same; each points to what it says, on both sides."""
    found = list(compare(left, right))
    assert bool(found) != same(left, right)
    for one in found:
        if one.kind != "added":
            assert same(at(left, one.pointer), one.left)
        if one.kind != "removed":
            assert same(at(right, one.right_pointer or one.pointer), one.right)
        if one.kind == "changed":
            assert not same(one.left, one.right)


@given(small, small)
def test_both_directions_tell_as_much(left: object, right: object) -> None:
    """Swapped sides differ as well, and what was added is then removed."""
    there, back = list(compare(left, right)), list(compare(right, left))
    assert bool(there) == bool(back)


@given(st.lists(st.integers(), unique=True, min_size=1, max_size=8), st.data())
def test_one_entry_put_in_is_one_difference(entries: list[int], data: st.DataObject) -> None:
    """Wherever it stands; and one that was taken out likewise."""
    place = data.draw(st.integers(0, len(entries)))
    longer = [*entries[:place], "new", *entries[place:]]
    assert told(entries, longer) == [("added", f"/{place}")]
    assert told(longer, entries) == [("removed", f"/{place}")]


def message(role: str, content: str) -> dict[str, str]:
    """One message."""
    return {"role": role, "content": content}


def test_a_changed_message_is_compared_with_what_it_was() -> None:
    """A message put in beside one that changed does not take its place."""
    left = {"messages": [message("system", "today is Monday"), message("user", "hi"), message("assistant", "ho")]}
    right = {
        "messages": [
            message("system", "today is Tuesday"),
            message("developer", "mind the budget"),
            message("user", "hi!"),
            message("assistant", "ho"),
        ]
    }
    assert list(compare(left, right)) == [
        Difference(pointer="/messages/0/content", left="today is Monday", right="today is Tuesday"),
        Difference(pointer="/messages/1", right=right["messages"][1], kind="added"),
        Difference(pointer="/messages/1/content", left="hi", right="hi!", right_pointer="/messages/2/content"),
    ]


def test_pointers_of_nested_lists_follow_both_sides() -> None:
    """An entry that moved outside and inside is pointed to where it stands on either side."""
    left = [{"id": 1, "parts": ["a", "b"]}]
    right = ["new", {"id": 1, "parts": ["new", "a", "c"]}]
    found = {(one.kind, one.pointer, one.right_pointer) for one in compare(left, right)}
    assert found == {
        ("added", "/0", None),
        ("added", "/0/parts/0", "/1/parts/0"),
        ("changed", "/0/parts/1", "/1/parts/2"),
    }


@pytest.mark.parametrize(
    ("left", "right"), [(1, 1.0), (1, True), (0, False), (None, False), ("1", 1), ([], {}), ("", None), ({}, None)]
)
def test_kinds_of_values_count(left: object, right: object) -> None:
    """What Python holds equal, or false, JSON does not."""
    assert told(left, right) == [("changed", "")]
    assert told([left], [right]) == [("changed", "/0")]


def test_odd_keys_are_escaped() -> None:
    """As RFC 6901 says."""
    assert told({"a/b": {"~": 1}}, {"a/b": {"~": 2}}) == [("changed", "/a~1b/~0")]


def test_keys_that_one_side_lacks_are_told_with_their_value() -> None:
    """An added null is a difference."""
    assert list(compare({"a": 1}, {"b": None})) == [
        Difference(pointer="/a", left=1, kind="removed"),
        Difference(pointer="/b", right=None, kind="added"),
    ]


def test_hostile_values_neither_raise_nor_hang() -> None:
    """Deep nests, long lists without a common entry, half characters: told, in seconds."""
    deep: object = 1
    for _ in range(600):
        deep = [deep]
    assert told(deep, [deep]) == [("changed", "/0" * 100)]
    began = time.perf_counter()
    assert len(told([0] * 4000, [1] * 4100)) == 4100
    assert len(told([{"n": n} for n in range(4000)], [{"n": -n} for n in range(1, 4001)])) == 4000
    assert len(told([{"n": n} for n in range(40)], [{"m": n} for n in range(60)])) == 100
    assert time.perf_counter() - began < 20
    assert told("\ud800", "\ud801") == [("changed", "")]
    assert told(["\ud800"], ["\ud800", 2**70]) == [("added", "/1")]
