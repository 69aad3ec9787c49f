"""A HAR that was read as values → `Cassette`. Browsers differ: what one leaves out is no fault, a wrong type is one."""

import math
from datetime import UTC, datetime
from typing import Any

import msgspec

from nexdiag.codec import beside
from nexdiag.codec.cassette.lines import LATEST
from nexdiag.codec.encodings import plain_request
from nexdiag.codec.foreign import Broken, base64_bytes, header_of, named, sized, text_of, true_headers
from nexdiag.codec.losses import Losses
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Chunk, Exchange, Headers, Request, Response

KEY = f"_{beside.KEY}"
_BEFORE_THE_ANSWER = ("blocked", "dns", "connect", "send", "wait")
"""`ssl` is within `connect`."""
_HTTP = ("http://", "https://")
_LARGEST_STATUS = 999


def decode(document: object, *, name: str = "", losses: Losses | None = None) -> Cassette:
    """The recording in a HAR. Raises `CassetteError` where it is none."""
    losses = losses or Losses()
    log = document.get("log") if isinstance(document, dict) else None
    if not isinstance(log, dict) or not isinstance(log.get("entries"), list):
        raise _no_har(name, "it has no `log` with a list of `entries`")
    exchanges = []
    for number, entry in enumerate(log["entries"]):
        try:
            exchange = exchange_of(entry, number, losses=losses)
        except Broken as error:
            raise _no_har(name, f"entry {number}: {error}") from None
        exchanges += [exchange] if exchange is not None else []
    ours = any(isinstance(entry, dict) and KEY in entry for entry in log["entries"])
    ordered = _in_order(exchanges, ours=ours)
    cassette = beside.cassette_of(log.get(KEY), ordered, header_of(ordered, tool=_creator(log)))
    return msgspec.structs.replace(cassette, name=name)


def exchange_of(entry: object, number: int, *, losses: Losses | None = None) -> Exchange | None:
    """The exchange in one entry; None if it is not of HTTP. Raises `Broken` where it is none."""
    losses = losses or Losses()
    entry = named(entry, "an entry")
    messages = entry.get("_webSocketMessages")
    spoken = len(messages) if isinstance(messages, list) else 0
    losses.count("a cassette has no place for {n} WebSocket message{s}", spoken)
    asked = named(entry.get("request"), "`request`")
    url = text_of(asked.get("url"), "`request.url`")
    if not url.lower().startswith(_HTTP):
        losses.count("a cassette has no place for {n} entr{y} of an address that is neither http: nor https:")
        return None
    return beside.restored(seen(entry, number, losses), entry.get(KEY))


def seen(entry: dict[Any, Any], number: int, losses: Losses) -> Exchange:
    """The exchange that the entry tells without what stands beside. Raises `Broken` where it is none."""
    took = max(0.0, _number(entry.get("time")) / 1000)
    timings = entry.get("timings")
    waits = [_number(timings.get(name)) for name in _BEFORE_THE_ANSWER] if isinstance(timings, dict) else []
    first = min(took, sum(wait for wait in waits if wait > 0) / 1000)
    response, failure = None, None
    came = entry.get("response")
    if came is not None:
        response, failure = _response(named(came, "`response`"), first, took, losses)
    if response is None or failure is not None:
        told = failure or _told(entry) or "no response was recorded"
        failure = f"NetworkError: {told}"
    return Exchange(
        id=number,
        started=_time(entry.get("startedDateTime")),
        request=_request(named(entry.get("request"), "`request`"), losses),
        response=response,
        failure=failure,
        duration=took,
    )


def _request(asked: dict[Any, Any], losses: Losses) -> Request:
    headers = _headers(asked.get("headers"), "`request.headers`")
    posted = asked.get("postData")
    body = b""
    if posted is not None:
        posted = named(posted, "`request.postData`")
        if posted.get("text") is not None:
            text = text_of(posted["text"], "`request.postData.text`")
            in_base64 = posted.get("encoding") == "base64"
            body = base64_bytes(text, "`request.postData.text`") if in_base64 else text.encode("utf-8", "replace")
        elif posted.get("params"):
            losses.count("the HAR does not hold the text of {n} request bod{y}")
    method, url = text_of(asked.get("method"), "`request.method`"), text_of(asked.get("url"), "`request.url`")
    return plain_request(Request(method=method, url=url, headers=headers, body=Body.of(body)))


