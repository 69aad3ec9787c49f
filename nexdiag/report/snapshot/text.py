"""JSON that is safe to be looked at, and to be split at line ends: what no eye sees is escaped. Pure."""

import json
import re
from typing import Any

from nexdiag.codec.body import DEEPEST, depth

_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e01ef]"
)  # JSON itself escapes what is below the space
_BEYOND = 0x10000


def dumped(value: Any, *, indent: int | None = None) -> str:  # noqa: ANN401 - any JSON value
    """The JSON text of a value, on one line or indented: UTF-8 can write it, and nothing in it is hidden.

    Raises ValueError for what JSON cannot say.
    """
    between = (",", ": ") if indent else (", ", ": ")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=between, allow_nan=False, default=repr)
    return _UNSEEN.sub(_escaped, text)


def loaded(text: bytes | str) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a JSON text. Raises ValueError for what it would not give back: a name twice, NaN, too deep."""
    if isinstance(text, bytes) and depth(text) > DEEPEST:
        raise ValueError("nested too deeply")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_none, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number < _BEYOND:
        return f"\\u{number:04x}"
    number -= _BEYOND
    return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _none(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return number
