"""What it costs to compare two recordings, against Python's own difflib on the text of the same requests.

Chats of 100, 300 and 1000 turns that send their whole history each time, streamed, beside themselves with three edits:
a message put in near the beginning, a parameter changed in the middle, another answer near the end. How the time grows
with the turns, and how long it takes; then two live runs of 1000 turns whose every answer differs. The peer is
`difflib.unified_diff` on the JSON of the requests, a message a line, of the shorter chats alone: it reads each history
again, and grows with the square of the turns. Then two texts of 8,000 words of which none is in both, which is what
comparing word by word costs most for. Where DeepDiff is installed (nothing of ours needs it), it compares the
same requests as values.

All times are seconds of the processor, the least of several runs. The exit status is 1 if 1000 turns take longer than a
second, two live runs longer than three, two such texts longer than half a second, or if 1000 turns take more than 15
times what 100 do.

Run it with: nox -s bench        (or: python benchmarks/comparing.py [TURNS ...])
"""

import difflib
import importlib
import json
import math
import sys
import time
from collections.abc import Callable, Sequence

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import Turn
from nexdiag.diff.comparing import compare_cassettes
from nexdiag.diff.words import pieces
from nexdiag.runner.diffing.compare import views_of

URL = "http://127.0.0.1:9/v1/chat/completions"
TURNS = (100, 300, 1000)
PEER = 100
MOST, LIVE, TEXTS, GROWTH = 1.0, 3.0, 0.5, 15.0
RUNS = 3
_QUESTION = "Turn {0}: what does the function in line {1} do, and why does its test fail? " * 4
_ANSWER = "It reads the file in turn {0}, keeps what it has read, and finds it changed{1}. " * 5
_TOOLS = [
    {"type": "function", "function": {"name": f"tool_{n}", "description": "Reads something. " * 9, "parameters": {}}}
    for n in range(8)
]
Bodies = list[dict[str, object]]


def recording(turns: int, *, edited: bool = False, live: str = "") -> tuple[Cassette, Bodies]:
    """A chat, and its requests; `edited` with three edits, `live` with answers of its own."""
    splitter, exchanges, told, bodies = Splitter(), [], [], list[dict[str, object]]()
    messages: list[dict[str, object]] = [{"role": "system", "content": "You are a careful engineer. " * 20}]
    for turn in range(turns):
        if edited and turn == turns // 10:
            messages.append({"role": "user", "content": "<context-warning>Be brief.</context-warning>"})
        messages.append({"role": "user", "content": _QUESTION.format(turn, turn)})
        body = {"model": "m", "messages": list(messages), "stream": True, "tools": _TOOLS}
        if edited and turn == turns // 2:
            body["temperature"] = 1
        said = _ANSWER.format(turn, " again" if edited and turn == turns - 2 else live)
        raw = json.dumps(body, separators=(",", ":")).encode()
        request = Request(method="POST", url=URL, body=splitter.split(raw))
        exchanges.append(
            Exchange(id=turn, started=float(turn), request=request, response=_answer(said, turn, live), turn=turn + 1)
        )
        told.append(Turn(number=turn + 1, said=str(messages[-1]["content"]), reply=said))
        bodies.append(body)
        messages.append({"role": "assistant", "content": said})
    cassette = Cassette(header=Header(model="m"), exchanges=tuple(exchanges), turns=tuple(told))
    return codec.decode(codec.encode(cassette)), bodies


def _answer(text: str, turn: int, live: str) -> Response:
    size = len(text) // 12 + 1
    pieces = [{"content": text[at : at + size]} for at in range(0, len(text), size)]
    events = [
        {"id": f"c{turn}{live}", "choices": [{"index": 0, "delta": piece, "finish_reason": None}]} for piece in pieces
    ]
    events.append({"id": f"c{turn}{live}", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    texts = [*map(json.dumps, events), "[DONE]"]
    chunks = tuple(Chunk(at=0.1 * n, bytes=f"data: {one}\n\n".encode()) for n, one in enumerate(texts))
    return Response(status=200, headers=(("content-type", "text/event-stream"),), chunks=chunks, first_byte=0.1)


def _least(work: Callable[[], object], runs: int = RUNS) -> float:
    best = math.inf
    for _ in range(runs):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def _lines(bodies: Bodies) -> list[str]:
    return json.dumps(bodies, indent=0).split("\n")


def deep(before: Bodies, after: Bodies) -> float | None:
    """Seconds that DeepDiff takes for the same requests as values; None where it is not installed."""
    try:
        differ = importlib.import_module("deepdiff").DeepDiff
    except ImportError:
        return None
    return _least(lambda: differ(before, after), runs=1)


def strangers() -> float:
    """Seconds for two texts on one line that have no word in common, and those of few words that repeat."""
    unlike = [" ".join(f"{n * step:x}" for n in range(1, 8_000)) for step in (1_000_003, 2_000_029)]
    alike = [" ".join(f"w{n * n * step % 37}" for n in range(2_000)) for step in (3, 5)]
    return _least(lambda: (pieces(unlike[0], unlike[1]), pieces(alike[0], alike[1])), runs=1)


def ours(left: Cassette, right: Cassette) -> float:
    """Seconds to compare two recordings that have been read, by the rules of matching."""
    return _least(lambda: compare_cassettes(left, right, views=views_of(())))


def main(arguments: Sequence[str]) -> int:
    """Print a table; give the exit status."""
    sizes = [int(one) for one in arguments] or list(TURNS)
    taken = {}
    print(f"{'turns':>6} {'seconds':>9} {'us/turn':>9} {'news':>5}")
    for turns in sizes:
        (left, _), (right, _) = recording(turns), recording(turns, edited=True)
        found = compare_cassettes(left, right, views=views_of(()))
        news = sum(not one.inherited for row in found.rows for one in row.differences)
        taken[turns] = ours(left, right)
        print(f"{turns:>6} {taken[turns]:>9.4f} {taken[turns] / turns * 1e6:>9.0f} {news:>5}")
    longest, shortest = max(taken), min(taken)
    (left, _), (right, _) = recording(longest, live=" one"), recording(longest, live=" two")
    live = ours(left, right)
    print(f"two live runs of {longest} turns, every answer another: {live:.3f} s")
    texts = strangers()
    print(f"texts of 8,000 words, none in both: {texts:.3f} s")
    (_, before), (_, after) = recording(PEER), recording(PEER, edited=True)
    peer = _least(lambda: list(difflib.unified_diff(_lines(before), _lines(after))), runs=1)
    (left, _), (right, _) = recording(PEER), recording(PEER, edited=True)
    print(f"difflib on the JSON of {PEER} turns: {peer:.2f} s, {peer / ours(left, right):.0f} times ours")
    deeply = deep(before, after)
    if deeply is not None:
        print(f"DeepDiff on the same {PEER} turns: {deeply:.2f} s, {deeply / ours(left, right):.0f} times ours")
    growth = taken[longest] / taken[shortest]
    print(f"{longest / shortest:.0f} times the turns: {growth:.1f} times the time")
    late = taken[longest] > MOST or live > LIVE or texts > TEXTS or growth > GROWTH * longest / shortest / 10
    slow = longest == max(TURNS) and late
    return int(slow)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
