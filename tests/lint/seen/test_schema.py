"""What is wrong with a tool's schema."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.lint.seen.schema import flaws


def wrong(schema: object, *denied: str) -> list[tuple[str, str]]:
    return [(flaw.kind, flaw.pointer) for flaw in flaws(schema, denied)]


def having(**properties: object) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ([], [("grammar", "")]),
        ("x", [("grammar", "")]),
        ({"type": "object"}, [("properties", "")]),
        ({"type": "object", "properties": []}, [("object", "/properties")]),
        ({"type": "object", "properties": {}}, [("filled-properties", "/properties")]),
        (having(a={"enum": []}), [("enum", "/properties/a/enum")]),
        (having(a={"description": None}), [("valid", "/properties/a/description")]),
        (having(a={"minimum": "1"}), [("grammar", "/properties/a/minimum")]),
        (having(a={"exclusiveMinimum": True}), [("valid", "/properties/a/exclusiveMinimum")]),  # as draft 4 wrote it
        (having(a={"minLength": -1}), [("grammar", "/properties/a/minLength")]),
        (having(a={"maxItems": 1.5}), [("grammar", "/properties/a/maxItems")]),
        (having(a={"anyOf": []}), [("grammar", "/properties/a/anyOf")]),
        (having(a={"pattern": "^[$"}), [("valid", "/properties/a/pattern")]),
        (having(a={"type": "array", "items": []}), [("valid", "/properties/a/items")]),
        ({**having(a={}), "required": ["a", "a"]}, [("valid", "/required")]),
        (having(a={"type": "array"}), [("items", "/properties/a")]),
        (having(a={"type": "str"}), [("grammar", "/properties/a/type")]),
        (having(a={"type": ["string", "nil"]}), [("grammar", "/properties/a/type")]),
        (having(a={"type": "object"}), [("inner", "/properties/a")]),
        (having(a={"type": "string", "required": True}), [("valid", "/properties/a/required")]),
        (having(a={"enum": "b"}), [("grammar", "/properties/a/enum")]),
        (having(a=3), [("grammar", "/properties/a")]),
        ({**having(a={}), "required": ["b"]}, [("loose", "/required")]),
        (having(s={"type": "string", "maxLength": 100_000}), [("bounds", "/properties/s/maxLength")]),
        (having(s={"pattern": "a"}), [("loose", "/properties/s/pattern")]),
        (having(s={"pattern": "^\\d$"}), [("loose", "/properties/s/pattern")]),
        (having(s={"anyOf": [{"type": "array"}]}), [("items", "/properties/s/anyOf/0")]),
    ],
)
def test_each_flaw_is_found_at_its_place(schema: object, found: list[tuple[str, str]]) -> None:
    """The pointer leads to what has to change."""
    assert wrong(schema) == found


@pytest.mark.parametrize(
    "schema",
    [
        having(a={"type": "string"}),
        having(a={"type": ["string", "null"], "enum": ["x", None]}),
        having(a={"type": "array", "items": {"type": "string"}}),
        having(a={"type": "array", "prefixItems": [{"type": "string"}]}),
        {**having(a=True), "required": ["a"], "additionalProperties": False, "$schema": "s", "$defs": {"d": {}}},
        {},
    ],
)
def test_good_schemas_have_none(schema: object) -> None:
    """What JSON Schema allows is no flaw in itself."""
    assert wrong(schema) == []


def test_a_denied_keyword_is_found_at_any_depth() -> None:
    """But a property may bear the name of a keyword."""
    schema = {**having(const={"type": "array", "items": {"const": 1}}), "$schema": "s"}
    assert wrong(schema, "const", "$schema") == [
        ("denied", "/$schema"),
        ("denied", "/properties/const/items/const"),
    ]


def test_a_deep_schema_ends() -> None:
    """A schema may be nested as deeply as a reader lets it."""
    schema: Any = {}
    for _ in range(500):
        schema = {"items": schema}
    assert wrong(schema) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["type", "properties", "items", "required", "enum", "anyOf", "pattern", "maxLength", "a~/b"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
def test_looking_never_raises(schema: object) -> None:
    """Whatever the schema is."""
    assert all(not flaw.pointer or flaw.pointer.startswith("/") for flaw in flaws(schema, ("items",)))
