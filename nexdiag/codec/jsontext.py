"""JSON text ⇄ plain values, forgiving where real servers err; no knowledge of any wire format lives here.

`read` takes what Python's own reader takes too: lone surrogates (servers that cut an emoji in two), NaN, huge
numbers, a byte order mark, invalid UTF-8. `write` makes compact UTF-8 and mends the surrogates that `read` let in.
"""

import json
from typing import Any

import msgspec

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def read(text: bytes | str, *, halves: bool = False) -> Any:  # noqa: ANN401 - JSON is anything
    """Give the value of a JSON text, its strings mended; with `halves`, lone surrogates stay, for a join to come.

    Raises ValueError, and nothing else, for what is no JSON, or is nested too deeply to be read.
    """
    try:
        try:
            return _decode(text)
        except ValueError:  # msgspec's errors and UnicodeDecodeError are ValueErrors
            value = json.loads(text.decode("utf-8-sig", "replace") if isinstance(text, bytes) else text)
            return value if halves else mended(value)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def write(value: object) -> bytes:
    """Give compact JSON in UTF-8, not ASCII-escaped.

    Raises ValueError for what is nested too deeply to be written.
    """
    try:
        try:
            return _encode(value)
        except UnicodeEncodeError:
            return _encode(mended(value))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def mend(text: str) -> str:
    """Join surrogate pairs to their character, and make lone surrogates U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def mended(value: Any) -> Any:  # noqa: ANN401 - JSON is anything
    """Give the value with all its strings mended."""
    if isinstance(value, str):
        return mend(value)
    if isinstance(value, dict):
        return {mended(key): mended(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [mended(entry) for entry in value]
    return value
