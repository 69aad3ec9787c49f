"""Promises of `nexdiag.capture.redaction.patterns`."""

import pytest

from nexdiag.capture.redaction.patterns import compiled, read
from nexdiag.core.errors import UsageError


@pytest.mark.parametrize(
    "pattern",
    ["cust-[0-9]{6}", "(?i)project orion", "Müller", r"\b\d{3}-\d{2}-\d{4}\b", "(?:ab)+c", "(?:a++b)+", "(?>x+)"],
)
def test_a_pattern_is_compiled_for_bytes(pattern: str) -> None:
    """As it is, for the bytes on the wire."""
    (ready,) = compiled([pattern])
    assert ready.pattern == pattern.encode()


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "an empty one"),
        ("  ", "an empty one"),
        ("(", "is no regular expression: missing"),
        ("a{2,1}", "is no regular expression"),
        ("x*", "fits the empty text"),
        ("a|", "fits the empty text"),
        (".+", "fits nearly everything"),
        (r"\w+", "fits nearly everything"),
        (r"[^\n]", "fits nearly everything"),
        ("(a+)+b", "a repetition within a repetition"),
        ("(?:x|(?:y*z)*)+!", "a repetition within a repetition"),
        ("(?>(a+)+)b", "a repetition within a repetition"),
        ("(?=(a+)+b)q", "a repetition within a repetition"),
        ("\ud800", "is no regular expression"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str, why: str) -> None:
    """With the reason and a hint, before anything is recorded."""
    with pytest.raises(UsageError, match=why) as caught:
        compiled(["fine-1", pattern])
    assert caught.value.hint


def test_a_pattern_that_may_take_for_ever_is_refused_before_it_is_tried() -> None:
    """Its refusal would take as long."""
    with pytest.raises(UsageError, match="a repetition within a repetition"):
        compiled([r"(\w+\s?)*~"])


def test_a_pattern_is_read_without_being_tried() -> None:
    """One that may take for ever on a text of ours does not while it is read."""
    assert read(r"(\w|\s|.)*~~~$").pattern == rb"(\w|\s|.)*~~~$"
    for broken in ("(", " "):
        with pytest.raises(UsageError):
            read(broken)
