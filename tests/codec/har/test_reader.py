"""Promises of `nexdiag.codec.har.reader`: what browsers leave out is no fault, and a wrong type is told in one line."""

import base64
import time
from typing import Any

import pytest
from hypothesis import given
from strategies import json_values

from nexdiag.codec.encodings import encoded
from nexdiag.codec.foreign import Broken
from nexdiag.codec.har.reader import decode, exchange_of
from nexdiag.codec.losses import Losses
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Exchange, Response


def entry(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is anything
    """A short entry; a change goes into the response, or into the entry where that has the key."""
    response = {"status": 200, "headers": [{"name": "A", "value": "1"}], "content": {"text": "é"}}
    whole = {
        "startedDateTime": "2026-01-01T00:00:00.5Z",
        "time": 30,
        "request": {"method": "GET", "url": "http://h/v1"},
        "timings": {"blocked": 1, "dns": -1, "connect": -1, "ssl": -1, "send": 2, "wait": 7, "receive": 20},
        "response": response,
    }
    for key, value in changes.items():
        (response if key in {"status", "headers", "content", "_error"} else whole)[key] = value
    return whole


def read(**changes: Any) -> Exchange:  # noqa: ANN401 - JSON is anything
    exchange = exchange_of(entry(**changes), 0)
    assert exchange is not None
    return exchange


def response(**changes: Any) -> Response:  # noqa: ANN401 - JSON is anything
    came = read(**changes).response
    assert came is not None
    return came


def test_times_are_seconds_and_what_does_not_apply_counts_nothing() -> None:
    """-1 stands for a phase that there was not."""
    exchange = read()
    assert exchange.response is not None
    assert (exchange.started, exchange.duration) == (1767225600.5, 0.03)
    assert exchange.response.first_byte == pytest.approx(0.01)
    assert (response(timings={"send": -1, "wait": -1, "receive": -1}).first_byte, read(time=-1).duration) == (0, 0)


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-01-01T01:00:00+01:00", 1767225600.0),
        ("2026-01-01T00:00:00", 1767225600.0),
        ("2026-01-01T00:00:00.123456789Z", 1767225600.123456),
        ("yesterday", 0.0),
        ("0001-01-01T00:00:00+23:59", 0.0),
        ("1960-01-01T00:00:00Z", 0.0),
        (None, 0.0),
        (7, 0.0),
    ],
)
def test_a_time_has_a_zone_or_is_utc(told: object, at: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever this machine stands; and what is no time is none."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert read(startedDateTime=told).started == at
    time.tzset()


def test_base64_and_missing_text() -> None:
    """Bytes come as base64; a body that was not exported is told, and its length is not claimed."""
    assert response(content={"text": base64.b64encode(b"\xff").decode(), "encoding": "base64"}).body == b"\xff"
    losses = Losses()
    headers = [{"name": "Content-Length", "value": "5"}]
    gone = exchange_of(entry(content={"size": 5}, headers=headers), 0, losses=losses)
    assert gone is not None
    assert gone.response is not None
    assert (gone.response.body, gone.response.headers) == (b"", (("content-length", "0"),))
    assert losses.lines() == ("the HAR does not hold 1 response body (export it with content)",)


def test_a_body_that_is_still_compressed_keeps_its_header() -> None:
    """Some proxies write the bytes of the wire, most tools the plain body: each gets the headers that are true."""
    squeezed = encoded(b"plain", "gzip")
    assert squeezed is not None
    headers = [{"name": "Content-Encoding", "value": "gzip"}]
    raw = response(content={"text": base64.b64encode(squeezed).decode(), "encoding": "base64"}, headers=headers)
    assert (raw.body, raw.headers) == (squeezed, (("content-encoding", "gzip"),))
    assert response(content={"text": "plain"}, headers=headers).headers == ()


def test_headers_are_in_lower_case_and_without_those_of_http2() -> None:
    headers = [{"name": ":status", "value": "200"}, {"name": "X", "value": "1"}, {"name": "x", "value": None}]
    assert response(headers=headers).headers == (("x", "1"), ("x", ""))


@pytest.mark.parametrize("status", [0, -1, None])
def test_no_response_is_a_failure(status: object) -> None:
    """As Chromium and Playwright each tell it."""
    assert read(status=status, _error="net::ERR_FAILED").failure == "NetworkError: net::ERR_FAILED"
    assert read(status=status).response is None
    assert read(status=status).failure == "NetworkError: no response was recorded"


def test_an_answer_that_broke_off_is_both() -> None:
    broken = read(_error="net::ERR_ABORTED")
    assert broken.response is not None
    assert (broken.response.body, broken.failure) == ("é".encode(), "NetworkError: net::ERR_ABORTED")


def test_what_is_not_http_is_counted() -> None:
    """Messages of a WebSocket, and addresses such as data:."""
    losses = Losses()
    spoken = entry(_webSocketMessages=[{"type": "send", "data": "a"}, {"type": "receive", "data": "b"}])
    data = entry(request={"method": "GET", "url": "data:text/plain,a"})
    cassette = decode({"log": {"entries": [data, spoken]}}, losses=losses)
    assert [exchange.id for exchange in cassette.exchanges] == [0]
    assert losses.lines() == (
        "a cassette has no place for 1 entry of an address that is neither http: nor https:",
        "a cassette has no place for 2 WebSocket messages",
    )


def test_entries_stand_in_the_order_in_which_they_began() -> None:
    """Some tools write them as they ended."""
    late, early = entry(startedDateTime="2026-01-01T00:00:02Z"), entry(startedDateTime="2026-01-01T00:00:01Z")
    cassette = decode({"log": {"entries": [late, early]}})
    assert [(exchange.id, exchange.started) for exchange in cassette.exchanges] == [
        (0, 1767225601.0),
        (1, 1767225602.0),
    ]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "no `log`"),
        ({"log": []}, "no `log`"),
        ({"log": {"entries": {}}}, "no `log`"),
        ({"log": {"entries": [1]}}, "entry 0: an entry is of type int"),
        ({"log": {"entries": [entry(request=None)]}}, "entry 0: `request` is missing"),
        ({"log": {"entries": [entry(request={"url": "http://h/"})]}}, "`request.method` is missing"),
        ({"log": {"entries": [entry(status="x")]}}, "`response.status` is 'x'"),
        ({"log": {"entries": [entry(status=10**30)]}}, "which is no status"),
        ({"log": {"entries": [entry(headers={"a": "b"})]}}, "`response.headers` is no list"),
        ({"log": {"entries": [entry(headers=[{"name": []}])]}}, "a name in `response.headers` is of type list"),
        ({"log": {"entries": [entry(content={"text": "a", "encoding": "base64"})]}}, "is no base64"),
        ({"log": {"entries": [entry(content=[])]}}, "`response.content` is of type list"),
    ],
)
def test_what_is_no_har_is_told_in_one_line(document: object, why: str) -> None:
    with pytest.raises(CassetteError, match=why) as told:
        decode(document, name="a.har")
    assert told.value.what.startswith("a.har is no HAR: ")


@given(json_values)
def test_any_value_is_an_archive_or_an_error(value: object) -> None:
    """Wherever it stands."""
    for key in (
        "startedDateTime",
        "time",
        "request",
        "response",
        "timings",
        "status",
        "content",
        "headers",
        "_nexdiag",
    ):
        try:
            exchange_of(entry(**{key: value}), 0)
        except Broken:
            continue
    for document in (value, {"log": value}, {"log": {"entries": value}}, {"log": {"entries": [], "_nexdiag": value}}):
        try:
            decode(document)
        except CassetteError:
            continue
