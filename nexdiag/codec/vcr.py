"""vcrpy's cassettes ⇄ `Cassette`: its dicts, and their YAML and JSON. No vcrpy is needed, and none is imported.

A body stands there without its content-encoding, and the headers say so: vcrpy hands it to each client as it is, and
not every client would undo the encoding. What vcrpy has no key for stands beside (`codec.beside`), under `nexdiag` in
the response and in the metadata, where vcrpy keeps it when it writes the file again.

Law: hostile files are a `CassetteError` of one line.
"""

import json
from http import HTTPStatus
from typing import Any

import msgspec

from nexdiag.codec import beside, jsontext, yamltext
from nexdiag.codec.encodings import encoding_of, plain_request
from nexdiag.codec.foreign import (
    Broken,
    base64_bytes,
    header_of,
    named,
    sized,
    text_of,
    true_headers,
    undone,
)
from nexdiag.codec.losses import Losses
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Chunk, Exchange, Headers, Request, Response

VERSION = 1
"""Of vcrpy's format, since vcrpy 1.0."""
_UNKNOWN_SIZE = ("transfer-encoding",)
"""Headers of how the body was cut on the wire: vcrpy drops them when it plays."""


def read_yaml(raw: bytes, *, name: str) -> object:
    """The values of a YAML text. Raises `CassetteError` for what is none, or tries to do more than hold values."""
    try:
        return yamltext.read(raw)
    except ValueError as error:
        raise _no_cassette(name, f"it is no YAML of plain values ({error})") from None


def decode(document: object, *, name: str = "", losses: Losses | None = None) -> Cassette:
    """The recording in a vcrpy cassette that was read as values. Raises `CassetteError` where it is none."""
    losses = losses or Losses()
    if not isinstance(document, dict) or not isinstance(document.get("interactions"), list):
        raise _no_cassette(name, "it has no list of `interactions`")
    exchanges = []
    for number, entry in enumerate(document["interactions"]):
        try:
            exchanges.append(exchange_of(entry, number, losses=losses))
        except Broken as error:
            raise _no_cassette(name, f"interaction {number}: {error}") from None
    metadata = document.get("metadata")
    kept = metadata.get(beside.KEY) if isinstance(metadata, dict) else None
    others = len(metadata) - (kept is not None) if isinstance(metadata, dict) else 0
    losses.count("a cassette has no place for {n} metadata value{s} of vcrpy", others)
    ordered = beside.numbered(exchanges)
    cassette = beside.cassette_of(kept, ordered, header_of(ordered, tool="vcrpy"))
    return msgspec.structs.replace(cassette, name=name)


def document(cassette: Cassette, *, losses: Losses | None = None, binary: bool = True) -> dict[str, Any]:
    """The recording as vcrpy's values; without `binary` all bodies are text, for JSON."""
    losses = losses or Losses()
    entries = []
    for exchange in cassette.exchanges:
        if exchange.response is None:
            losses.count("vcrpy has no place for {n} request{s} without a response")
        else:
            entries.append(interaction(exchange, losses=losses, binary=binary))
    losses.count("vcrpy has no place for {n} tool run{s}", len(cassette.tool_runs))
    losses.count("vcrpy has no place for {n} log line{s}", len(cassette.log))
    return {
        "interactions": entries,
        "metadata": {beside.KEY: beside.of_cassette(cassette)},
        "version": VERSION,
    }


def encode_yaml(cassette: Cassette, *, losses: Losses | None = None) -> bytes:
    """The file that vcrpy reads with its YAML serializer."""
    values = document(cassette, losses=losses)
    return yamltext.write(values)


def encode_json(cassette: Cassette, *, losses: Losses | None = None) -> bytes:
    """The file that vcrpy reads with its JSON serializer, which knows no bytes: what is no text is written with �."""
    return msgspec.json.format(jsontext.write(document(cassette, losses=losses, binary=False)), indent=2) + b"\n"


def interaction(exchange: Exchange, *, losses: Losses | None = None, binary: bool = True) -> dict[str, Any]:
    """One exchange that has a response, as vcrpy's values."""
    response = exchange.response
    assert response is not None  # the caller looked
    headers, body = _without_encoding(response)
    request = exchange.request
    entry: dict[str, Any] = {
        "request": {
            "method": request.method,
            "uri": request.url,
            "body": _body(request.body.join(), losses, binary=binary) if request.body.join() else None,
            "headers": {name: [", ".join(values)] for name, values in _grouped(request.headers).items()},
        },
        "response": {
            "status": {"code": response.status, "message": _reason(response.status)},
            "headers": _grouped(headers),
            "body": {"string": _body(body, losses, binary=binary)},
        },
    }
    entry["response"][beside.KEY] = beside.of(exchange, _seen(entry, exchange.id))
    return entry


