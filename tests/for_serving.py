"""Small recordings to be served in tests, and a client that asks for them and knows nothing of ours."""

import http.client
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from nexdiag.codec import cassette as codec
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.replayed import TurnVerdict
from nexdiag.core.turn import Turn

HOST = "http://model.example:8000"
CHAT = "/v1/chat/completions"


def body(*said: str, **more: object) -> dict[str, Any]:
    """A request in which user and assistant take turns."""
    roles = ("user", "assistant")
    return {
        "model": "m",
        "messages": [{"role": roles[at % 2], "content": text} for at, text in enumerate(said)],
        **more,
    }


def exchange(  # noqa: PLR0913 - each is a field
    number: int,
    *said: str,
    turn: int | None = 1,
    session: str = "",
    path: str = CHAT,
    status: int = 200,
    answer: str = "",
    asked: dict[str, Any] | None = None,
) -> Exchange:
    """One round trip of a chat."""
    told = answer or json.dumps({"choices": [{"message": {"role": "assistant", "content": f"answer {number}"}}]})
    return Exchange(
        id=number,
        started=1000.0 + number,
        request=Request(
            method="POST", url=HOST + path, body=Body.of(json.dumps(body(*said) if asked is None else asked).encode())
        ),
        response=Response(
            status=status,
            headers=(("content-type", "application/json"),),
            chunks=(Chunk(at=0.1, bytes=told.encode()),),
        ),
        duration=0.1,
        turn=turn,
        session=session,
    )


def cassette(*exchanges: Exchange, **header: object) -> Cassette:
    """A recording with the turns that its exchanges name."""
    keys = dict.fromkeys((one.session, one.turn) for one in exchanges if one.turn is not None)
    turns = (Turn(number=number, session=session, said=f"said {number}") for session, number in keys)
    return Cassette(
        header=msgspec.structs.replace(Header(origin=f"{HOST}/v1", model="m", created=1000.0), **header),
        turns=tuple(turns),
        exchanges=exchanges,
    )


def write(path: Path, *exchanges: Exchange, **header: object) -> Path:
    """The same in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(codec.encode(cassette(*exchanges, **header)))
    return path


def ask(url: str, value: object, *, path: str = CHAT, method: str = "POST") -> tuple[int, str]:
    """Status and body."""
    where = urlsplit(url)
    line = http.client.HTTPConnection(where.hostname or "", where.port or 0, timeout=20)
    try:
        raw = json.dumps(value).encode()
        line.request(method, path, raw if method == "POST" else None, {"content-type": "application/json"})
        answer = line.getresponse()
        return answer.status, answer.read().decode()
    finally:
        line.close()


def outcomes(turns: Iterable[TurnVerdict]) -> list[str]:
    """`2 changed`: number and outcome of each turn."""
    return [f"{turn.number} {turn.outcome}" for turn in turns]
