"""What recording a chat costs, against the same client bare and against vcrpy, in the same run.

For chats of 10, 100, 300 and 1000 turns: bytes on disk, seconds to record, to load and to find the last turn, peak
memory to load; what is added to the first byte and to each chunk; and how size, record and load grow from 100 turns
to 1000 (exponent 1: with the new text; 2: with its square).

Run it with: nox -s bench        (or: pip install vcrpy; python benchmarks/recording.py [TURNS ...])
"""

import contextlib
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import vcr
from vcr.cassette import Cassette as VcrCassette
from vcr.matchers import body, method, uri
from vcr.request import Request as VcrRequest
from vcr.serializers import jsonserializer

from nexdiag.capture.recorder import Recorder
from nexdiag.capture.redaction.redact import Redactor
from nexdiag.capture.transport import RecordingTransport
from nexdiag.capture.writer import Writer
from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Body, Splitter
from nexdiag.core.cassette import Header
from nexdiag.core.exchange import Request
from nexdiag.endpoint import serving
from nexdiag.replay.matching.matcher import Matcher, Miss

QUESTION = "Turn {}: what does the function in line {} do, and why does the test of it fail on the second run? "
ANSWER = "It reads the file in turn {}, keeps what it has read, and the second run finds it changed. "
EVENT = (
    b'data: {"id":"chatcmpl-%d","object":"chat.completion.chunk","created":1767225600,"model":"m",'
    b'"choices":[{"index":0,"delta":{"content":" %s"},"finish_reason":null}]}\n\n'
)
TURNS = (10, 100, 300, 1000)
KINDS = ("bare", "nexdiag", "vcrpy")


def bodies(turns: int) -> Iterator[bytes]:
    """The request bodies of a chat that sends its whole history each time."""
    messages: list[dict[str, str]] = [{"role": "system", "content": "You are a careful engineer. " * 20}]
    for turn in range(turns):
        messages.append({"role": "user", "content": QUESTION.format(turn, turn) * 4})
        yield json.dumps({"model": "m", "messages": messages, "stream": True}, separators=(",", ":")).encode()
        messages.append({"role": "assistant", "content": ANSWER.format(turn) * 5})


async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's own types
    """Answers at once, in ten events of nine words."""
    if scope["type"] != "http":
        return
    size = 0
    while True:
        came = await receive()
        size += len(came.get("body", b""))
        if not came.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for _ in range(10):
        event = EVENT % (size, b"It reads the file in that turn and keeps it")
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def record(kind: str, turns: int, url: str, path: Path) -> dict[str, float]:
    """Hold the chat, recorded or not: seconds in all, to the first byte and per chunk (medians)."""
    if kind == "vcrpy":
        with contextlib.ExitStack() as held:
            held.enter_context(vcr.VCR(serializer="json").use_cassette(str(path), record_mode=vcr.mode.ALL))
            told = talk(held.enter_context(httpx.Client()), turns, url)
            began = time.perf_counter()  # it writes its file when it ends
        return told | {"seconds": told["seconds"] + time.perf_counter() - began}
    if kind == "bare":
        with httpx.Client() as client:
            return talk(client, turns, url)
    recorder = Recorder(Writer(path, Header()), Redactor(["sk-a-key-that-is-in-use"]))
    with httpx.Client(transport=RecordingTransport(httpx.HTTPTransport(), recorder)) as client:
        told = talk(client, turns, url)
    began = time.perf_counter()
    recorder.close()
    return told | {"seconds": told["seconds"] + time.perf_counter() - began}


def talk(client: httpx.Client, turns: int, url: str) -> dict[str, float]:
    """The chat; what the client itself needs to make a request is not counted."""
    firsts, gaps, total = [], [], 0.0
    for raw in bodies(turns):
        began = time.perf_counter()
        moments = []
        with client.stream("POST", url, content=raw) as response:
            for _ in response.iter_raw():
                moments.append(time.perf_counter())  # noqa: PERF401 - the moment is the point
        ended = time.perf_counter()
        total += ended - began
        firsts.append(moments[0] - began)
        gaps.append((moments[-1] - moments[0]) / max(1, len(moments) - 1))
    return {"seconds": total, "first": statistics.median(firsts), "chunk": statistics.median(gaps)}


