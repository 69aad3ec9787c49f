"""What it costs to judge a recording and a bare request, against reading the same JSON with Python's own reader.

For chats of 100, 300 and 1000 turns that send their whole history each time, with tools, and stream their answers in 12
pieces: exchanges judged in a second, how the time grows with the turns, and the memory that judging takes at most. The
peer reads, with json.loads, what any judge has to read: each new message once, and each event of each stream. Then a
bare request of 180 kB: milliseconds to read and judge it, against json.loads of the same line.

All times are seconds of the processor, the least of several runs, so that what else the machine does counts little. No
text is judged twice: each run has words of its own, and finds nothing remembered of another. The exit status is 1 if
fewer than 5,000 exchanges are judged in a second, or the bare request takes longer than 2 ms. Both want
`ahocorasick_rs`, which looks for the letters of all secrets at once; without it the bare request takes twice as long.

Run it with: nox -s bench        (or: python benchmarks/linting.py [TURNS ...])
"""

import json
import math
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
from nexdiag.lint.seen.bare import decode_bare

URL = "http://127.0.0.1:9/v1/chat/completions"
TURNS = (100, 300, 1000)
BARE = 180_000
LEAST = 5000
"""Exchanges in a second, of the longest chat."""
MOST = 0.002
"""Seconds for the bare request."""
RUNS = 3
BARE_RUNS = 51
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


def recording(turns: int, run: int = 0) -> Cassette:
    """A chat with a tool call in every third turn; each run has words of its own."""
    splitter, exchanges = Splitter(), []
    messages: list[dict[str, object]] = [{"role": "system", "content": "You are a careful engineer. " * 20}]
    for turn in range(run * 100_000, run * 100_000 + turns):
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


def bare(size: int = BARE, run: int = 0) -> str:
    """A request of about that many bytes, as agents send them: tools, calls, results, code."""
    messages: list[dict[str, object]] = [{"role": "system", "content": "You are a careful engineer. " * 40}]
    turn, written = run * 1000, 0
    while written < size - 5000:
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
        written += sum(len(json.dumps(message)) + 2 for message in messages[-4:])
        turn += 1
    messages.append({"role": "user", "content": "And now?"})
    return json.dumps({"model": "m", "messages": messages, "stream": True, "tools": _TOOLS})


def seconds(once: Callable[[], object]) -> float:
    """Seconds of the processor that doing it takes."""
    began = time.process_time()
    once()
    return time.process_time() - began


def texts(cassette: Cassette) -> list[bytes]:
    """What has to be read of a recording: each message once, and the events of all streams."""
    found = []
    last = cassette.exchanges[-1].request.body.last_link("messages")
    if last is not None:
        found += [link.raw for link in last.chain()]
    for exchange in cassette.exchanges:
        chunks = exchange.response.chunks if exchange.response is not None else ()
        found += [chunk.bytes[6:] for chunk in chunks if not chunk.bytes.startswith(b"data: [DONE]")]
    return found


def judged(turns: int) -> tuple[float, float, float]:
    """Seconds to judge such a recording, seconds of the peer, and megabytes of memory."""
    vllm, ours, theirs = named("vllm"), [], []
    for run in range(RUNS):
        cassette = recording(turns, run)
        ours.append(seconds(lambda cassette=cassette: judge(cassette, vllm)))
        read = texts(cassette)
        theirs.append(seconds(lambda read=read: [json.loads(text) for text in read]))
    assert not [one for one in judge(cassette, vllm) if one.weighs]
    tracemalloc.start()
    judge(cassette, vllm)
    memory = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return min(ours), min(theirs), memory


def judged_bare() -> float:
    """Print what a bare request costs, and give it: seconds."""
    vllm, ours, theirs = named("vllm"), [], []
    for run in range(BARE_RUNS):
        line = f'{{"request": {bare(run=run)}}}'
        ours.append(seconds(lambda line=line: judge_bare(decode_bare(line), vllm)))
        theirs.append(seconds(lambda line=line: json.loads(line)))
    print(
        f"bare request of {len(line) / 1000:.0f} kB, {len(json.loads(line)['request']['messages'])} messages:"
        f" {min(ours) * 1e3:.2f} ms ({min(ours) / min(theirs):.2f} times json.loads)"
    )
    return min(ours)


def verdict(speed: float, cost: float) -> int:
    """Print whether the floors are kept; 1 if not."""
    kept = speed >= LEAST and cost <= MOST
    print(f"at least {LEAST:,} exchanges/s and at most {MOST * 1e3:.0f} ms: {'met' if kept else 'MISSED'}")
    return int(not kept)


def main(turns: tuple[int, ...]) -> int:
    """Print the table; 1 where a floor is not kept."""
    taken: dict[int, float] = {}
    print("turns   exchanges/s   ms for all   ms json.loads of the same   ratio   MB of memory")
    for count in turns:
        taken[count], peer, memory = judged(count)
        print(
            f"{count:5}   {count / taken[count]:11,.0f}   {taken[count] * 1e3:10.1f}   {peer * 1e3:25.1f}"
            f"   {taken[count] / peer:5.2f}   {memory:12.1f}"
        )
    first, last = min(turns), max(turns)
    if first != last:
        exponent = math.log(taken[last] / taken[first]) / math.log(last / first)
        print(f"growth from {first} to {last} turns: exponent {exponent:.2f} (1 is linear in new text)")
    return verdict(last / taken[last], judged_bare())


if __name__ == "__main__":
    sys.exit(main(tuple(int(word) for word in sys.argv[1:]) or TURNS))
