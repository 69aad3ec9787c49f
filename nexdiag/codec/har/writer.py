"""`Cassette` → HAR 1.2: what other readers know of it in its own keys, the rest in `_nexdiag`."""

import base64
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from nexdiag.codec import beside, jsontext
from nexdiag.codec.foreign import undone
from nexdiag.codec.har.reader import KEY, seen
from nexdiag.codec.losses import Losses
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange, Headers, Request, Response
from nexdiag.core.turn import Turn
from nexdiag.core.version import VERSION

_UNKNOWN = "unknown"
"""A recording does not tell the version of HTTP."""
_TITLE = 200


def encode(cassette: Cassette, *, losses: Losses | None = None) -> bytes:
    """The archive as a file."""
    return msgspec.json.format(jsontext.write(document(cassette, losses=losses)), indent=2) + b"\n"


def document(cassette: Cassette, *, losses: Losses | None = None) -> dict[str, Any]:
    """The archive as values."""
    losses = losses or Losses()
    losses.count("HAR has no place for {n} tool run{s}", len(cassette.tool_runs))
    losses.count("HAR has no place for {n} log line{s}", len(cassette.log))
    pages = {(turn.session, turn.number): _page(turn) for turn in cassette.turns}
    entries = []
    for exchange in cassette.exchanges:
        page = pages.get((exchange.session, exchange.turn)) if exchange.turn is not None else None
        entries.append(_entry(exchange) | ({} if page is None else {"pageref": page["id"]}))
    log = {"version": "1.2", "creator": {"name": "nexdiag", "version": VERSION}}
    return {"log": log | {"pages": list(pages.values()), "entries": entries, KEY: beside.of_cassette(cassette)}}


def _page(turn: Turn) -> dict[str, Any]:
    """A turn, as what browsers sort their entries under."""
    name = f"turn_{turn.number}" if not turn.session else f"turn_{turn.session}_{turn.number}"
    title = f"turn {turn.number}: {' '.join(turn.said.split())}"
    row = {"startedDateTime": _iso(turn.started), "id": name, "title": title[:_TITLE]}
    return row | {"pageTimings": {"onContentLoad": -1, "onLoad": _milliseconds(turn.duration)}}


def _entry(exchange: Exchange) -> dict[str, Any]:
    response = exchange.response
    wait = response.first_byte if response is not None else exchange.duration
    receive = max(0.0, exchange.duration - wait)
    entry: dict[str, Any] = {
        "startedDateTime": _iso(exchange.started),
        "time": _milliseconds(exchange.duration),
        "request": _request(exchange.request),
        "response": _no_response() if response is None else _response(response),
        "cache": {},
        "timings": {"send": 0, "wait": _milliseconds(wait), "receive": _milliseconds(receive)},
    }
    if exchange.failure is not None:
        entry["response"]["_error"] = exchange.failure
    return entry | {KEY: beside.of(exchange, seen(entry, exchange.id, Losses()))}


def _request(request: Request) -> dict[str, Any]:
    body = request.body.join()
    row: dict[str, Any] = {"method": request.method, "url": request.url, "httpVersion": _UNKNOWN, "cookies": []}
    row |= {"headers": _pairs(request.headers), "queryString": _query(request.url)}
    if body:
        kind = next((value for name, value in request.headers if name == "content-type"), "")
        row["postData"] = {"mimeType": kind, "text": body.decode("utf-8", "replace")}
    return row | {"headersSize": -1, "bodySize": len(body)}


def _response(response: Response) -> dict[str, Any]:
    body = response.body
    encoding = ", ".join(value for name, value in response.headers if name == "content-encoding")
    plain = undone(body, encoding) if encoding else None
    text = body if plain is None else plain
    content: dict[str, Any] = {"size": len(text)}
    if plain is not None:
        content["compression"] = len(plain) - len(body)
    content["mimeType"] = response.header("content-type") or "application/octet-stream"
    try:
        content["text"] = text.decode()
    except UnicodeDecodeError:
        content |= {"text": base64.b64encode(text).decode(), "encoding": "base64"}
    return {
        "status": response.status,
        "statusText": _reason(response.status),
        "httpVersion": _UNKNOWN,
        "cookies": [],
        "headers": _pairs(response.headers),
        "content": content,
        "redirectURL": response.header("location"),
        "headersSize": -1,
        "bodySize": len(body),
    }


def _no_response() -> dict[str, Any]:
    """What browsers write where none came."""
    row: dict[str, Any] = {"status": 0, "statusText": "", "httpVersion": _UNKNOWN, "cookies": [], "headers": []}
    row |= {"content": {"size": 0, "mimeType": "x-unknown"}, "redirectURL": ""}
    return row | {"headersSize": -1, "bodySize": -1}


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _query(url: str) -> list[dict[str, str]]:
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:  # no URL that one could take apart
        return []
    return [{"name": name, "value": value} for name, value in pairs]


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
