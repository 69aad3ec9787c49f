"""Promises of nexdiag.codec.lenient: whatever JSON holds, what is wanted of it is found, or is absent."""

import re

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec import lenient
from nexdiag.core.errors import UsageError

DEEP = "[" * 150 + "]" * 150


@given(our.json_values)
def test_wrong_types_count_as_absent(value: object) -> None:
    """An object, a list of objects, a text: what is none of these is an empty one."""
    assert lenient.fields(value) == (value if isinstance(value, dict) else {})
    assert all(isinstance(entry, dict) for entry in lenient.objects(value))
    assert lenient.words(value) == (value if isinstance(value, str) else "")


@pytest.mark.parametrize(
    ("number", "counted"),
    [(7, 7), (7.0, 7), (0, 0), (-1, 0), (7.5, 0), (True, 0), ("7", 0), (None, 0), (10**13, 0), (float("nan"), 0)],
)
def test_absurd_counts_are_zero(number: object, counted: int) -> None:
    """One bad number must not disable, or always fire, a compaction."""
    assert lenient.count({"n": number}, "n") == counted
    assert lenient.count([number], "n") == 0


@given(our.json_objects)
def test_arguments_round_trip(value: dict[str, object]) -> None:
    """An arguments object comes back from its text."""
    assert lenient.arguments_object(lenient.arguments_text(value)) == value


@pytest.mark.parametrize("text", ["", "  ", "{}"])
def test_no_arguments_are_an_empty_object(text: str) -> None:
    """A call without arguments is one, not a fault (reference fault L12)."""
    assert lenient.arguments_object(text) == {}
    assert lenient.arguments_text(None) == "{}"


@pytest.mark.parametrize("text", ["{", "not JSON", "[1]", "null", '"x"', DEEP])
def test_arguments_that_are_no_object_are_kept_as_text(text: str) -> None:
    """The model sees what it sent, and the server an object: it refuses all else for ever (reference fault L13)."""
    assert lenient.arguments_object(text) == {"invalid_json": text}


def test_call_ids_are_taken_everywhere() -> None:
    """An id that a strict server refuses is replaced, by the same one each time, and by another for another."""
    assert lenient.call_id("toolu_01-x", "c_") == "toolu_01-x"
    odd = ["", "functions.ls:0", "functions.ls:1", "ü", "x" * 65, "\ud800"]
    made = [lenient.call_id(one, "c_") for one in odd]
    assert len(set(made)) == len(odd)
    assert made == [lenient.call_id(one, "c_") for one in odd]
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one) for one in made)


@given(st.text())
def test_tool_names_are_taken_everywhere(name: str) -> None:
    """A name that the model made up stands in the history as the hosted servers take it."""
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", lenient.tool_name(name))
    assert lenient.tool_name("read_file") == "read_file"


@given(our.texts)
def test_pieces_are_the_text(text: str) -> None:
    """Cut for a stream, no character is lost, and there are few pieces."""
    assert "".join(lenient.pieces(text)) == text
    assert len(lenient.pieces(text)) <= 8


def test_deep_nesting_is_no_json() -> None:
    """What could not be written again, or compared, is not read; brackets within a text do not count."""
    with pytest.raises(ValueError, match="nested too deeply"):
        lenient.read(DEEP)
    assert lenient.read('{"a":"' + DEEP + '"}') == {"a": DEEP}


@pytest.mark.parametrize(("raw", "found"), [(b"{", "no JSON"), (b"[]", "an array"), (b"null", "null"), (b"3", "3")])
def test_a_request_that_is_no_object_is_told(raw: bytes, found: str) -> None:
    """What was wanted and found, and how a request looks."""
    with pytest.raises(UsageError, match=found) as caught:
        lenient.body_object(raw, what="a request", shape="like this")
    assert caught.value.hint == "like this"


def test_take_leaves_what_has_another_type() -> None:
    """A field of the wrong type stays where a rule can find it."""
    rest = {"a": 1, "b": "x"}
    assert (lenient.take(rest, "a", int, 0), lenient.take(rest, "b", int, 0)) == (1, 0)
    assert rest == {"b": "x"}
