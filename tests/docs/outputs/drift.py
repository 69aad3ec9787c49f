"""What `nexdiag drift` gives scripts."""

from typing import Any

_SUPPORT = {
    "holding": "integer: of how many places it was so",
    "of": "integer: how many there were",
    "exchanges": "integer: in how many exchanges those were",
}
CHANGE = {
    "fingerprint": "string: twelve hexadecimal digits, the same for the same change",
    "kind": "string",
    "direction": "=request response error",
    "endpoint": "string: a wire, or method and path",
    "form": "string: json, stream, 4xx, 5xx",
    "pointer": "string: template of a JSON pointer",
    "severity": "=error warning info",
    "requirement": "=nex shape known observed extension",
    "breaks": "=wire typed behaviour cosmetic",
    "was": "string",
    "now": "string",
    "left": [None, _SUPPORT],
    "right": _SUPPORT,
    "first": [None, {"file": "string", "exchange": "integer: from 0"}],
    "left_example": "string",
    "right_example": "string",
    "capped": "boolean: it would weigh more if more exchanges supported it",
}
SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "nexdiag.drift/1": (
        "nexdiag drift --format json",
        {
            "schema": "=nexdiag.drift/1",
            "left": {"*": "any"},
            "right": {"*": "any"},
            "changes": [CHANGE],
            "ignored": [CHANGE],
            "unchecked": ["string"],
        },
    ),
}
