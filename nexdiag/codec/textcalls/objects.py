"""Calls as JSON: `{"name": …, "arguments": …}` under any of the names that models were taught.

Law: the arguments stay the very text that the model wrote, wherever that is JSON.
"""

import json

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.message import ToolCall

NAMES = ("name", "tool", "function", "tool_name")
ARGUMENTS = ("arguments", "parameters", "input", "args")
KEYS = (*NAMES, *ARGUMENTS, "type", "id")
"""What the object of a call may hold, where nothing but its shape says that it is one."""
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_entries = msgspec.json.Decoder(list[msgspec.Raw]).decode


def calls_of(text: str, *, strict: bool = False) -> list[ToolCall] | None:
    """Read an object, or an array of objects; None if any of them is no call. `strict` allows no other keys."""
    if text[:1] != "[":
        call = _call(text, strict=strict)
        return None if call is None else [call]
    try:
        entries = [str(bytes(entry), "utf-8") for entry in _entries(text)]
    except (ValueError, RecursionError):
        return None
    calls = [_call(entry, strict=strict) for entry in entries]
    return [call for call in calls if call is not None] if entries and None not in calls else None


def arguments_of(text: str | None) -> str | None:
    """Give the arguments of a call: an object, one in a string, or nothing; None for anything else."""
    if text is None or text == "null":
        return "{}"
    if text[:1] == '"':  # as chat completions have them: JSON in a string
        inner = str(jsontext.read(text)).strip()
        return inner if _object(inner) is not None else "{}" if not inner else None
    return text if text[:1] == "{" else None


def _call(text: str, *, strict: bool) -> ToolCall | None:
    members = _object(text)
    if members is None or (strict and not members.keys() <= set(KEYS)):
        return None
    name = next((members[key] for key in NAMES if key in members), "")
    if name[:1] == "{":  # as chat completions have them: {"type": "function", "function": {...}}
        return _call(name, strict=strict) if "function" in members and members["function"] == name else None
    given = [members[key] for key in ARGUMENTS if key in members]
    if name[:1] != '"' or len(given) > 1 or (strict and not given):
        return None
    arguments = arguments_of(given[0] if given else None)
    return None if arguments is None else ToolCall(id="", name=str(jsontext.read(name)), arguments=arguments)


def _object(text: str) -> dict[str, str] | None:
    """Give the texts of an object's values; None if it is no object. Line breaks in strings are forgiven."""
    try:
        return {key: str(bytes(value), "utf-8") for key, value in _members(text).items()}
    except (ValueError, RecursionError):
        pass
    try:
        value = json.loads(text, strict=False)
        if isinstance(value, dict):
            return {key: jsontext.write(member).decode() for key, member in value.items()}
    except (ValueError, RecursionError):
        pass
    return None
