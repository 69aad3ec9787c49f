"""A tool as a server offers it → one that every model server takes. Pure.

OpenAI and Anthropic want names of `[a-zA-Z0-9_-]{1,64}` and schemas that are objects with properties, without a choice
at the top; OpenAI refuses arrays without `items`, and Gemini `$schema`. One tool that is refused costs the whole
request, so what cannot be mended is left out of the schema: the MCP server checks its arguments all the same.
"""

import hashlib
import re
from collections.abc import Collection
from typing import Any

from nexdiag.agent.tools.output import head
from nexdiag.codec import jsontext

_LONGEST = 64
_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")
_CHOICES = ("anyOf", "oneOf", "allOf", "not", "enum", "const", "if", "then", "else", "$ref", "$schema", "$id")
"""What may not stand at the top of a schema."""
_DEEPEST = 24
_LARGEST = 65_536
"""Bytes of a schema."""
_DESCRIBED = 8000
"""Characters of a description."""


def tool_name(server: str, tool: str, taken: Collection[str] = ()) -> str:
    """`<server>__<tool>`, made to fit, and unlike the names that are `taken`. The same for the same names."""
    whole = f"{server}__{tool}"
    name = _FOREIGN.sub("_", whole)
    if len(name) > _LONGEST:
        digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:8]
        name = f"{name[: _LONGEST - 9]}_{digest}"
    number = 2
    unlike = name
    while unlike in taken:
        unlike = f"{name[: _LONGEST - 1 - len(str(number))]}_{number}"
        number += 1
    return unlike


def schema(given: object) -> dict[str, Any]:
    """The schema of the arguments as every server takes it; one of any arguments where it cannot be mended."""
    if not isinstance(given, dict):
        return {"type": "object", "properties": {}}
    kept = {key: value for key, value in given.items() if key not in _CHOICES}
    properties = kept.get("properties")
    kept["type"] = "object"
    kept["properties"] = properties if isinstance(properties, dict) else {}
    required = kept.pop("required", None)
    if isinstance(required, list):
        names = [name for name in required if isinstance(name, str) and name in kept["properties"]]
        kept |= {"required": names} if names else {}
    mended: dict[str, Any] = _mended(kept, 0)
    try:
        fits = len(jsontext.write(mended)) <= _LARGEST
    except ValueError:
        fits = False
    return mended if fits else {"type": "object", "properties": {}}


def description(given: str | None, server: str) -> str:
    """What the model reads: never empty, never endless."""
    return head((given or "").strip(), _DESCRIBED) or f"A tool of the MCP server {server}."


def _mended(value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON is anything
    """The same value, with `items` where an array lacks them, and an open schema where one is a mere boolean."""
    if depth > _DEEPEST:
        return {} if isinstance(value, dict | list) else value
    if isinstance(value, list):
        return [_mended(entry, depth + 1) for entry in value]
    if not isinstance(value, dict):
        return value
    mended = {key: _mended(entry, depth + 1) for key, entry in value.items()}
    inner = mended.get("properties")
    if isinstance(inner, dict):
        mended["properties"] = {key: entry if isinstance(entry, dict) else {} for key, entry in inner.items()}
    if mended.get("type") == "array" and not isinstance(mended.get("items"), dict):
        mended["items"] = {}
    return mended
