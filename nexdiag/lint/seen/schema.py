"""What is wrong with a tool's JSON Schema, by its structure alone: enough to tell what servers refuse.

It is no validator of everything that a schema may say. Law: looking never raises, and ends, whatever the schema is.
"""

import re
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from nexdiag.lint.seen.message import kind_of

Kind = Literal[
    "parameters",
    "valid",
    "grammar",
    "enum",
    "object",
    "properties",
    "items",
    "filled-properties",
    "denied",
    "inner",
    "bounds",
    "loose",
]
"""Where a server states it, refused by the word of `Limits.schema_wants` (`denied`: by its keywords). The last three
are refused by nobody who says so beforehand: an object within without properties, a bound too large for a grammar, and
what a schema may be but should not (a required property that is not there, a pattern without its ends)."""

_TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")
_ONES = ("additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedProperties")
_TEXTS = frozenset({"title", "description", "format", "pattern", "$ref", "$id", "$schema", "$comment"})
_NUMBERS = frozenset({"maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum", "multipleOf"})
_COUNTS = frozenset({"maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"})
_BOUNDS = ("maxLength", "minLength", "maxItems", "minItems")
_REPEATS = 2000
"""More repetitions than llama.cpp's grammars take."""
_LONGEST = 2000
"""Of a pattern: more is not compiled."""
_DEEPEST, _MOST = 64, 20_000
"""Levels, and schemas within a schema, that are looked at."""


