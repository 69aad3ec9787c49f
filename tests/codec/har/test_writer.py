"""Promises of `nexdiag.codec.har.writer`: other readers see an ordinary HAR 1.2."""

import base64
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from strategies_wire import cassettes

from nexdiag.codec.encodings import encoded
from nexdiag.codec.har.writer import document
from nexdiag.codec.losses import Losses
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine, ToolRun, Turn

REQUIRED: dict[str, dict[str, type | tuple[type, ...]]] = {
    "log": {"version": str, "creator": dict, "entries": list},
    "creator": {"name": str, "version": str},
    "pages": {"startedDateTime": str, "id": str, "title": str, "pageTimings": dict},
    "entries": {
        "startedDateTime": str,
        "time": (int, float),
        "request": dict,
        "response": dict,
        "cache": dict,
        "timings": dict,
    },
    "request": {
        "method": str,
        "url": str,
        "httpVersion": str,
        "cookies": list,
        "headers": list,
        "queryString": list,
        "headersSize": int,
        "bodySize": int,
    },
    "response": {
        "status": int,
        "statusText": str,
        "httpVersion": str,
        "cookies": list,
        "headers": list,
        "content": dict,
        "redirectURL": str,
        "headersSize": int,
        "bodySize": int,
    },
    "headers": {"name": str, "value": str},
    "queryString": {"name": str, "value": str},
    "postData": {"mimeType": str, "text": str},
    "content": {"size": int, "mimeType": str},
    "timings": {"send": (int, float), "wait": (int, float), "receive": (int, float)},
    "pageTimings": {},
}
"""What HAR 1.2 requires, and of which type (w3c.github.io/web-performance/specs/HAR/Overview.html)."""


def check(name: str, value: Any) -> None:  # noqa: ANN401 - JSON is anything
    """Every object of the archive has what the specification requires; other keys begin with an underscore."""
    for key, kind in REQUIRED[name].items():
        assert isinstance(value[key], kind), (name, key, value)
    for key, inner in value.items():
        if key == "startedDateTime":
            assert datetime.fromisoformat(inner).tzinfo is not None
        if key in REQUIRED:
            for one in inner if isinstance(inner, list) else [inner]:
                check(key, one)
        optional = {"pages", "pageref", "postData", "text", "encoding", "compression", "onContentLoad", "onLoad"}
        assert key in REQUIRED[name] or key in optional or key.startswith("_"), (name, key)


@given(cassettes())
@settings(max_examples=25)
def test_what_is_written_has_all_that_the_specification_requires(cassette: Cassette) -> None:
    """And the entries refer to pages that there are."""
    log = document(cassette)["log"]
    check("log", log)
    pages = {page["id"] for page in log["pages"]}
    assert len(pages) == len({(turn.session, turn.number) for turn in cassette.turns})
    assert {entry["pageref"] for entry in log["entries"] if "pageref" in entry} <= pages


def test_another_reader_sees_the_body_without_its_encoding() -> None:
    """Text as text, bytes as base64, and what the encoding saved."""
    squeezed = encoded(b"plain" * 99, "gzip")
    assert squeezed is not None
    headers = (("content-encoding", "gzip"), ("content-type", "text/plain"))
    whole = Response(status=200, headers=headers, chunks=(Chunk(at=0.0, bytes=squeezed),))
    image = Response(status=200, chunks=(Chunk(at=0.0, bytes=b"\x89PNG"), Chunk(at=0.1, bytes=b"\xff")))
    request = Request(method="POST", url="http://h/?a=1&b=", body=Body.of(b"{}"))
    exchanges = tuple(
        Exchange(id=number, started=7.0, request=request, response=response, duration=0.2)
        for number, response in enumerate((whole, image))
    )
    first, second = document(Cassette(header=Header(), exchanges=exchanges))["log"]["entries"]
    assert first["response"]["content"] == {
        "size": 495,
        "compression": 495 - len(squeezed),
        "mimeType": "text/plain",
        "text": "plain" * 99,
    }
    content = second["response"]["content"]
    assert (base64.b64decode(content["text"]), content["encoding"]) == (b"\x89PNG\xff", "base64")
    assert first["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "b", "value": ""}]
    assert first["request"]["postData"]["text"] == "{}"


def test_turns_are_pages_and_what_has_no_place_is_counted() -> None:
    turn = Turn(number=2, said="Hello\nthere", started=7.0, duration=1.5)
    runs = (ToolRun(call_id="c", name="n", arguments="", output=""),)
    log = tuple(LogLine(at=0.0, text="a") for _ in range(12))
    losses = Losses()
    cassette = Cassette(header=Header(), turns=(turn,), tool_runs=runs, log=log)
    (page,) = document(cassette, losses=losses)["log"]["pages"]
    assert (page["id"], page["title"]) == ("turn_2", "turn 2: Hello there")
    assert losses.lines() == ("HAR has no place for 1 tool run", "HAR has no place for 12 log lines")


def test_a_request_without_a_response_is_written_as_browsers_do() -> None:
    """Status 0, and the error beside it."""
    request = Request(method="GET", url="http://[h/")
    failed = Exchange(id=0, started=7.0, request=request, failure="ConnectError: refused", duration=0.5)
    (entry,) = document(Cassette(header=Header(), exchanges=(failed,)))["log"]["entries"]
    assert (entry["response"]["status"], entry["response"]["_error"]) == (0, "ConnectError: refused")
