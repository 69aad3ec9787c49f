"""Reading JSON values of any shape, for the codecs of all wires: what has the wrong type counts as absent.

Law: nothing here raises, but for `read`, and for `body_object`, which tells a person what a request should have been.
"""

import hashlib
import re
from typing import Any

from nexdiag.codec import body, jsontext
from nexdiag.core.errors import UsageError

UNREADABLE = "invalid_json"
"""The one key of an arguments object that stands for arguments which are none; its value is their text."""
_ABSURD = 10**12
"""No server has counted so many tokens."""
_LONGEST_NAME = 64
_LONGEST_ID = 64
_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")
_MOST_PIECES = 8


def read(text: bytes | str, *, halves: bool = False) -> Any:  # noqa: ANN401 - JSON is anything
    """Give the value of a JSON text, as `jsontext.read` does.

    Raises ValueError for what is no JSON, or nested deeper than can be written again, compared or mended.
    """
    if body.depth(text if isinstance(text, bytes) else text.encode("utf-8", "replace")) > body.DEEPEST:
        raise ValueError("nested too deeply")
    return jsontext.read(text, halves=halves)


def fields(value: object) -> dict[str, Any]:
    """The value, if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list; a lone object counts as a list of itself."""
    if isinstance(value, dict):
        return [value]
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def words(value: object) -> str:
    """The value, if it is text, its surrogates mended; else nothing."""
    return jsontext.mend(value) if isinstance(value, str) else ""


def count(holder: object, name: str) -> int:
    """A number of tokens; 0 for what is missing, null, negative, no number or absurd."""
    number = fields(holder).get(name)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return number if type(number) is int and 0 <= number < _ABSURD else 0


def arguments_object(arguments: str) -> dict[str, Any]:
    """The arguments of a call as the object that they stand for, on a wire that has no place for text.

    Nothing is an empty object: models call tools without arguments so. What is no object stands under `UNREADABLE`.
    """
    if not arguments.strip():
        return {}
    try:
        value = read(arguments)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {UNREADABLE: arguments}


def arguments_text(value: object) -> str:
    """The text of an arguments object as a wire had it; text stays what it was."""
    if isinstance(value, str):
        return jsontext.mend(value)
    try:
        return jsontext.write({} if value is None else value).decode()
    except ValueError:  # nested too deeply to be written
        return "{}"


def tool_name(name: str) -> str:
    """The name as the hosted servers let it stand in a history: `^[a-zA-Z0-9_-]{1,64}$`."""
    return _FOREIGN.sub("_", name)[:_LONGEST_NAME] or "unknown"


def call_id(wanted: str, prefix: str) -> str:
    """The id of a call as the strictest servers take it; one that they refuse becomes one made of its digest.

    Equal ids stay equal and different ones different, so that calls and what came of them still belong together:
    a conversation may have begun on a wire that writes `functions.ls:0`, or nothing.
    """
    if wanted and len(wanted) <= _LONGEST_ID and not _FOREIGN.search(wanted):
        return wanted
    digest = hashlib.blake2b(wanted.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return f"{prefix}{digest}"


def pieces(text: str) -> list[str]:
    """The text in a few pieces, cut before its spaces, as a server streams it."""
    parts = re.findall(r"\s*\S+|\s+\Z", text)
    size = -(-len(parts) // _MOST_PIECES) or 1
    return ["".join(parts[start : start + size]) for start in range(0, len(parts), size)]


def body_object(raw: bytes, *, what: str, shape: str) -> dict[str, Any]:
    """The object that a request body is.

    Raises UsageError for what is none, with `shape` as its hint.
    """
    try:
        value = read(raw)
    except ValueError as error:
        raise UsageError(f"wanted {what} as a JSON object, found no JSON: {error}", hint=shape) from None
    if not isinstance(value, dict):
        kind = {list: "an array", str: "a string", type(None): "null"}.get(type(value), repr(value))
        raise UsageError(f"wanted {what} as a JSON object, found {kind}", hint=shape)
    return value


def take(rest: dict[str, Any], key: str, kind: type, default: Any) -> Any:  # noqa: ANN401 - JSON is anything
    """Move a field out of the rest, if it has the right type."""
    return rest.pop(key) if type(rest.get(key)) is kind else default