def load(kind: str, turns: int, url: str, path: Path) -> dict[str, float]:
    """Read the recording, and find its last turn: seconds of each, and peak memory in KiB."""
    *_, last = bodies(turns)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    if kind == "vcrpy":
        options = {"path": str(path), "serializer": jsonserializer, "match_on": (method, uri, body)}
        theirs = VcrCassette.load(**options)
        loaded = time.perf_counter()
        theirs.play_response(VcrRequest("POST", url, last, {}))
    else:
        splitter = Splitter()
        ours = codec.decode(path.read_bytes(), splitter=splitter)
        loaded = time.perf_counter()
        asked = Request(method="POST", url=url, body=splitter.split(Body.of(last).join()))
        assert not isinstance(Matcher(ours.exchanges).take(asked), Miss)
    ended = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"load": loaded - began, "find": ended - loaded, "memory": memory}


def apart(work: str, kind: str, turns: int, url: str, path: Path) -> dict[str, float]:
    """Do it in a process of its own, so that memory and caches are its own."""
    command = [sys.executable, __file__, work, kind, str(turns), url, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this very file
    told: dict[str, float] = json.loads(done.stdout)
    return told


def measured(kind: str, turns: int, url: str, scratch: Path) -> dict[str, float]:
    """All that is measured of one way to record one chat."""
    path = scratch / (f"{turns}.cassette.jsonl" if kind == "nexdiag" else f"{kind}-{turns}.json")
    told = apart("record", kind, turns, url, path)
    if kind == "bare":
        return told
    told |= apart("load", kind, turns, url, path) | {"bytes": path.stat().st_size}
    path.unlink()
    return told


def main(lengths: list[int]) -> None:
    """Print a row for each length of chat: ours, and vcrpy's as a multiple of ours."""
    columns = {"bytes": 1, "seconds": 1, "load": 1000, "find": 1000, "memory": 1 / 1024}
    heads = ("bytes", "record s", "load ms", "find last ms", "memory MiB")
    print("turns" + "".join(f"{head:>22}" for head in heads) + "   +first byte ms  +chunk µs")
    seen: dict[int, dict[str, dict[str, float]]] = {}
    with serving.running(app) as server, tempfile.TemporaryDirectory() as scratch:
        url = f"{server}/v1/chat/completions"
        for turns in lengths:
            rows = seen[turns] = {kind: measured(kind, turns, url, Path(scratch)) for kind in KINDS}
            bare, ours, theirs = (rows[kind] for kind in KINDS)
            cells = [f"{ours[key] * by:,.4g} ×{theirs[key] / max(ours[key], 1e-9):,.1f}" for key, by in columns.items()]
            added = f"{(ours['first'] - bare['first']) * 1e3:17.2f}{(ours['chunk'] - bare['chunk']) * 1e6:11.1f}"
            print(f"{turns:<5}" + "".join(f"{cell:>22}" for cell in cells) + added, flush=True)
    if {100, 1000} <= set(lengths):
        for key in ("bytes", "seconds", "load"):
            few, many = (seen[turns]["nexdiag"][key] for turns in (100, 1000))
            if key == "seconds":  # what the client itself needs grows with the square of the turns
                few, many = few - seen[100]["bare"][key], many - seen[1000]["bare"][key]
            print(f"growth of {key} from 100 to 1000 turns: exponent {math.log10(many / few):.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] in (["record"], ["load"]):
        _, work, kind, turns, url, path = sys.argv
        print(json.dumps({"record": record, "load": load}[work](kind, int(turns), url, Path(path))))
    else:
        main([int(text) for text in sys.argv[1:]] or list(TURNS))
