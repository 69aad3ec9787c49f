"""Corpora made by hand, for tests of drift: exchanges with answers that a test may change."""

import copy
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from made import URL, user

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.cassette import SUFFIX, Cassette, Header
from nexdiag.core.drift import Change
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.diff.drift.comparing import compare
from nexdiag.diff.drift.conforming import conform
from nexdiag.diff.drift.corpus import Shapes
from nexdiag.diff.drift.reading import learned

Answer = dict[str, Any]
Alter = Callable[[Answer, int], object]
ANSWER: Answer = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1795390617,
    "model": "m",
    "system_fingerprint": "fp1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Good morning"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
}


def chunk(delta: Answer, reason: str | None = None, **more: object) -> Answer:
    """An event of a chat stream."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1795390617, "model": "m"}
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


def answer(change: Alter | None = None, number: int = 0) -> Answer:
    """An answer of a server, changed by a test."""
    made = copy.deepcopy(ANSWER)
    if change is not None:
        change(made, number)
    return made


def response(value: object, status: int = 200) -> Response:
    """A whole answer; of a list of values, a stream of them; of bytes, these."""
    if isinstance(value, list):
        pieces = [f"data: {json.dumps(one)}\n\n".encode() for one in value] + [b"data: [DONE]\n\n"]
        kind = "text/event-stream"
    else:
        pieces = [value if isinstance(value, bytes) else json.dumps(value).encode()]
        kind = "application/json"
    chunks = tuple(Chunk(at=0.1, bytes=piece) for piece in pieces)
    return Response(status=status, headers=(("content-type", kind),), chunks=chunks)


def exchange(number: int, request: object, answered: Response | None, *, url: str = URL) -> Exchange:
    """One round trip; the request is the body's value, or its bytes."""
    body = Body.of(request) if isinstance(request, bytes) else Splitter().split(json.dumps(request).encode())
    sent = Request(method="POST", url=url, body=body)
    return Exchange(id=number, started=float(number), request=sent, response=answered)


def recorded(*exchanges: Exchange, profile: str = "openai") -> Cassette:
    """A recording of them."""
    return Cassette(header=Header(profile=profile), exchanges=exchanges)


def corpus(count: int, change: Alter | None = None, *, status: int = 200) -> Cassette:
    """So many chats of one turn, with their answers changed."""
    asked = {"model": "m", "messages": [user("Hello")]}
    return recorded(*(exchange(at, asked, response(answer(change, at), status)) for at in range(count)))


def shapes(*cassettes: Cassette) -> Shapes:
    """What is learned of recordings, called a, b, c ..."""
    return learned([(one, chr(97 + place), one.header.profile) for place, one in enumerate(cassettes)])


def changes(left: Cassette, right: Cassette) -> list[Change]:
    """What changed from one to the other."""
    return compare(shapes(left).of(), shapes(right).of())[0]


def against(cassette: Cassette) -> list[Change]:
    """What the published shapes do not say."""
    return conform(shapes(cassette).of())[0]


def told(found: Sequence[Change]) -> set[tuple[str, str, str]]:
    """Weight, kind and place of each."""
    return {(str(one.severity), one.kind, one.pointer) for one in found}


def written(folder: Path, **cassettes: Cassette) -> Path:
    """A directory of recordings."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, one in cassettes.items():
        (folder / f"{name}{SUFFIX}").write_bytes(codec.encode(one))
    return folder
