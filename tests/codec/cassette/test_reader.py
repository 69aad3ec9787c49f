"""Promises of `nexdiag.codec.cassette.reader`: what is read, what is told as torn, and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.codec.body import Splitter
from nexdiag.codec.cassette import decode, encode
from nexdiag.core.cassette import FORMAT, Cassette, Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn
from strategies import json_values
from strategies_wire import cassettes

HEADER = b'{"cassette":1}\n'
ASKED = {"method": "POST", "url": "http://h/v1/chat/completions"}


def whole() -> Cassette:
    """A recording with a line of every kind."""
    splitter = Splitter()
    bodies = [splitter.split(b'{"model":"m","messages":[{"c":"h\xc3\xa9"},{"c":"b"}]}'), splitter.split(b"\xff\n")]
    exchanges = tuple(
        Exchange(
            id=number,
            started=10.5 + number,
            request=Request(method="POST", url="http://h/v1", headers=(("a", "b"),), body=body),
            response=Response(
                status=200, first_byte=0.1, chunks=(Chunk(at=0.25, bytes=b"data: \xe2"), Chunk(at=0.5, bytes=b"x\n"))
            ),
            duration=1.5,
            turn=1,
            failure="ReadError: gone",
        )
        for number, body in enumerate(bodies)
    )
    runs = (ToolRun(call_id="c", name="n", arguments="{}", output="o", started=12.5, duration=0.5, turn=1),)
    log = (LogLine(at=13.5, text="line", level="WARN", turn=1), LogLine(at=14.5, text="other"))
    turn = Turn(number=1, said="hi", reply="ho", started=10.0, duration=6, exchanges=exchanges, tool_runs=runs, log=log[:1])
    return Cassette(header=Header(created=9.5, model="m"), turns=(turn,), exchanges=exchanges, tool_runs=runs, log=log)


def test_every_cut_reads_as_far_as_it_goes() -> None:
    """Cut after any byte: whole lines are read, a line that was cut is told, and a cut header is refused."""
    raw = encode(whole())
    header_end = raw.index(b"\n")
    complete = decode(raw)
    for size in range(len(raw)):
        if size < header_end:
            with pytest.raises(CassetteError):
                decode(raw[:size])
            continue
        cut = decode(raw[:size])
        lines = raw[:size].split(b"\n")
        torn = bool(lines[-1]) and not raw[size:].startswith(b"\n")
        assert (cut.tear is not None) == torn, raw[:size][-80:]
        assert cut.tear is None or f"line {len(lines)} is torn" in cut.tear
        read = len(cut.exchanges), len(cut.tool_runs), len(cut.log)
        kinds = [raw[: size + (not torn)].split(b"\n")[: None if not torn else -1].count for _ in ()]
        assert not kinds
        assert read <= (len(complete.exchanges), len(complete.tool_runs), len(complete.log))
        here = raw[:size] if not torn else raw[:size].rpartition(b"\n")[0]
        assert read == (here.count(b'{"exchange":'), here.count(b'{"tool":'), here.count(b'{"log":'))
