"""Promises of nexdiag.codec.jsontext: what servers send is read, and what is written is UTF-8."""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec import jsontext


@given(our.json_values)
def test_round_trip(value: object) -> None:
    """What is written reads back equal, with us and with Python's own reader."""
    text = jsontext.write(value)
    assert jsontext.read(text) == value
    assert json.loads(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}\n', {"a": 1}),
        (b'"\xff"', "\ufffd"),
        (b"1e999", math.inf),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'["\\ud83d", {"\\ude00": "a\\ud800"}]', ["\ufffd", {"\ufffd": "a\ufffd"}]),
    ],
)
def test_servers_err_and_are_read(text: bytes, value: object) -> None:
    """Marks, invalid UTF-8, numbers out of range and halves of characters do not hide the rest."""
    assert jsontext.read(text) == value


def test_nan_is_read_and_written_as_null() -> None:
    """A NaN, which some servers send for a log probability, is read; it is written as null, since JSON has none."""
    value = jsontext.read(b"[NaN]")
    assert math.isnan(value[0])
    assert jsontext.write(value) == b"[null]"


@given(st.binary() | st.text(st.characters()))
def test_only_value_errors(text: bytes | str) -> None:
    """Any bytes, and any text with surrogates in it, give a value or a ValueError."""
    with suppress(ValueError):
        jsontext.read(text)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "9" * 5000, "", "{", "[DONE]", '{"a":1} x', "'a'"])
def test_no_json_is_a_value_error(text: str) -> None:
    """Depth that exhausts the stack, digits that Python refuses, and what is no JSON give a ValueError."""
    for form in (text, text.encode()):
        with pytest.raises(ValueError, match=r"."):
            jsontext.read(form)


@pytest.mark.parametrize("leaf", ["a", "\ud800"])
def test_depth_is_a_value_error_when_writing(leaf: str) -> None:
    """A value nested too deeply to be written gives a ValueError, with and without a text to mend in it."""
    value: Any = leaf
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="deeply"):
        jsontext.write(value)


def test_write_is_compact_and_not_escaped() -> None:
    """No white space, no ASCII escapes, and no surrogate that would make the bytes invalid."""
    assert (
        jsontext.write({"é": ["☃", 1, None, "\ud83d\ude00", "\ud800"]}) == '{"é":["☃",1,null,"😀","\ufffd"]}'.encode()
    )


def test_halves_are_kept_when_asked_for() -> None:
    """A text cut between the halves of an emoji can be joined after reading, and then mended."""
    halves = [jsontext.read(text, halves=True) for text in ('"a\\ud83d"', '"\\ude00b"')]
    assert jsontext.mend("".join(halves)) == "a😀b"
