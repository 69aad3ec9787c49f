"""Bare exchanges: one JSON object that may lack parts ⇄ BareExchange. For failures that nobody recorded whole.

Law: any part may be missing, null or of the wrong type; only a line that is no JSON object is an error.
"""

from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.errors import UsageError


class BareExchange(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one exchange."""

    id: str = ""
    server: str | None = None
    """Free text: "vLLM", "Mistral via LiteLLM"."""
    client: str | None = None
    status: int | None = None
    url: str | None = None
    request: Any = None
    """The request body as a JSON value, or as text."""
    response: Any = None
    """The response body as a JSON value, or as text: a body or an event stream."""
    log: str | None = None
    """A line or more of the client's or the server's log."""


def decode_bare(line: str | bytes, number: int = 1) -> BareExchange:
    """Read one line of JSON.

    Raises UsageError, with the line's number, for what is no JSON object.
    """
    try:
        value = jsontext.read(line)
    except ValueError as error:
        raise _wrong(number, f"no JSON ({error})") from None
    if not isinstance(value, dict):
        raise _wrong(number, f"JSON of type {type(value).__name__}")
    return BareExchange(
        id=_text(value.get("id")) or "",
        server=_text(value.get("server")),
        client=_text(value.get("client")),
        status=_status(value.get("status")),
        url=_text(value.get("url")),
        request=value.get("request"),
        response=value.get("response"),
        log=_log(value.get("log")),
    )


def encode_bare(bare: BareExchange) -> bytes:
    """The line that reads as this exchange."""
    return jsontext.write(msgspec.structs.asdict(bare))


def _wrong(number: int, found: str) -> UsageError:
    return UsageError(
        f"line {number}: wanted an exchange as a JSON object, found {found}",
        hint='each line is one object: {"id": ..., "server": ..., "status": ..., "request": {...}, "response": ...}',
    )


def _text(value: object) -> str | None:
    """A text; a number as its text, because ids are often numbers."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _log(value: object) -> str | None:
    if isinstance(value, list):
        return "\n".join(line for line in value if isinstance(line, str)) or None
    return value if isinstance(value, str) else None


def _status(value: object) -> int | None:
    """A status; also one that was written as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == len("404"):
        return int(value)
    return value if type(value) is int else None
