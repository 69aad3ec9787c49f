"""What readers of foreign recordings share: wrong types told in a line, bodies and headers that fit each other."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from nexdiag.codec import jsontext
from nexdiag.codec.encodings import Decoding, encoding_of
from nexdiag.codec.wire import model_of, origin_of, wire_of
from nexdiag.core.cassette import Header
from nexdiag.core.exchange import Exchange, Headers


class Broken(ValueError):  # noqa: N818 - named for the fact
    """A value that is not what its place wants; the text says which."""


def named(value: object, where: str) -> dict[Any, Any]:
    """An object. Raises `Broken` for anything else."""
    if not isinstance(value, dict):
        raise Broken(f"{where} is {_kind(value)}, and an object is wanted")
    return value


def text_of(value: object, where: str) -> str:
    """A text, mended; a number as its text. Raises `Broken` for anything else."""
    if isinstance(value, str):
        return jsontext.mend(value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:400]
    raise Broken(f"{where} is {_kind(value)}, and text is wanted")


def base64_bytes(text: str, where: str) -> bytes:
    """The bytes of a base64 text. Raises `Broken` for what is none."""
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError) as error:
        raise Broken(f"{where} is no base64 ({error})") from None


def undone(body: bytes, encoding: str) -> bytes | None:
    """The bytes without the encoding; None where they are in no such one, or it cannot be undone as a whole."""
    decoding = Decoding(encoding)
    plain = decoding.feed(body)
    if not decoding.known or decoding.broken or decoding.too_large or (body and not plain):
        return None
    return plain


def true_headers(headers: Headers, body: bytes) -> Headers:
    """A response's headers, without a content-encoding that the body does not have: many tools write it plain."""
    encoding = encoding_of(headers)
    known = Decoding(encoding).known
    return sized(headers, body) if encoding and body and known and undone(body, encoding) is None else headers


def sized(headers: Headers, body: bytes) -> Headers:
    """The headers of a body that has no encoding any more."""
    kept = [pair for pair in headers if pair[0] != "content-encoding"]
    return tuple((name, str(len(body)) if name == "content-length" else value) for name, value in kept)


def header_of(exchanges: Sequence[Exchange], *, tool: str) -> Header:
    """A header by what the exchanges tell: the address and the model of the first that asks a model."""
    created = min((exchange.started for exchange in exchanges), default=0.0)
    for exchange in exchanges:
        request = exchange.request
        if wire_of(request.url) is not None:
            return Header(tool=tool, created=created, origin=origin_of(request.url), model=model_of(request.body))
    return Header(tool=tool, created=created)


def _kind(value: object) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"
