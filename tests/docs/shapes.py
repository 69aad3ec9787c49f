"""The shapes that scripts read: every JSON output of nexdiag, field by field, in a short notation, and as JSON Schema.

    {"turn": "integer null: from 1"}      an object that has all of these fields and no others; `?` may be absent
    [shape]                               an array
    {"*": shape}                          an object with any keys
    "string: words"                       one of several types, and what it is; `=a b c` for one of these words

They stand in outputs/, by command. Law: pure. tests/docs/test_schemas.py holds the real outputs to them.
"""

from typing import Any

from docs.outputs import cassette, diff, drift, lint, parts, replay, report

SHARED = {
    "finding": parts.FINDING,
    "divergence": parts.DIVERGENCE,
    "difference": parts.REPLAYED_DIFFERENCE,
    "change": drift.CHANGE,
}
"""Shapes that stand in several places, told once."""
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    name: shape for output in (lint, cassette, replay, diff, drift, report) for name, shape in output.SHAPES.items()
}


def schema(shape: Any) -> dict[str, Any]:  # noqa: ANN401 - the notation above
    """A shape as JSON Schema."""
    if isinstance(shape, list):
        if shape[0] is None:
            return {"anyOf": [{"type": "null"}, schema(shape[1])]}
        return {"type": "array", "items": schema(shape[0])}
    if isinstance(shape, dict):
        if "*" in shape:
            return {"type": "object", "additionalProperties": schema(shape["*"])}
        return {
            "type": "object",
            "properties": {name.rstrip("?"): schema(inner) for name, inner in shape.items()},
            "required": [name for name in shape if not name.endswith("?")],
            "additionalProperties": False,
        }
    return _word(shape)


def _word(shape: str) -> dict[str, Any]:
    if shape.startswith("="):
        words = [word.strip("`").replace("\0", " ") for word in _joined(shape[1:]).split()]
        return {"enum": words} if len(words) > 1 else {"const": words[0]}
    kinds, _, told = shape.partition(": ")
    types = kinds.split()
    made: dict[str, Any] = {} if types == ["any"] else {"type": types[0] if len(types) == 1 else types}
    return made | ({"description": told} if told else {})


def _joined(words: str) -> str:
    parts = words.split("`")
    return "".join(part.replace(" ", "\0") if number % 2 else part for number, part in enumerate(parts))
