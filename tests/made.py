"""Requests and exchanges made by hand, for tests of replay."""

import json
from typing import Any

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Chunk, Exchange, Request, Response

URL = "http://h/v1/chat/completions"


def user(text: str) -> dict[str, Any]:
    """A user's message."""
    return {"role": "user", "content": text}


def said(text: str) -> dict[str, Any]:
    """A model's message."""
    return {"role": "assistant", "content": text}


def chat(*messages: dict[str, Any], splitter: Splitter | None = None, url: str = URL, **fields: object) -> Request:
    """A chat request; kept in parts where a splitter is given."""
    raw = json.dumps({"model": "m", "messages": list(messages), **fields}).encode()
    return Request(method="POST", url=url, body=splitter.split(raw) if splitter is not None else Body.of(raw))


def recorded(  # noqa: PLR0913 - all of an exchange that tests look at
    number: int, request: Request, *, turn: int | None = 1, status: int = 200, body: bytes = b"{}", session: str = ""
) -> Exchange:
    """An exchange with a plain answer."""
    response = Response(
        status=status, headers=(("content-type", "application/json"),), chunks=(Chunk(at=0.1, bytes=body),)
    )
    return Exchange(id=number, started=float(number), request=request, response=response, turn=turn, session=session)