def _response(came: dict[Any, Any], first: float, took: float, losses: Losses) -> tuple[Response | None, str | None]:
    """The response, and why it broke off; no response where the browser got none: status 0, or -1."""
    status = came.get("status")
    failure = _told(came)
    if isinstance(status, float) and status.is_integer():
        status = int(status)
    if status is None or (type(status) is int and status <= 0):
        return None, failure
    if type(status) is not int or status > _LARGEST_STATUS:
        raise Broken(f"`response.status` is {str(status)[:20]!r}, which is no status")
    headers = _headers(came.get("headers"), "`response.headers`")
    content = came.get("content")
    body = b""
    if content is not None:
        content = named(content, "`response.content`")
        text = content.get("text")
        if text is not None:
            where = "`response.content.text`"
            text = text_of(text, where)
            in_base64 = content.get("encoding") == "base64"
            body = base64_bytes(text, where) if in_base64 else text.encode("utf-8", "replace")
        elif _number(content.get("size")) > 0 or _had_body(headers):
            losses.count("the HAR does not hold {n} response bod{y} (export it with content)")
            headers = sized(headers, b"")
    chunks = (Chunk(at=took, bytes=body),) if body else ()
    return Response(status=status, headers=true_headers(headers, body), chunks=chunks, first_byte=first), failure


def _headers(value: object, where: str) -> Headers:
    """In lower case, without those that HTTP/2 has for the request's line."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Broken(f"{where} is no list")
    pairs = []
    for one in value:
        one = named(one, f"one of {where}")  # noqa: PLW2901 - the same, looked at
        name = text_of(one.get("name"), f"a name in {where}").lower()
        told = one.get("value")
        pairs.append((name, "" if told is None else text_of(told, f"the value of {name[:80]} in {where}")))
    return tuple(pair for pair in pairs if not pair[0].startswith(":"))


def _had_body(headers: Headers) -> bool:
    return any(name == "content-length" and value.strip("0") for name, value in headers)


def _told(value: dict[Any, Any]) -> str | None:
    """Why it failed: Chromium's key, and Playwright's."""
    for name in ("_error", "_failureText"):
        if isinstance(value.get(name), str) and value[name]:
            return str(value[name]).partition("\n")[0]
    return None


def _time(value: object) -> float:
    """Unix time; 0 for what is no time. A time without a zone is taken for UTC."""
    try:
        told = datetime.fromisoformat(value) if isinstance(value, str) else None
        at = 0.0 if told is None else (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return at if 0 <= at <= LATEST else 0.0


def _in_order(exchanges: list[Exchange], *, ours: bool) -> tuple[Exchange, ...]:
    """By the numbers that we wrote; else in the order in which they began: some tools write them as they ended."""
    if ours:
        return beside.numbered(exchanges)
    if all(exchange.started for exchange in exchanges):
        exchanges = sorted(exchanges, key=lambda exchange: exchange.started)
    return tuple(msgspec.structs.replace(exchange, id=number) for number, exchange in enumerate(exchanges))


def _number(value: object) -> float:
    """A number; -1, which says in a HAR that it does not apply, for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return -1.0
    try:
        number = float(value)
    except OverflowError:
        return -1.0
    return number if math.isfinite(number) and number <= LATEST else -1.0


def _creator(log: dict[Any, Any]) -> str:
    creator = log.get("creator")
    told = [creator.get(name) for name in ("name", "version")] if isinstance(creator, dict) else []
    return " ".join(word for word in told if isinstance(word, str))[:200] or "HAR"


def _no_har(name: str, why: str) -> CassetteError:
    hint = "give a HAR 1.2 file, as a browser's network panel saves it (with content)"
    return CassetteError(f"{name or 'the recording'} is no HAR: {why}", hint=hint)
