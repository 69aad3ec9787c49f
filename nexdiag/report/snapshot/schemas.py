"""Declared tools: each is kept once, beside the requests that declare it, under its name and what it says. Pure.

Twenty requests that declare ten tools name them in ten lines each; a schema that changes is one change in one file.
"""

import json
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from nexdiag.report.snapshot.text import dumped

FIELDS = ("tools", "functions")
"""Where the dialects declare tools."""
_LONG = frozenset({"function", "parameters", "input_schema", "inputSchema", "description"})
"""What makes a declaration long; a tool of the server's own (`{"type": "web_search"}`) has none of it, and stays."""
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST_NAME = 80
_DIGEST = 5


def set_aside(tool: Any) -> tuple[Any, str]:  # noqa: ANN401 - any JSON value
    """What stands for a declared tool in its request, and the text to keep beside; itself, and "", if it stays."""
    if not isinstance(tool, dict) or not _LONG & tool.keys():
        return tool, ""
    return {"tool": name_of(tool), "schema": _digest(tool)}, dumped(tool, indent=2) + "\n"


def file_of(aside: Mapping[str, Any]) -> str:
    """The name of the file, without its ending, that keeps what such an entry stands for."""
    return f"{_NO_NAME.sub('_', str(aside['tool']))[:_LONGEST_NAME]}-{aside['schema']}"


def name_of(tool: Mapping[str, Any]) -> str:
    """By which name the model calls it; empty if it has none."""
    inner = tool.get("function")
    name = inner.get("name") if isinstance(inner, dict) else tool.get("name")
    return name if isinstance(name, str) else ""


def is_aside(entry: object) -> bool:
    """Whether an entry stands for a tool."""
    return isinstance(entry, dict) and entry.keys() == {"tool", "schema"} and isinstance(entry["schema"], str)


def put_back(entry: Any, kept: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    """The tool that an entry stands for, if its text is among those kept; else the entry."""
    if not is_aside(entry) or (text := kept.get(file_of(entry))) is None:
        return entry
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return entry


def says_the_same(text: str, other: str) -> bool:
    """Whether two texts of tools mean the same, however they are laid out."""
    try:
        return bool(json.loads(text) == json.loads(other))
    except (ValueError, RecursionError):
        return False


def _digest(tool: Mapping[str, Any]) -> str:
    return blake2b(dumped(tool).encode(), digest_size=_DIGEST).hexdigest()
