"""What it costs to find a request in a recording, against vcrpy matching on method, URI and body, in the same run.

For chats of 10, 100, 300 and 1000 turns that send their whole history each time: seconds to make our index; to find
the last turn once more, and to split the request before by the splitter that read the recording, which counts against
us; the same where the date in the system prompt is another, so that it is found by rule, and all is read by rules
first; and vcrpy's for the very same request. Then how our look-up grows, and the seconds that a whole replay of 1000
turns through our executor takes.

Run it with: nox -s bench        (or: pip install vcrpy; python benchmarks/matching.py [TURNS ...])
"""

import asyncio
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
from vcr.cassette import Cassette as VcrCassette
from vcr.matchers import body, method, uri
from vcr.request import Request as VcrRequest

from nexdiag.capture.transport import RecordingTransport
from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.codec.scenario import of_texts
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.lint import profiles
from nexdiag.replay.matching.matcher import Match, Matcher
from nexdiag.runner.host import recording as recording_to
from nexdiag.runner.load import load
from nexdiag.runner.play import Stage, play, telling
from nexdiag.runner.replaying.rerun import rerun

URL = "http://127.0.0.1:9/v1/chat/completions"
BEGAN = 1767225600.0
LATER = BEGAN + 40 * 86400
TURNS = (10, 100, 300, 1000)
QUESTION = "Turn {}: what does the function in line {} do, and why does the test of it fail on the second run? "
ANSWER = "It reads the file in turn {}, keeps what it has read, and the second run finds it changed. "
PROMPT = "You are a careful engineer. Today is {}. " + "Look before you change something, and say what you did. " * 8
_WANTED = 1000
_UNITS = {"index": 1e3, "split": 1e6, "find": 1e6, "find first": 1e3, "rule": 1e6, "rule first": 1e3}
_LONG = 1.0
"""Seconds from which a look-up of theirs is not repeated: at 1000 turns one takes most of a minute."""


def bodies(turns: int, day: str = "2026-01-01") -> Iterator[bytes]:
    """The request bodies of a chat that sends its whole history each time."""
    messages: list[dict[str, str]] = [{"role": "system", "content": PROMPT.format(day)}]
    for turn in range(turns):
        messages.append({"role": "user", "content": QUESTION.format(turn, turn) * 4})
        yield json.dumps({"model": "m", "messages": messages, "stream": True}, separators=(",", ":")).encode()
        messages.append({"role": "assistant", "content": ANSWER.format(turn) * 5})


def answer(turn: int) -> Response:
    """What a server says to a turn."""
    told = {"index": 0, "delta": {"role": "assistant", "content": ANSWER.format(turn) * 5}, "finish_reason": "stop"}
    event = json.dumps({"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [told]})
    pieces = (b"data: %s\n\n" % event.encode(), b"data: [DONE]\n\n")
    chunks = tuple(Chunk(at=0.1 * at, bytes=piece) for at, piece in enumerate(pieces))
    return Response(status=200, headers=(("content-type", "text/event-stream"),), chunks=chunks)


def recording(turns: int) -> bytes:
    """The chat as a cassette."""
    splitter = Splitter()
    exchanges = tuple(
        Exchange(
            id=turn,
            started=BEGAN + turn,
            request=Request(method="POST", url=URL, body=splitter.split(raw)),
            response=answer(turn),
            turn=turn + 1,
        )
        for turn, raw in enumerate(bodies(turns))
    )
    return codec.encode(Cassette(header=Header(origin="http://127.0.0.1:9/v1", model="m"), exchanges=exchanges))


def fastest(once: Callable[[], object], times: int) -> float:
    """Median seconds of doing it."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        once()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def ours(turns: int) -> dict[str, float]:
    """Seconds to index, to find the last turn once more, and to find it by rule."""
    splitter = Splitter()
    cassette = codec.decode(recording(turns), splitter=splitter)
    began = time.perf_counter()
    matcher = Matcher(cassette.exchanges)
    told = {"index": time.perf_counter() - began}
    for key, day in (("find", "2026-01-01"), ("rule", "2026-02-10")):
        *_, last = bodies(turns, day)
        asked = Request(method="POST", url=URL, body=splitter.split(last))

        def once(asked: Request = asked) -> None:
            assert isinstance(matcher.find(asked, now=LATER), Match)

        began = time.perf_counter()
        once()
        told[f"{key} first"] = time.perf_counter() - began
        told["split"] = fastest(partial(splitter.split, last), 51)
        told[key] = fastest(once, 201)
    return told


def theirs(turns: int) -> float:
    """Seconds for vcrpy to find the last turn once more."""
    played = VcrCassette("nowhere", match_on=(method, uri, body))
    headers = {"content-type": "application/json"}
    for turn, raw in enumerate(bodies(turns)):
        answered = {"status": {"code": 200, "message": ""}, "headers": {}, "body": {"string": answer(turn).body}}
        played.append(VcrRequest("POST", URL, raw, headers), answered)
    asked = VcrRequest("POST", URL, raw, headers)
    began = time.perf_counter()
    assert asked in played
    first = time.perf_counter() - began
    return first if first > _LONG else fastest(lambda: asked in played, 5)


class AtOnce(httpx.AsyncBaseTransport):
    """An endpoint that has its answer ready."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The same for every request."""
        await request.aread()
        body = b"".join(chunk.bytes for chunk in answer(0).chunks)
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)


def replayed(turns: int) -> tuple[float, float]:
    """Seconds to load a recording of our executor, and to replay it whole."""
    scenario = of_texts("bench", [QUESTION.format(turn, turn) * 4 for turn in range(turns)])
    endpoint = Endpoint(base_url="http://127.0.0.1:9/v1", model="m", profile=profiles.UNKNOWN, window=2**40)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "bench.cassette.jsonl"
        with recording_to(path, endpoint, scenario) as recorder:
            transport = RecordingTransport(AtOnce(), recorder)
            asyncio.run(play(scenario, Stage(endpoint=endpoint, transport=transport, tell=telling(recorder))))
        began, splitter = time.perf_counter(), Splitter()
        cassette = load(path, splitter=splitter)
        loaded = time.perf_counter()
        run = rerun(cassette, splitter=splitter)
    assert {turn.outcome for turn in run.replayed} == {"exact"}
    return loaded - began, time.perf_counter() - loaded


def main(lengths: list[int]) -> None:
    """Print a row for each length of chat."""
    heads = ("index ms", "split µs", "find µs", "first find ms", "by rule µs", "first by rule ms", "vcrpy ms", "ratio")
    print("turns" + "".join(f"{head:>18}" for head in heads))
    found: dict[int, float] = {}
    ratio = 0.0
    for turns in lengths:
        told, other = ours(turns), theirs(turns)
        found[turns], ratio = told["find"], other / (told["split"] + told["find"])
        cells = "".join(f"{told[key] * unit:18.2f}" for key, unit in _UNITS.items())
        print(f"{turns:<5}{cells}{other * 1e3:18.1f}{f'×{ratio:,.0f}':>18}", flush=True)
    few, many = lengths[0], lengths[-1]
    if few < many:
        print(f"growth of one look-up from {few} to {many} turns: exponent "
              f"{math.log(found[many] / found[few]) / math.log(many / few):.2f}")  # fmt: skip
    verdict = "met" if ratio >= _WANTED else "MISSED"
    print(f"at {many} turns at least {_WANTED} times faster than vcrpy on body: {verdict}")
    loading, whole = replayed(many)
    print(f"a whole replay of {many} turns through our executor: {whole:.2f} s (and {loading:.2f} s to load them)")


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or list(TURNS))
