"""Names and schemas of MCP tools: what goes to a model server is what every one of them takes."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.mcp import shape

KEYS = st.sampled_from(["type", "properties", "required", "items", "anyOf", "$ref", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def test_name() -> None:
    """`<server>__<tool>`, as the reference executor has it."""
    assert shape.tool_name("files", "read") == "files__read"
    assert shape.tool_name("my files", "read.one") == "my_files__read_one"


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=80)), max_size=8, unique=True))
def test_names_fit_and_differ(pairs: list[tuple[str, str]]) -> None:
    """Whatever servers call their tools, the names fit the pattern, and no two are equal."""
    taken: set[str] = set()
    for server, tool in pairs:
        name = shape.tool_name(server, tool, taken)
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)
        assert name not in taken
        taken.add(name)


def test_long_names_stay_the_same() -> None:
    """A name that had to be cut is the same in each session, and unlike that of another tool."""
    one, other = "x" * 90, "x" * 91
    assert shape.tool_name("s", one) == shape.tool_name("s", one)
    assert shape.tool_name("s", one) != shape.tool_name("s", other)


@pytest.mark.parametrize(
    ("given_schema", "wanted"),
    [
        ({}, {"type": "object", "properties": {}}),
        (None, {"type": "object", "properties": {}}),
        ({"type": "object"}, {"type": "object", "properties": {}}),
        (
            {"properties": {"a": True}, "required": ["a", "b", 3]},
            {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        ),
        (
            {"$schema": "x", "type": "object", "properties": {"a": {"type": "array"}}, "anyOf": [{}]},
            {"type": "object", "properties": {"a": {"type": "array", "items": {}}}},
        ),
    ],
)
def test_schema(given_schema: object, wanted: dict[str, object]) -> None:
    """What a model server would refuse the whole request for is mended."""
    assert shape.schema(given_schema) == wanted


def test_good_schema_is_passed_on() -> None:
    """A schema without a fault arrives as it was, choices within it included."""
    good = {
        "type": "object",
        "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "b": {"enum": [1, 2]}},
        "required": ["a"],
        "additionalProperties": False,
    }
    assert shape.schema(good) == good


@given(JSON)
def test_any_schema(given_schema: object) -> None:
    """Any JSON becomes the schema of an object with properties; what is mended needs no mending."""
    once = shape.schema(given_schema)
    assert once["type"] == "object"
    assert all(isinstance(entry, dict) for entry in once["properties"].values())
    assert set(once.get("required", [])) <= set(once["properties"])
    assert shape.schema(once) == once


def test_deep_and_huge() -> None:
    """A schema nested without end, or of megabytes, is one of any arguments: small, and JSON."""
    deep: dict[str, object] = {"type": "object"}
    for _ in range(5000):
        deep = {"type": "object", "properties": {"a": deep}}
    assert len(json.dumps(shape.schema(deep))) < 10_000
    assert shape.schema({"properties": {"a": {"description": "x" * 100_000}}}) == {"type": "object", "properties": {}}


def test_description() -> None:
    """A description is never empty, and never endless."""
    assert shape.description(None, "files") == "A tool of the MCP server files."
    assert len(shape.description("x" * 100_000, "files")) <= 8000
