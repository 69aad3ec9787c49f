"""Whatever holds requests → requests: bodies, requests of HTTP clients, exchanges, recordings, lists of them. Pure.

No client is imported: each is known by what it has. Unknown is told, never guessed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.codec.encodings import plain_request
from nexdiag.core.body import Body
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange, Request

_SENT = "sent"
"""Where a tape keeps what was sent now, beside answers that were recorded at another time."""
_HOLDERS = (_SENT, "exchanges", "requests", "cassette")
_WRAPPERS = ("http_request", "request")
"""Where responses of openai's SDK and of httpx, and calls of test doubles, keep their request."""
_HINT = (
    "give a request, its body (a dict, bytes or text), a response, an exchange, a recording, a recorder, or a list of "
    "these"
)
_DEEPEST = 8
"""Lists within lists, and holders of holders."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One request."""

    request: Request
    at: float | None = None
    """When it was sent, in Unix seconds; None for now."""


def requests_of(given: object) -> list[Sent]:
    """The requests in order; chats share what they repeat. Raises UsageError for what holds none."""
    splitter = Splitter()
    return [_shared(one, splitter) for one in _found(given, 0)]


def _found(given: Any, depth: int) -> Iterator[Sent]:  # noqa: ANN401 - anything
    if depth > _DEEPEST:
        raise _unknown(given)
    one = _alone(given)
    if one is not None:
        yield one
    elif (wrapped := _wrapped(given)) is not None:
        yield from _found(wrapped, depth + 1)
    elif (request := _of_client(given)) is not None:
        yield Sent(request=request)
    else:
        name, held = _held(given)
        for entry in held:
            for sent in _found(entry, depth + 1):
                yield msgspec.structs.replace(sent, at=None) if name == _SENT else sent


def _alone(given: object) -> Sent | None:
    """What is one of our own words, or a body. Raises UsageError for a URL: it is no body."""
    if isinstance(given, str) and given.startswith(("http://", "https://")):
        raise UsageError(f"wanted what holds requests, found the URL {given}", hint=_HINT)
    if isinstance(given, Exchange):
        return Sent(request=given.request, at=given.started or None)
    if isinstance(given, Mapping | bytes | bytearray | memoryview | str):
        return Sent(request=Request(method="", url="", body=Body.of(_raw(given))))
    return Sent(request=given) if isinstance(given, Request) else given if isinstance(given, Sent) else None


def _wrapped(given: Any) -> object | None:  # noqa: ANN401 - anything
    """The request of a response: looked for first, since a response has a method and a URL as well."""
    held = (_part(given, name) for name in _WRAPPERS)
    return next((cast("object", one) for one in held if one is not None and not callable(one)), None)


def _part(given: Any, name: str) -> Any:  # noqa: ANN401 - anything
    """One of its attributes; None where it has none, and where httpx has not set it."""
    try:
        return getattr(given, name, None)
    except RuntimeError:
        return None


def _held(given: Any) -> tuple[str, Iterable[object]]:  # noqa: ANN401 - anything
    """What it holds, and under which name: exchanges and requests of a recorder, the entries of a list."""
    for name in _HOLDERS:
        held = _part(given, name)
        held = held() if callable(held) else held
        if isinstance(held, Iterable) and not isinstance(held, str | bytes):
            return name, held
        if name == "cassette" and held is not None:
            return name, (held,)
    if isinstance(given, Iterable):
        return "", given
    raise _unknown(given)


def _of_client(given: Any) -> Request | None:  # noqa: ANN401 - anything
    """A request of httpx, requests, urllib, vcrpy or the like; None for what is none."""
    method = given.get_method() if callable(getattr(given, "get_method", None)) else getattr(given, "method", None)
    url = next((str(found) for name in ("full_url", "url", "uri") if (found := _part(given, name))), None)
    if not isinstance(method, str | bytes) or url is None:
        return None
    read = getattr(given, "read", None)
    names = ("content", "body", "data")
    body = read() if callable(read) else next((getattr(given, name) for name in names if hasattr(given, name)), b"")
    named = getattr(given, "headers", None)
    items = named.items() if named is not None and hasattr(named, "items") else ()
    headers = tuple((_text(name).lower(), _text(value)) for name, value in items)
    request = Request(method=_text(method), url=url, headers=headers, body=Body.of(_raw(body or b"")))
    return plain_request(request)


def _text(given: object) -> str:
    return given.decode("latin-1") if isinstance(given, bytes) else str(given)


def _raw(given: object) -> bytes:
    """The bytes of a body."""
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given)
    if isinstance(given, str):
        return given.encode("utf-8", "surrogatepass")
    try:
        return json.dumps(given, separators=(",", ":"), allow_nan=False, default=_no_json).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"wanted a request's body, found what JSON cannot say: {error}", hint=_HINT) from None


def _no_json(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__}")


def _shared(sent: Sent, splitter: Splitter) -> Sent:
    """The same; its body shares what an earlier one said."""
    raw = sent.request.body.raw
    if not raw:
        return sent
    return msgspec.structs.replace(sent, request=msgspec.structs.replace(sent.request, body=splitter.split(raw)))


def _unknown(given: object) -> UsageError:
    return UsageError(f"wanted what holds requests, found a {type(given).__name__}", hint=_HINT)
