"""The least value that fits a JSON schema: what must be there and nothing else.

Law: it never raises and always ends, whatever stands where a schema should. What is beyond it (patterns, `not`,
conditions) it does not try to fit.
"""

import math
from typing import Any

from nexdiag.codec.lenient import fields

_DEEPEST = 20
_MOST = 1000
"""Entries, characters: a schema of hostile size is not filled."""
_KINDS = ("object", "array", "string", "integer", "number", "boolean", "null")
_TEXTS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "a@example.com",
    "uri": "https://example.com",
    "url": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "127.0.0.1",
}


def least(schema: object) -> Any:  # noqa: ANN401 - JSON is anything
    """A value that fits the schema; None for what says nothing of its kind."""
    return _value(schema, fields(schema), 0)


def _value(schema: object, root: dict[str, Any], depth: int) -> Any:  # noqa: ANN401 - JSON is anything
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    schema = _whole(schema, root, depth)
    if "const" in schema:
        return schema["const"]
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    if "default" in schema:
        return schema["default"]
    return _of_kind(_kind(schema), schema, root, depth)


def _whole(schema: dict[str, Any], root: dict[str, Any], depth: int) -> dict[str, Any]:
    """The schema with what it refers to, and the first of its alternatives, in it."""
    parts: list[object] = []
    if isinstance(schema.get("$ref"), str):
        parts.append(_referred(schema["$ref"], root))
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            parts += schema[key][:1]
    if isinstance(schema.get("allOf"), list):
        parts += schema["allOf"][:_DEEPEST]
    whole = {key: value for key, value in schema.items() if key not in ("$ref", "anyOf", "oneOf", "allOf")}
    for part in parts:
        if isinstance(part, dict) and depth < _DEEPEST:
            whole = _merged(_whole(part, root, depth + 1), whole)
    return whole


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both; what one object must have and what the other must have is all wanted."""
    both = {**one, **other}
    for key, kind in (("properties", dict), ("required", list)):
        if isinstance(one.get(key), kind) and isinstance(other.get(key), kind):
            both[key] = {**one[key], **other[key]} if kind is dict else [*one[key], *other[key]]
    return both


def _referred(reference: str, root: dict[str, Any]) -> object:
    """What `#/$defs/name` names in the same schema."""
    found: object = root
    for part in reference.removeprefix("#").split("/")[1:]:
        found = fields(found).get(part.replace("~1", "/").replace("~0", "~"))
    return found if reference.startswith("#") else None


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    kinds = [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []
    known = [one.lower() for one in kinds if isinstance(one, str) and one.lower() in _KINDS]  # Gemini's are capitals
    if known:
        return known[0]
    return "object" if isinstance(schema.get("properties"), dict) else "array" if "items" in schema else ""


def _of_kind(kind: str, schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:  # noqa: ANN401 - JSON is anything
    if kind == "object":
        required = schema.get("required")
        names = [name for name in required if isinstance(name, str)][:_MOST] if isinstance(required, list) else []
        known = fields(schema.get("properties"))
        return {name: _value(known.get(name), root, depth + 1) for name in names}
    if kind == "array":
        return [_value(schema.get("items"), root, depth + 1)] * _count(schema.get("minItems"))
    if kind == "string":
        text = _TEXTS.get(str(schema.get("format")), "")
        return text.ljust(_count(schema.get("minLength")), "a")
    if kind in ("integer", "number"):
        return _number(schema, whole=kind == "integer")
    return False if kind == "boolean" else None


def _number(schema: dict[str, Any], *, whole: bool) -> float:
    """Zero, or the nearest number within the bounds."""
    low, high = _bound(schema, "minimum", 1), _bound(schema, "maximum", -1)
    number: float = 0
    if low is not None and low > number:
        number = low
    elif high is not None and high < number:
        number = high
    if not whole or not math.isfinite(number):
        return number
    return math.ceil(number) if number > 0 else math.floor(number)


def _bound(schema: dict[str, Any], name: str, beyond: int) -> float | None:
    """The first whole number that a bound allows, or the bound itself."""
    plain, strict = schema.get(name), schema.get(f"exclusive{name.capitalize()}")
    if isinstance(strict, int | float) and not isinstance(strict, bool):
        return strict + beyond
    if not isinstance(plain, int | float) or isinstance(plain, bool):
        return None
    return plain + (beyond if strict is True else 0)


def _count(value: object) -> int:
    return min(value, _MOST) if type(value) is int and value > 0 else 0
