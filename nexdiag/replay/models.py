"""The list of models for clients that ask for one where none was recorded: made from what the requests name. Pure.

Many clients ask `GET /v1/models` before they begin. A recording seldom holds it, and its requests tell which models
there are. Such an answer carries `x-nexdiag-made: models`, so that nobody takes it for a recorded one. One that was
recorded is answered as often as it is asked for: it changes no conversation.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request
from nexdiag.replay.playback import Piece, Playback, playback

MADE = "x-nexdiag-made"
"""The field that marks an answer that was made, and says of what kind it is."""
_MADE_ID = -1
"""The id of an exchange that is in no recording."""
_PATH = re.compile(r"(?:/[^?]*)?/models(?:/(?P<name>[^?]+))?/?")
_OK = 200
_LATEST = 253402300799.0
"""The last second that a date can be written of."""


class _Named(msgspec.Struct):
    model: str = ""


_named = msgspec.json.Decoder(_Named)


def made_models(exchanges: Iterable[Exchange]) -> Callable[[Request], Playback | None]:
    """What answers a request for models by the models that these exchanges asked for; None to any other request.

    A path that the recording holds a GET of is never answered so: then what it answered is known, and if it was a
    success, it is the answer again and again, for each client that begins.
    """
    names: dict[str, float] = {}
    held: set[str] = set()
    lists: dict[str, Exchange] = {}
    for exchange in exchanges:
        request = exchange.request
        if request.method == "GET":
            held.add(_bare(request.path))
            if _lists_models(exchange):
                lists[request.path] = exchange  # the last is the newest
        name = _model(request.body)
        if name:
            names.setdefault(name, exchange.started)

    def make(request: Request) -> Playback | None:
        if request.method == "GET" and request.path in lists:
            return playback(lists[request.path])
        path = _bare(request.path)
        found = _PATH.fullmatch(path) if request.method == "GET" and path not in held and names else None
        if found is None:
            return None
        shape = _anthropic if request.header("anthropic-version") else _openai
        asked = found["name"]
        if asked is None:
            return _played(request, shape(names))
        name = unquote(asked).rstrip("/")
        return _played(request, shape({name: names[name]})["data"][0]) if name in names else None

    return make


def _lists_models(exchange: Exchange) -> bool:
    """Whether it is a whole answer to a request for models, and no error."""
    response = exchange.response
    whole = response is not None and response.status == _OK and exchange.failure is None
    return whole and _PATH.fullmatch(_bare(exchange.request.path)) is not None


def _bare(path: str) -> str:
    return path.partition("?")[0]


def _model(body: Body) -> str:
    """The model that a request names; empty if it names none."""
    try:
        if body.raw is not None:
            return _named.decode(body.raw).model
        named = (one.value for one in body.fields if one.key == b'"model"' and isinstance(one.value, bytes))
        return next((msgspec.json.decode(value, type=str) for value in named), "")
    except (ValueError, RecursionError):
        return ""


def _openai(names: dict[str, float]) -> dict[str, Any]:
    data = [
        {"id": name, "object": "model", "created": int(_date(at)), "owned_by": "nexdiag"} for name, at in names.items()
    ]
    return {"object": "list", "data": data}


def _anthropic(names: dict[str, float]) -> dict[str, Any]:
    data = [
        {
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": datetime.fromtimestamp(_date(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for name, at in names.items()
    ]
    return {"data": data, "has_more": False, "first_id": data[0]["id"], "last_id": data[-1]["id"]}


def _date(at: float) -> float:
    return at if 0 <= at <= _LATEST else 0.0


def _played(request: Request, value: dict[str, Any]) -> Playback:
    body = msgspec.json.encode(value)
    headers = (("content-type", "application/json"), ("content-length", str(len(body))), (MADE, "models"))
    return Playback(
        exchange=Exchange(id=_MADE_ID, started=0.0, request=request),
        status=200,
        headers=headers,
        pieces=(Piece(0.0, body),),
    )
