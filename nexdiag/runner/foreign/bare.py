"""Bare requests and bare exchanges ⇄ `Cassette`: for failures that nobody recorded whole, and to look at one request.

What they lack is filled with what matching does not look at: a host that does not exist, no headers, no times.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.encodings import response_text
from nexdiag.codec.foreign import header_of
from nexdiag.codec.losses import Losses
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine
from nexdiag.lint.seen.bare import BareExchange, decode_bare, encode_bare

_NOWHERE = "http://unknown.invalid/v1"
_REQUEST_KEYS = frozenset({"messages", "input", "prompt"})
_EXCHANGE_KEYS = frozenset({"request", "response", "status", "server"})
_ROUTES = (("messages", "/chat/completions"), ("input", "/responses"), ("prompt", "/completions"))
_JSON = (("content-type", "application/json"),)
_STATUSES = range(1, 1000)


def first_keys(raw: bytes) -> frozenset[str]:
    """The keys of the JSON object on the first line; none if there is no such object."""
    try:
        value = msgspec.json.decode(raw.split(b"\n", 1)[0], type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(value)


def are_lines(raw: bytes, name: str) -> bool:
    """Whether these are JSON Lines of bare exchanges or requests."""
    keys = first_keys(raw)
    return bool(keys & _EXCHANGE_KEYS or (keys & _REQUEST_KEYS and name.endswith(".jsonl")))


def decode_lines(raw: bytes, *, name: str, losses: Losses) -> Cassette:
    """The recording that JSON Lines of bare exchanges make. Raises `CassetteError` for a line that is none."""
    bares = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.strip():
            try:
                bares.append(_bare(line, number))
            except UsageError as error:
                raise CassetteError(f"{name}: {error.what}", hint=error.hint) from None
    return _cassette(bares, name=name, losses=losses)


def decode(raw: bytes, value: object, *, name: str, losses: Losses) -> Cassette:
    """The recording that one request or one exchange makes. Raises `CassetteError` for what is neither."""
    if isinstance(value, dict) and _EXCHANGE_KEYS & value.keys():
        return _cassette([decode_bare(jsontext.write(value))], name=name, losses=losses)
    if isinstance(value, dict) and _REQUEST_KEYS & value.keys():
        body = raw.removeprefix(b"\xef\xbb\xbf").strip()
        request = Request(method="POST", url=_url(value), headers=_JSON, body=Body.of(body))
        exchange = Exchange(id=0, started=0.0, request=request)
        return Cassette(header=header_of([exchange], tool=""), exchanges=(exchange,), name=name)
    raise unknown(name)


def unknown(name: str, why: str = "") -> CassetteError:
    """What to raise for a file that nobody can read."""
    hint = "give a cassette of ours or of vcrpy, a HAR, a request body, or exchanges as JSON Lines"
    return CassetteError(f"{name} is no recording that is known here{why}", hint=hint)


def encode_request(cassette: Cassette, number: int | None, *, losses: Losses) -> bytes:
    """The body of one request, byte for byte. Raises `UsageError` where it is not told which, or it is no JSON."""
    held = {exchange.id: exchange for exchange in cassette.exchanges}
    if number is None and len(held) > 1:
        known = f"{min(held)} to {max(held)}"
        raise UsageError(f"there are {len(held)} requests, and one is wanted", hint=f"name it: --request {known}")
    number = next(iter(held)) if number is None else number
    if number not in held:
        numbers = ", ".join(map(str, sorted(held)[:20]))
        raise UsageError(f"there is no exchange {number}", hint=f"there are: {numbers}")
    body = held[number].request.body.join()
    if not isinstance(_value(body), dict):
        raise UsageError(f"the request of exchange {number} is no JSON object", hint="name another: --request N")
    losses.count("a bare request has no place for {n} other exchange{s}", len(held) - 1)
    losses.count("a bare request has no place for {n} response{s}", int(held[number].response is not None))
    return body


def encode_lines(cassette: Cassette, *, losses: Losses) -> bytes:
    """Each exchange as a line, as `nexdiag lint` reads them."""
    losses.count("bare exchanges have no place for headers and times of {n} exchange{s}", len(cassette.exchanges))
    losses.count("bare exchanges have no place for {n} turn{s}", len(cassette.turns))
    losses.count("bare exchanges have no place for {n} tool run{s}", len(cassette.tool_runs))
    losses.count("bare exchanges have no place for {n} log line{s}", len(cassette.log))
    return b"".join(encode_bare(_of(exchange, cassette)) + b"\n" for exchange in cassette.exchanges)


def _bare(line: bytes, number: int) -> BareExchange:
    value = _value(line)
    if isinstance(value, dict) and not _EXCHANGE_KEYS & value.keys() and _REQUEST_KEYS & value.keys():
        return BareExchange(request=value)
    return decode_bare(line, number)


def _cassette(bares: list[BareExchange], *, name: str, losses: Losses) -> Cassette:
    exchanges = tuple(_exchange(bare, number) for number, bare in enumerate(bares))
    log = tuple(
        LogLine(at=0.0, text=line, source="bare")
        for bare in bares
        for line in (bare.log or "").splitlines()
        if line.strip()
    )
    servers = {bare.server for bare in bares if bare.server}
    server = servers.pop() if len(servers) == 1 else ""
    losses.count("a cassette has a place for one server, and these are {n}", len(servers))
    losses.count("a cassette has no place for {n} id{s} of bare exchanges", sum(_named(bares)))
    losses.count("a cassette has no place for {n} name{s} of clients", sum(bool(bare.client) for bare in bares))
    header = msgspec.structs.replace(header_of(exchanges, tool=""), profile=server)
    return Cassette(header=header, exchanges=exchanges, log=log, name=name)


def _named(bares: list[BareExchange]) -> Iterator[bool]:
    """Of each, whether its id says more than its place."""
    return (bool(bare.id) and bare.id != str(number) for number, bare in enumerate(bares))


def _exchange(bare: BareExchange, number: int) -> Exchange:
    url = bare.url if bare.url and "://" in bare.url else _url(bare.request)
    headers = _JSON if isinstance(bare.request, dict | list) else ()
    request = Request(method="POST", url=url, headers=headers, body=Body.of(_raw(bare.request)))
    if bare.response is None and bare.status not in _STATUSES:
        return Exchange(id=number, started=0.0, request=request)
    body = _raw(bare.response)
    kind = "application/json" if not isinstance(bare.response, str) else _kind(bare.response)
    status = bare.status if bare.status in _STATUSES else 200
    assert status is not None  # None is in no range
    chunks = (Chunk(at=0.0, bytes=body),) if body else ()
    response = Response(status=status, headers=(("content-type", kind),), chunks=chunks)
    return Exchange(id=number, started=0.0, request=request, response=response)


def _of(exchange: Exchange, cassette: Cassette) -> BareExchange:
    response = exchange.response
    body = b"" if response is None else response_text(response)
    return BareExchange(
        id=str(exchange.id),
        server=cassette.header.profile or None,
        status=None if response is None else response.status,
        url=exchange.request.url,
        request=_value(exchange.request.body.join()),
        response=None if response is None else _value(body),
        log=exchange.failure,
    )


def _url(request: object) -> str:
    """By the shape of the request: matching and rules look at its path."""
    keys = request.keys() if isinstance(request, dict) else ()
    return _NOWHERE + next((route for key, route in _ROUTES if key in keys), _ROUTES[0][1])


def _raw(value: object) -> bytes:
    if value is None:
        return b""
    return value.encode("utf-8", "replace") if isinstance(value, str) else jsontext.write(value)


def _value(raw: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """The JSON value; the text where it is none, None for nothing."""
    try:
        return jsontext.read(raw) if raw else None
    except ValueError:
        return raw.decode("utf-8", "replace")


def _kind(text: str) -> str:
    streamed = text.lstrip().startswith(("data:", "event:", "id:", ":"))
    return "text/event-stream" if streamed else "text/plain"
