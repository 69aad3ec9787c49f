"""The least value that fits a JSON schema."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.endpoint.stub.instance import least


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {}),
        ({"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"a": ""}),
        ({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 2.5}}}, {"n": 3}),
        ({"type": "integer", "exclusiveMinimum": 3}, 4),
        ({"type": "integer", "minimum": 3, "exclusiveMinimum": True}, 4),
        ({"type": "number", "maximum": -1.5}, -1.5),
        ({"type": "integer", "maximum": -1.5}, -2),
        ({"type": "string", "minLength": 3}, "aaa"),
        ({"type": "string", "format": "date"}, "2026-01-01"),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [False, False]),
        ({"type": ["null", "string"]}, None),
        ({"type": "STRING"}, ""),
        ({"enum": ["x", "y"]}, "x"),
        ({"const": 7}, 7),
        ({"type": "string", "default": "d"}, "d"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 0),
        (
            {
                "allOf": [
                    {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                    {"required": ["b"], "properties": {"b": {"$ref": "#/$defs/n"}}},
                ],
                "$defs": {"n": {"type": "integer"}},
            },
            {"a": "", "b": 0},
        ),
        ({"type": "object", "required": ["a"]}, {"a": None}),
        ({}, None),
        ("no schema", None),
    ],
)
def test_what_must_be_there_is_there(schema: object, value: object) -> None:
    """And nothing else."""
    assert least(schema) == value


def test_a_schema_that_refers_to_itself_ends() -> None:
    """However often it does."""
    node = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#"}}}
    value, depth = least(node), 0
    while value:
        value, depth = value["next"], depth + 1
    assert 0 < depth < 100
    assert least({"$ref": "#"}) is None
    assert least({"allOf": [{"$ref": "#"}] * 2}) is None


def test_a_schema_of_any_depth_ends() -> None:
    """Deeper than Python calls functions."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(5000):
        schema = {"type": "array", "items": schema, "minItems": 1}
    assert least(schema)


_NAMES = st.sampled_from(["type", "required", "properties", "items", "anyOf", "allOf", "$ref", "minimum", "minItems"])
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.sampled_from(["object", "array", "string", "#", "#/a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_it_never_raises(schema: object) -> None:
    """Whatever stands where a schema should."""
    least(schema)
