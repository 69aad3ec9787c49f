"""Recordings made by hand for tests of comparisons: a chat with tools, streamed, with a log; and edits of it."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.comparison import Comparison
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine, Turn

URL = "http://127.0.0.1:8080/v1/chat/completions"
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "required": ["a", "b"]}}}
    for name in ("read", "write")
]
Bodies = list[dict[str, Any]]


def bodies(turns: int, *, said: Callable[[int], str] = lambda turn: f"Question number {turn}?") -> Bodies:
    """The requests of a chat, each with its whole history."""
    history: list[dict[str, Any]] = [{"role": "system", "content": "You are careful."}]
    out = []
    for turn in range(1, turns + 1):
        history.append({"role": "user", "content": said(turn)})
        out.append({"model": "m", "messages": list(history), "temperature": 0.5, "tools": TOOLS, "stream": True})
        history.append({"role": "assistant", "content": answer(turn)})
    return json.loads(json.dumps(out))


def answer(turn: int) -> str:
    """What the model says."""
    return f"This is answer {turn} of mine."


def events(
    text: str, *, number: int = 0, pieces: int = 3, finish: str = "stop", usage: int = 7
) -> list[dict[str, Any]]:
    """A streamed answer: role, pieces of the text, finish reason, usage."""
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    size = max(1, -(-len(text) // pieces))
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": text[at : at + size]} for at in range(0, len(text), size)]
    told = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    told.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    counts = {"prompt_tokens": 3, "completion_tokens": usage, "total_tokens": 3 + usage}
    return [*told, {**head, "choices": [], "usage": counts}]


def streamed(told: Sequence[object], *, done: bool = True, every: float = 0.01) -> Response:
    """A stream of these events, a chunk each."""
    texts = [*(json.dumps(one) for one in told), *(["[DONE]"] if done else [])]
    chunks = tuple(Chunk(at=0.1 + every * n, bytes=f"data: {one}\n\n".encode()) for n, one in enumerate(texts))
    return Response(status=200, headers=(("content-type", "text/event-stream"),), chunks=chunks, first_byte=0.1)


def whole(value: object, status: int = 200) -> Response:
    """An answer in one piece."""
    chunk = Chunk(at=0.1, bytes=json.dumps(value).encode())
    return Response(status=status, headers=(("content-type", "application/json"),), chunks=(chunk,), first_byte=0.1)


def exchange(number: int, body: object, response: Response | None, *, url: str = URL) -> Exchange:
    """One round trip of the turn with the number behind."""
    request = Request(method="POST", url=url, body=Splitter().split(json.dumps(body).encode()))
    return Exchange(
        id=number, started=1000.0 + number, request=request, response=response, duration=0.5, turn=number + 1
    )


def recording(
    asked: Bodies, answers: Sequence[Response | None] | None = None, *, live: int = 0, name: str = ""
) -> Cassette:
    """A recording of these requests, one a turn; `live` gives its answers ids of their own."""
    splitter = Splitter()
    told = answers or [streamed(events(answer(n + 1), number=n + live)) for n in range(len(asked))]
    exchanges, turns, log = [], [], []
    for n, (body, response) in enumerate(zip(asked, told, strict=True)):
        one = exchange(n, body, response)
        request = msgspec.structs.replace(one.request, body=splitter.split(json.dumps(body).encode()))
        exchanges.append(msgspec.structs.replace(one, request=request))
        bad = response is None or response.status >= 400
        said = str(body["messages"][-1].get("content"))
        turns.append(Turn(number=n + 1, said=said, outcome="failed" if bad else "answered"))
        log.append(LogLine(at=1000.0 + n, text=f"Turn {n + 1} began, pid {4000 + live}", level="INFO", turn=n + 1))
    header = Header(model="m", origin="http://127.0.0.1:8080/v1", profile="llama.cpp", created=1000.0)
    return Cassette(header=header, exchanges=tuple(exchanges), turns=tuple(turns), log=tuple(log), name=name)


def news(found: Comparison) -> list[tuple[int, Difference]]:
    """What is new and of weight, with its row."""
    return [
        (number, one)
        for number, row in enumerate(found.rows)
        for one in row.differences
        if not one.quiet and not one.inherited and one.aspect != "timing"
    ]


def told(found: Comparison) -> list[tuple[str, str, str]]:
    """Aspect, kind and pointer of what is new and of weight."""
    return [(one.aspect, one.kind, one.pointer) for _, one in news(found)]
