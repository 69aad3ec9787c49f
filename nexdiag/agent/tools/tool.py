"""What a tool is, and the one check of the arguments that a model sends to it.

Pure: no files, no processes. Running, denying and ordering calls live in `toolbox`.
"""

from collections.abc import Collection
from difflib import get_close_matches
from typing import Any, Protocol

from nexdiag.core.errors import ToolError

_SHOWN = 200
"""Characters of a model's own word that an error message repeats."""

_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


class Tool(Protocol):
    """One thing that a model can ask for."""

    @property
    def name(self) -> str:
        """As the model calls it."""

    @property
    def description(self) -> str:
        """What the model reads before it decides to call."""

    @property
    def parameters(self) -> dict[str, Any]:
        """JSON schema of an object, with `additionalProperties` false."""

    @property
    def read_only(self) -> bool:
        """True if runs cannot disturb one another, so that they may overlap."""

    async def run(self, arguments: dict[str, Any]) -> str:
        """Do it and return the text for the model; raise ToolError to refuse or to report a failure."""


def shown(word: str) -> str:
    """Return a model's word, quoted for an error message: control characters escaped, overlong text cut."""
    return repr(word) if len(word) <= _SHOWN else repr(word[:_SHOWN]) + "..."


def nearest(word: str, known: Collection[str]) -> str:
    """Return the known name most like `word`; empty if none is like it."""
    matches = get_close_matches(word[:_SHOWN], sorted(known), n=1)
    return matches[0] if matches else ""


def check(arguments: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments, fit for a tool, or a ToolError that names every fault at once.

    Only the simple parts of JSON schema are looked at: required, properties, type, enum, minimum, maximum. An
    optional argument that is null counts as left out, and 5.0 as 5, since models send both.
    """
    properties: dict[str, dict[str, Any]] = schema.get("properties", {})
    required: list[str] = schema.get("required", [])
    given = {key: value for key, value in arguments.items() if value is not None or key in required}
    faults = [_unknown(key, properties) for key in given if key not in properties]
    faults += [
        f"missing argument {key!r} ({properties[key].get('type', 'any type')})" for key in required if key not in given
    ]
    checked: dict[str, Any] = {}
    for key, rule in properties.items():
        if key in given:
            checked[key], fault = _fit(key, given[key], rule)
            faults += [fault] if fault else []
    if faults:
        raise ToolError("; ".join(faults), hint=f"the arguments are: {_signature(properties, required)}")
    return checked


def _unknown(key: str, properties: dict[str, Any]) -> str:
    near = nearest(key, properties)
    return f"unknown argument {shown(key)}" + (f": did you mean {near!r}?" if near else "")


def _fit(key: str, value: Any, rule: dict[str, Any]) -> tuple[Any, str]:  # noqa: ANN401 - a model sends any JSON value
    """Return the value as the schema wants it, and what is wrong with it (empty if nothing is)."""
    wanted = rule.get("type", "")
    if wanted == "integer" and isinstance(value, float) and value.is_integer():
        value = int(value)
    kind = _KINDS.get(wanted, object)
    # bool is a subclass of int in Python, but true is no number in JSON
    if not isinstance(value, kind) or (isinstance(value, bool) and wanted in {"integer", "number"}):
        return value, f"argument {key!r} must be of type {wanted}, found {_json_type(value)}"
    if "minimum" in rule and value < rule["minimum"]:
        return value, f"argument {key!r} must be at least {rule['minimum']}, found {value}"
    if "maximum" in rule and value > rule["maximum"]:
        return value, f"argument {key!r} must be at most {rule['maximum']}, found {value}"
    if "enum" in rule and value not in rule["enum"]:
        near = nearest(str(value), rule["enum"])
        hint = f": did you mean {near!r}?" if near else ""
        return value, f"argument {key!r} must be one of {', '.join(rule['enum'])}, found {shown(str(value))}{hint}"
    return value, ""


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    for name in ("boolean", "string", "integer", "number", "array", "object"):
        if isinstance(value, _KINDS[name]):
            return name
    return type(value).__name__


def _signature(properties: dict[str, dict[str, Any]], required: list[str]) -> str:
    words = [f"{key} ({rule.get('type', 'any')}{', required' * (key in required)})" for key, rule in properties.items()]
    return ", ".join(words) or "none"
