"""Values at their places."""

from nexdiag.diff.drift.seeing import Reader
from nexdiag.diff.drift.shape import Node


def of(*values: object) -> Node:
    """The node of some values, each of an exchange of its own."""
    node, reader = Node(), Reader()
    for number, value in enumerate(values):
        reader.at("f", number)
        reader.see(node, value)
    return node


def test_schemas_and_arguments_are_opaque() -> None:
    """What a tool is called with, and what its schema says, is no schema of the wire."""
    node = of({"tools": [{"function": {"parameters": {"properties": {"secret": {}}}}}], "metadata": {"user-1": "x"}})
    pointers = [pointer for pointer, _ in node.walk()]
    assert not [one for one in pointers if "secret" in one or "user-1" in one]
    assert "/tools/*/function/parameters" in pointers
    assert "/metadata/{*}" in pointers


def test_where_a_field_was_first_lacking_is_known() -> None:
    """Also where it came later than the first object, or was divided."""
    assert of({"a": 1, "b": 1}, {"a": 1}, {"a": 1, "b": 1}).children["b"].lacked == ("f", 1)
    assert of({"a": 1}, {"a": 1, "b": 1}).children["b"].lacked == ("f", 0)
    assert of({"a": 1}, {"a": 1}).children["a"].lacked is None


def test_odd_numbers_and_texts_have_examples() -> None:
    """NaN, huge numbers and long texts are shown by what they are; a text is shown whole or not at all."""
    node = of({"a": float("nan"), "b": 10**400, "c": "x" * 81, "d": "x" * 80})
    shown = {key: next(iter(one.types.values())).example for key, one in node.children.items()}
    assert shown == {"a": "nan", "b": "a huge number", "c": "a text of 81 characters", "d": f'"{"x" * 80}"'}
