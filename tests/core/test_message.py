"""Promises of `nexdiag.core.message`."""

from typing import Any

import pytest
from hypothesis import given
from strategies import usages

from nexdiag.core.message import Message, Reply, Usage


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("plain", "plain"),
        ("", ""),
        (None, ""),
        ([], ""),
        ([{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}], "a\nb"),
        ([{"text": None}, {"text": 3}, {"text": ["x"]}], ""),
    ],
)
def test_the_readable_text_is_found(content: str | list[dict[str, Any]] | None, text: str) -> None:
    """Whatever form the wire had; what is no text is left out."""
    assert Message(role="user", content=content).text == text


@given(usages, usages)
def test_usage_adds_up(left: Usage, right: Usage) -> None:
    """Every count of both, none forgotten; nothing added changes nothing."""
    whole = left + right
    for name in Usage.__struct_fields__:
        assert getattr(whole, name) == getattr(left, name) + getattr(right, name)
    assert left + Usage() == left


def test_extra_fields_are_not_shared() -> None:
    """Two messages have each their own."""
    one, other = Message(role="user"), Message(role="user")
    one.extra["a"] = 1
    assert other.extra == {}


def test_a_reply_is_complete_unless_it_says_otherwise() -> None:
    """Who makes one that broke off has to say so."""
    assert Reply(message=Message(role="assistant")).complete