class Flaw(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that is wrong with a schema."""

    kind: Kind
    pointer: str
    """From the schema to the place; empty for the schema itself."""
    text: str
    """Ends the sentence: the schema has ..."""
    keyword: str = ""


def flaws(schema: object, denied: tuple[str, ...] = ()) -> list[Flaw]:
    """All that is wrong with a tool's parameters; `denied` are keywords that the server does not know."""
    found: list[Flaw] = []
    waiting: list[tuple[object, str, int]] = [(schema, "", 0)]
    looked = 0
    while waiting and looked < _MOST:
        node, pointer, depth = waiting.pop()
        looked += 1
        if isinstance(node, bool) and depth:
            continue
        if not isinstance(node, dict):
            found.append(
                Flaw(kind="grammar", pointer=pointer, text=f"a value of type {kind_of(node)} where a schema stands")
            )
            continue
        found += _of_node(node, pointer, denied)
        if depth < _DEEPEST:
            waiting += reversed([(one, pointer + place, depth + 1) for place, one in _within(node)])
    return found


def _of_node(node: dict[str, Any], pointer: str, denied: tuple[str, ...]) -> Iterator[Flaw]:
    for keyword in node:
        if keyword in denied:
            place = f"{pointer}/{_escaped(keyword)}"
            yield Flaw(kind="denied", pointer=place, text=f'the keyword "{keyword}"', keyword=keyword)
    types = node.get("type")
    several = types if isinstance(types, list) else [types]
    if "type" in node and not (several and all(isinstance(one, str) and one in _TYPES for one in several)):
        yield Flaw(
            kind="grammar", pointer=f"{pointer}/type", text="a type that JSON Schema does not know", keyword="type"
        )
    yield from _of_object(node, pointer, is_object="object" in several)
    if "array" in several and "items" not in node and "prefixItems" not in node:
        yield Flaw(kind="items", pointer=pointer, text="an array without items", keyword="items")
    for kind, keyword, text in _odd_values(node):
        yield Flaw(kind=kind, pointer=f"{pointer}/{_escaped(keyword)}", text=text, keyword=keyword)
    for keyword in _BOUNDS:
        bound = node.get(keyword)
        if isinstance(bound, int | float) and bound > _REPEATS:
            text = f"{keyword} {bound:.10g}, more than a grammar takes"
            yield Flaw(kind="bounds", pointer=f"{pointer}/{keyword}", text=text, keyword=keyword)
    pattern = node.get("pattern")
    if isinstance(pattern, str) and (not (pattern.startswith("^") and pattern.endswith("$")) or "\\" in pattern):
        text = "a pattern that is not plain, or does not begin with ^ and end with $"
        yield Flaw(kind="loose", pointer=f"{pointer}/pattern", text=text, keyword="pattern")


def _odd_values(node: dict[str, Any]) -> Iterator[tuple[Kind, str, str]]:
    """Keywords whose value JSON Schema does not allow, each with what is wrong; those with schemas are looked into."""
    for keyword, value in node.items():
        kind = kind_of(value)
        if keyword in _TEXTS and kind != "string":
            yield "valid", keyword, f"{keyword} of type {kind}, not a string"
        elif keyword in _NUMBERS and kind != "number":
            yield "valid" if kind == "boolean" else "grammar", keyword, f"{keyword} of type {kind}, not a number"
        elif keyword in _COUNTS and not _is_count(value):
            yield "grammar", keyword, f"{keyword} that is no number of things"
        elif keyword in _LISTS and not (value and kind == "array"):
            yield "grammar", keyword, f"{keyword} that is no list of schemas"
        elif keyword == "enum" and not (value and kind == "array"):
            yield "enum" if kind == "array" else "grammar", keyword, "an enum that is no list of values"
        elif keyword == "items" and value == []:
            yield "valid", keyword, "items that are an empty list"
        elif keyword == "pattern" and not _is_pattern(value):
            yield "valid", keyword, "a pattern that is no regular expression"


def _is_count(value: object) -> bool:
    return kind_of(value) == "number" and isinstance(value, int | float) and value >= 0 and value == value // 1


def _is_pattern(text: str) -> bool:
    """As Python reads it, whose servers check; what only JavaScript knows is let pass."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text[:_LONGEST])
    except (re.error, RecursionError, OverflowError):
        return len(text) > _LONGEST or "(?<" in text or "\\p{" in text
    return True


def _of_object(node: dict[str, Any], pointer: str, *, is_object: bool) -> Iterator[Flaw]:
    properties, required = node.get("properties"), node.get("required")
    if "properties" in node and not isinstance(properties, dict):
        text = f"properties of type {kind_of(properties)}, not an object"
        yield Flaw(kind="object", pointer=f"{pointer}/properties", text=text, keyword="properties")
    elif is_object and "properties" in node and not properties:
        text = "an object whose properties are empty"
        yield Flaw(kind="filled-properties", pointer=f"{pointer}/properties", text=text, keyword="properties")
    elif is_object and "properties" not in node:
        text = "an object without properties"
        yield Flaw(kind="inner" if pointer else "properties", pointer=pointer, text=text, keyword="properties")
    if "required" not in node:
        return
    place = f"{pointer}/required"
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        yield Flaw(kind="valid", pointer=place, text="required that is no list of names", keyword="required")
    elif len(set(required)) < len(required):
        yield Flaw(kind="valid", pointer=place, text="required that names a property twice", keyword="required")
    elif isinstance(properties, dict) and (missing := [name for name in required if name not in properties]):
        text = f"required properties that are not there ({', '.join(missing)[:80]})"
        yield Flaw(kind="loose", pointer=place, text=text, keyword="required")


def _within(node: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """The schemas in a schema, each with the pointer to it."""
    for key in _MAPS:
        if isinstance(several := node.get(key), dict):
            yield from ((f"/{key}/{_escaped(name)}", one) for name, one in several.items())
    for key in _LISTS:
        if isinstance(several := node.get(key), list):
            yield from ((f"/{key}/{at}", one) for at, one in enumerate(several))
    for key in _ONES:
        if key in node:
            yield f"/{key}", node[key]
    if "items" in node:
        items = node["items"]
        if isinstance(items, list):  # a tuple, as drafts before 2020 write it
            yield from ((f"/items/{at}", one) for at, one in enumerate(items))
        else:
            yield "/items", items


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