def exchange_of(entry: object, number: int, *, losses: Losses | None = None) -> Exchange:
    """The exchange in one of vcrpy's interactions. Raises `Broken` where it is none."""
    seen = _seen(entry, number, losses)
    assert isinstance(entry, dict)  # `_seen` looked
    return beside.restored(seen, entry["response"].get(beside.KEY))


def _seen(entry: object, number: int, losses: Losses | None = None) -> Exchange:
    entry = named(entry, "an interaction")
    asked, came = named(entry.get("request"), "`request`"), named(entry.get("response"), "`response`")
    sent = _headers(asked.get("headers"), "`request.headers`")
    request = Request(
        method=text_of(asked.get("method"), "`request.method`"),
        url=text_of(asked.get("uri"), "`request.uri`"),
        headers=sent,
        body=Body.of(sent_bytes(asked.get("body"))),
    )
    old = "status_code" in came  # what vcrpy wrote for httpx before version 6
    status = {"code": came["status_code"]} if old else named(came.get("status"), "`response.status`")
    body = came.get("content") if old else came.get("body")
    code = status.get("code")
    if type(code) is not int or not 0 <= code <= 999:  # noqa: PLR2004 - three digits
        raise Broken(f"`response.status.code` is {str(code)[:20]!r}, which is no status")
    if losses is not None and status.get("message") not in (None, "", _reason(code)):
        losses.count("a cassette has no place for {n} reason phrase{s}")
    headers = _headers(came.get("headers"), "`response.headers`")
    raw = _bytes(body, "`response.body`")
    response = Response(
        status=code,
        headers=true_headers(headers, raw),
        chunks=(Chunk(at=0.0, bytes=raw),) if raw else (),
    )
    return Exchange(id=number, started=0.0, request=plain_request(request), response=response)


def _without_encoding(response: Response) -> tuple[Headers, bytes]:
    """Headers and body as vcrpy shall hand them to a client; as they came, where the encoding cannot be undone."""
    headers = tuple(pair for pair in response.headers if pair[0] not in _UNKNOWN_SIZE)
    encoding = encoding_of(headers)
    plain = undone(response.body, encoding) if encoding else None
    return (headers, response.body) if plain is None else (sized(headers, plain), plain)


def _headers(value: object, where: str) -> Headers:
    if value is None:
        return ()
    found = named(value, where)
    return tuple(
        (text_of(name, where).lower(), text_of(one, f"a value of {where}"))
        for name, values in found.items()
        for one in (values if isinstance(values, list | tuple) else [values])
    )


def _grouped(headers: Headers) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in headers:
        grouped.setdefault(name, []).append(value)
    return grouped


def sent_bytes(value: object) -> bytes:
    """A request's body. What aiohttp was given as `json=` stands there as the value itself: so it was sent.

    Raises `Broken` for what is none.
    """
    if isinstance(value, dict | list | tuple):
        try:
            return json.dumps(value).encode()
        except (TypeError, ValueError, RecursionError):
            raise Broken("`request.body` is neither text nor JSON") from None
    return _bytes(value, "`request.body`")


def _bytes(value: object, where: str) -> bytes:
    """A body, in whichever of its shapes it is: text, bytes, or an object with either."""
    if isinstance(value, dict):
        if isinstance(value.get("base64_string"), str):
            return base64_bytes(value["base64_string"], where)
        if isinstance(value.get("encoding"), str) and "string" not in value:
            raise Broken(f"{where} is in an encoding that vcrpy does not write")
        value = value.get("string")
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    return text_of(value, where).encode("utf-8", "surrogatepass")


def _body(raw: bytes, losses: Losses | None, *, binary: bool) -> str | bytes:
    """Text where it is text, as vcrpy has it."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if binary:
            return raw
    if losses is not None:
        losses.count("vcrpy's JSON has no place for {n} binary bod{y}: written with �; .yaml keeps them")
    return raw.decode("utf-8", "replace")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _no_cassette(name: str, why: str) -> CassetteError:
    hint = "give a cassette that vcrpy has written, as YAML or JSON"
    return CassetteError(f"{name or 'the recording'} is no vcrpy cassette: {why}", hint=hint)
