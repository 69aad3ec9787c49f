"""What it costs to judge a recording and a bare request, against reading the same JSON with Python's own reader.

For chats of 100, 300 and 1000 turns that send their whole history each time, with tools, and stream their answers in 12
pieces: exchanges judged in a second, how the time grows with the turns, and the memory that judging takes at most. Then
a bare request of 180 kB: milliseconds to judge it, against json.loads of its text in the same run.

Run it with: nox -s bench        (or: python benchmarks/linting.py [TURNS ...])
"""

import json
import math
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.lint.engine import judge, judge_bare
from nexdiag.lint.profiles import named
from nexdiag.lint.seen.bare import BareExchange

URL = "http://127.0.0.1:9/v1/chat/completions"
TURNS = (100, 300, 1000)
BARE = 180_000
_PIECES = 12
_QUESTION = "Turn {}: what does the function in line {} do, and why does the test of it fail on the second run? "
_ANSWER = "It reads the file in turn {}, keeps what it has read, and the second run finds it changed. "
_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": f"tool_{number}",
            "description": "Reads something, and says what it has read. " * 3,
            "parameters": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
        },
    }
    for number in range(8)
]


def recording(turns: int) -> Cassette:
    """A chat with a tool call in every third turn."""
    splitter, exchanges = Splitter(), []
    messages: list[dict[str, object]] = [{"role": "system", "content": "You are a careful engineer. " * 20}]
    for turn in range(turns):
        messages.append({"role": "user", "content": _QUESTION.format(turn, turn) * 4})
        if turn % 3 == 0:
            call = {
                "id": f"call_{turn}",
                "type": "function",
                "function": {"name": "tool_1", "arguments": '{"path":"x"}'},
            }
            messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
            messages.append({"role": "tool", "tool_call_id": f"call_{turn}", "content": _ANSWER.format(turn) * 4})
        body = json.dumps({"model": "m", "messages": messages, "stream": True, "tools": _TOOLS}, separators=(",", ":"))
        request = Request(method="POST", url=URL, body=splitter.split(body.encode()))
        exchanges.append(Exchange(id=turn, started=float(turn), request=request, response=_answer(turn), turn=turn + 1))
        messages.append({"role": "assistant", "content": _ANSWER.format(turn) * 5})
    return codec.decode(codec.encode(Cassette(header=Header(model="m"), exchanges=tuple(exchanges))))


def _answer(turn: int) -> Response:
    text = _ANSWER.format(turn) * 5
    size = len(text) // _PIECES + 1
    told = [
        {"index": 0, "delta": {"content": text[at : at + size]}, "finish_reason": None}
        for at in range(0, len(text), size)
    ]
    told.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    lines = [
        json.dumps({"id": f"x{turn}", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [one]})
        for one in told
    ]
    pieces = [f"data: {line}\n\n".encode() for line in [*lines, "[DONE]"]]
    chunks = tuple(Chunk(at=0.1 * at, bytes=piece) for at, piece in enumerate(pieces))
    return Response(status=200, headers=(("content-type", "text/event-stream"),), chunks=chunks)


def bare(size: int = BARE) -> str:
    """A request of about that many bytes, as agents send them: tools, calls, results, code."""
    messages: list[dict[str, object]] = [{"role": "system", "content": "You are a careful engineer. " * 40}]
    turn = 0
    while len(json.dumps(messages)) < size - 5000:
        call = {
            "id": f"call_{turn}",
            "type": "function",
            "function": {"name": "tool_1", "arguments": '{"path":"x.py"}'},
        }
        messages.append({"role": "user", "content": _QUESTION.format(turn, turn) * 3})
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        output = "def f(x):\n    return [x, {}]  # {}\n".format("{}", turn) * 40
        messages.append({"role": "tool", "tool_call_id": f"call_{turn}", "content": output})
        messages.append({"role": "assistant", "content": _ANSWER.format(turn) * 4})
        turn += 1
    messages.append({"role": "user", "content": "And now?"})
    return json.dumps({"model": "m", "messages": messages, "stream": True, "tools": _TOOLS})


def fastest(once: Callable[[], object], times: int) -> float:
    """Median seconds of doing it."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        once()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main(turns: tuple[int, ...]) -> None:
    """Print the table."""
    vllm = named("vllm")
    seconds: dict[int, float] = {}
    print("turns   exchanges/s   ms for all   ms json.loads of its new text   ratio   MB of memory")
    for count in turns:
        cassette = recording(count)
        findings = judge(cassette, vllm)
        assert not [one for one in findings if one.weighs], findings[:3]
        seconds[count] = fastest(lambda cassette=cassette: judge(cassette, vllm), 5)
        new = codec.encode(cassette)
        lines = new.split(b"\n")
        peer = fastest(lambda lines=lines: [json.loads(line) for line in lines if line], 5)
        tracemalloc.start()
        judge(cassette, vllm)
        memory = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(
            f"{count:5}   {count / seconds[count]:11,.0f}   {seconds[count] * 1e3:10.1f}   {peer * 1e3:29.1f}"
            f"   {seconds[count] / peer:5.2f}   {memory:12.1f}"
        )
    first, last = min(turns), max(turns)
    if first != last:
        exponent = math.log(seconds[last] / seconds[first]) / math.log(last / first)
        print(f"growth from {first} to {last} turns: exponent {exponent:.2f} (1 is linear in new text)")
    text = bare()
    request = json.loads(text)
    ours = fastest(lambda: judge_bare(BareExchange(request=request), vllm), 51)
    theirs = fastest(lambda: json.loads(text), 51)
    print(
        f"bare request of {len(text) / 1000:.0f} kB, {len(request['messages'])} messages: {ours * 1e3:.2f} ms"
        f" ({ours / theirs:.2f} times json.loads)"
    )


if __name__ == "__main__":
    main(tuple(int(word) for word in sys.argv[1:]) or TURNS)
