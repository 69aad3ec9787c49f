"""Promises of nexdiag.report.snapshot.sent."""

import collections
import gzip
import json
import urllib.request
from types import MappingProxyType, SimpleNamespace

import httpx
import pytest
import requests
from made import chat, recorded, user

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import UsageError
from nexdiag.report.snapshot.sent import requests_of

BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
RAW = json.dumps(BODY).encode()
URL = "http://h/v1/chat/completions"
HTTPX = httpx.Request("POST", URL, json=BODY)


@pytest.mark.parametrize(
    "given",
    [
        HTTPX,
        httpx.Response(200, request=HTTPX),
        requests.Request("POST", URL, json=BODY).prepare(),
        urllib.request.Request(URL, RAW, method="POST"),
        SimpleNamespace(method="POST", uri=URL, body=RAW, headers={}),  # vcrpy
        SimpleNamespace(http_request=HTTPX, method="?", url="?"),  # the openai SDK's answers
        SimpleNamespace(requests=lambda: [HTTPX]),
        httpx.Request("POST", URL, content=gzip.compress(RAW), headers={"Content-Encoding": "gzip"}),
        [[HTTPX]],
        collections.deque([HTTPX]),
    ],
)  # fmt: skip
def test_a_request_of_any_client_is_known_by_what_it_has(given: object) -> None:
    """Method, address and body, whichever library made it; of a response that of its request."""
    (one,) = requests_of(given)
    assert (one.request.method, one.request.path) == ("POST", "/v1/chat/completions")
    assert json.loads(one.request.body.join()) == BODY


@pytest.mark.parametrize("given", [BODY, MappingProxyType(BODY), RAW, bytearray(RAW), memoryview(RAW), RAW.decode()])
def test_a_body_alone_is_a_request(given: object) -> None:
    """As a dict, as bytes, or as text."""
    (one,) = requests_of(given)
    assert (one.request.method, json.loads(one.request.body.join())) == ("", BODY)


def test_exchanges_and_recordings_give_their_requests_with_their_times() -> None:
    """What holds exchanges is a recording, a turn or a recorder."""
    tape = Cassette(header=Header(), exchanges=(recorded(0, chat(user("a"))), recorded(1, chat(user("b")))))
    for given in (tape, tape.exchanges, SimpleNamespace(exchanges=list(tape.exchanges))):
        found = requests_of(given)
        assert [one.request.url for one in found] == [one.request.url for one in tape.exchanges]
        assert [one.at for one in found] == [one.started or None for one in tape.exchanges]
    assert [one.at for one in requests_of(SimpleNamespace(sent=tape.exchanges))] == [None, None]  # played just now
    assert requests_of([]) == []


def test_a_chat_that_grows_shares_what_it_repeats() -> None:
    """The second request's messages go on from the very links of the first."""
    more = {**BODY, "messages": [*BODY["messages"], {"role": "user", "content": "more"}]}
    first, second = (one.request.body.last_link("messages") for one in requests_of([BODY, more]))
    assert first is not None
    assert second is not None
    assert second.before is first


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "found a NoneType"),
        (3, "found a int"),
        ({"model": object()}, "a object"),
        ({"x": float("nan")}, "JSON cannot say"),
        (httpx.Response(200), "found a Response"),
    ],
)
def test_what_holds_no_request_is_told(given: object, said: str) -> None:
    """With what would hold some; a list within itself ends too."""
    with pytest.raises(UsageError, match="wanted") as told:
        requests_of(given)
    assert said in told.value.what
    assert "a dict" in told.value.hint
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(UsageError, match="found a list"):
        requests_of(endless)
