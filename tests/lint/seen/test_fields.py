"""The top level of a request body."""

import pytest

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.lint.seen.fields import Fields

RAW = b'{"model":"m","messages":[{"role":"user"},{"role":"user"}],"n":null}'
BOTH = pytest.mark.parametrize("body", [Splitter().split(RAW), Body.of(RAW)], ids=["parts", "raw"])


@BOTH
def test_a_field_is_decoded_when_it_is_asked_for(body: Body) -> None:
    """A body that is kept in parts and one that is kept whole read the same."""
    fields = Fields(body)
    assert list(fields) == ["model", "messages", "n"]
    assert fields.get("model") == "m"
    assert fields.get("messages") == [{"role": "user"}, {"role": "user"}]
    assert "n" in fields
    assert fields.get("n") is None
    assert fields.get("absent") is None


@BOTH
def test_a_list_has_a_last_link(body: Body) -> None:
    """By it a growing chat is known again; what is no list has none."""
    last = Fields(body).last_link("messages")
    assert last is not None
    assert last.depth == 2
    assert Fields(body).last_link("model") is None


def test_a_value_gives_its_entries_as_they_are() -> None:
    """A bare request is not written and read again."""
    message = {"role": "user"}
    assert Fields.of({"messages": [message]}).entries("messages")[0] is message
    assert Fields.of({"messages": "text"}).entries("messages") == []
    assert Fields.of("no JSON").entries("messages") == []
