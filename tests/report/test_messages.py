"""Promises of nexdiag.report.messages."""

import json

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.report.messages import called, glimpse, last_message, parsed, shared_depth, text_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary())
def test_any_bytes_are_glimpsed(raw: bytes) -> None:
    """Bytes that are no message are shown as the text they are."""
    seen = glimpse(raw)
    assert isinstance(seen.text, str)
    text_of(raw).encode("utf-8")


@given(JSON)
def test_any_json_is_glimpsed(value: object) -> None:
    """No JSON value breaks a glimpse."""
    assert isinstance(glimpse(json.dumps(value).encode()).role, str)
    assert isinstance(glimpse(json.dumps({"role": value, "content": value, "tool_calls": value}).encode()).text, str)


def test_parts_and_calls() -> None:
    """Content parts are read as text or named by type; called tools are named in both dialects."""
    message = {
        "role": "assistant",
        "content": [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "tool_use", "name": "run"}],
        "tool_calls": [{"function": {"name": "read"}}, 3],
    }
    seen = glimpse(json.dumps(message).encode())
    assert seen.text == "a\n[image_url]\n[tool_use]"
    assert seen.calls == ("read", "?", "run")
    assert called({}) == ()


def test_plain_bodies_have_messages_too() -> None:
    """A body that was kept as bytes gives its conversation like one that was kept as links."""
    body = b'{ "messages": [ {"role": "user"}, 3 ] }'
    link = last_message(Body.of(body))
    assert link is not None
    assert [entry.raw for entry in link.chain()] == [b'{"role": "user"}', b"3"]
    assert last_message(Body.of(b"\xff")) is None
    assert last_message(Body.of(b"[" * 100_000)) is None


def test_shared_depth_counts_the_common_beginning() -> None:
    """Two conversations share their beginning up to the first message that differs, even across recordings."""
    first = last_message(Splitter().split(b'{"messages":[{"a":1},{"a":2},{"a":3}]}'))
    second = last_message(Splitter().split(b'{"messages":[{"a":1},{"a":9},{"a":3},{"a":4}]}'))
    assert shared_depth(first, second) == 1
    assert shared_depth(first, first) == 3
    assert shared_depth(first, None) == 0


def test_parsed_gives_none_for_what_is_no_json() -> None:
    """Neither broken nor bottomless JSON raises."""
    assert parsed(b"{") is None
    assert parsed(b"[" * 100_000) is None
