"""What an MCP tool gives back is text for the model, whatever it was."""

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.mcp.contents import CAP, as_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "resource", "uri", "data", "mimeType"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_each_kind() -> None:
    """Text is text; of what is none, the model learns what it is and how much."""
    blocks = [
        {"type": "text", "text": "one"},
        {"type": "image", "mimeType": "image/png", "data": "AAAA"},
        {"type": "audio", "data": "AA=="},
        {"type": "resource", "resource": {"uri": "file:///a", "text": "inside"}},
        {"type": "resource", "resource": {"uri": "file:///b", "mimeType": "x/y", "blob": "AAAA"}},
        {"type": "resource_link", "name": "c", "uri": "file:///c"},
        {"type": "hologram"},
    ]
    assert as_text(blocks).splitlines() == [
        "one",
        "[image image/png, 3 bytes, not shown]",
        "[audio of an unknown type, 1 bytes, not shown]",
        "[resource file:///a]",
        "inside",
        "[resource file:///b, x/y, 3 bytes, not shown]",
        "[resource link: c, file:///c]",
        "[hologram, not shown]",
    ]


def test_structured_only() -> None:
    """A result without text is told as its JSON; nothing at all as that."""
    assert as_text([], {"sum": 5}) == '{"sum":5}'
    assert as_text([{"type": "text", "text": "5"}], {"sum": 5}) == "5"
    assert as_text([]) == "(no output)"


def test_bounded() -> None:
    """Megabytes of output are cut, and the cut says so."""
    text = as_text([{"type": "text", "text": "x" * 3_000_000}])
    assert len(text) <= CAP
    assert "left out" in text


@given(JSON, JSON)
def test_anything(blocks: object, structured: object) -> None:
    """Any JSON is some text that can be written."""
    assert as_text(blocks, structured).encode()
