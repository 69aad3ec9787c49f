"""What a recording of a chat costs, against vcrpy in the same run: bytes on disk, load, and finding the last turn.

Run it with: nox -s bench        (or: pip install vcrpy; python benchmarks/recording.py [TURNS ...])
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from vcr.cassette import Cassette as VcrCassette
from vcr.matchers import body, method, uri
from vcr.request import Request as VcrRequest
from vcr.serializers import jsonserializer

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.replay.matching import Matcher, Miss

URL = "http://127.0.0.1:8080/v1/chat/completions"
QUESTION = "Turn {}: what does the function in line {} do, and why does the test of it fail on the second run? "
ANSWER = "It reads the file in turn {}, keeps what it has read, and the second run finds it changed. "
TURNS = (10, 100, 300, 1000)


def bodies(turns: int) -> list[bytes]:
    """The request bodies of a chat that sends its whole history each time."""
    messages: list[dict[str, str]] = [{"role": "system", "content": "You are a careful engineer. " * 20}]
    sent = []
    for turn in range(turns):
        messages.append({"role": "user", "content": QUESTION.format(turn, turn) * 3})
        sent.append(json.dumps({"model": "m", "messages": messages, "stream": True}, separators=(",", ":")).encode())
        messages.append({"role": "assistant", "content": ANSWER.format(turn) * 5})
    return sent


def answer(turn: int) -> bytes:
    """The streamed answer of a turn."""
    words = (ANSWER.format(turn) * 5).split()
    return b"".join(b'data: {"choices":[{"index":0,"delta":{"content":"%s "}}]}\n\n' % word.encode() for word in words)


def ours(sent: list[bytes], path: Path) -> tuple[float, float, float]:
    """Seconds to write, to load, and to find the last turn."""

    def write() -> None:
        splitter = Splitter()
        exchanges = tuple(
            Exchange(
                id=turn,
                started=float(turn),
                request=Request(method="POST", url=URL, body=splitter.split(raw)),
                response=Response(status=200, chunks=(Chunk(at=0.1, bytes=answer(turn)),)),
            )
            for turn, raw in enumerate(sent)
        )
        path.write_bytes(codec.encode(Cassette(header=Header(), exchanges=exchanges)))

    writing = timed(write)
    splitter = Splitter()
    loaded: list[Cassette] = []
    loading = timed(lambda: loaded.append(codec.decode(path.read_bytes(), splitter=splitter)))
    matcher = Matcher(loaded[0].exchanges)
    last = Request(method="POST", url=URL, body=Body.of(sent[-1]))

    def find() -> None:
        split = Request(method="POST", url=URL, body=splitter.split(last.body.join()))
        assert not isinstance(matcher.take(split), Miss)

    return writing, loading, timed(find)


def vcrpy(sent: list[bytes], path: Path) -> tuple[float, float, float]:
    """The same with vcrpy, JSON, matching on method, URI and body."""

    def write() -> None:
        rows = [
            {
                "request": {"method": "POST", "uri": URL, "body": raw.decode(), "headers": {}},
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {},
                    "body": {"string": answer(turn).decode()},
                },
            }
            for turn, raw in enumerate(sent)
        ]
        path.write_text(jsonserializer.serialize({"version": 1, "interactions": rows}))

    writing = timed(write)
    loaded: list[VcrCassette] = []

    def load() -> None:
        options = {"path": str(path), "serializer": jsonserializer, "match_on": (method, uri, body)}
        loaded.append(VcrCassette.load(**options))

    loading = timed(load)
    finding = timed(lambda: loaded[0].play_response(VcrRequest("POST", URL, sent[-1], {})))
    return writing, loading, finding


def timed(work: Callable[[], None]) -> float:
    """Seconds that it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Print a row for each length of chat: ours, and vcrpy's as a multiple of ours."""
    lengths = [int(text) for text in sys.argv[1:]] or TURNS
    heads = ("bytes", "write s", "load s", "find last s")
    print("turns" + "".join(f"{head:>24}" for head in heads) + "   (nexdiag, then vcrpy as a multiple)")
    for turns in lengths:
        sent = bodies(turns)
        with tempfile.TemporaryDirectory() as scratch:
            mine, theirs = Path(scratch) / "a.cassette.jsonl", Path(scratch) / "b.json"
            left, right = ours(sent, mine), vcrpy(sent, theirs)
            pairs = [(mine.stat().st_size, theirs.stat().st_size), *zip(left, right, strict=True)]
        cells = [f"{one:,.4g}  ×{other / one:,.1f}" for one, other in pairs]
        print(f"{turns:<5}" + "".join(f"{cell:>24}" for cell in cells))


if __name__ == "__main__":
    main()
