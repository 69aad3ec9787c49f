"""Promises of `nexdiag.codec.har` as a whole: there and back, and what a browser wrote."""

import json
from pathlib import Path

import msgspec
from hypothesis import given, settings
from strategies_wire import cassettes

from nexdiag.codec import har
from nexdiag.codec.losses import Losses
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette

BROWSER = Path(__file__).parents[1] / "data" / "browser.har"
"""Chromium 156 on a page that asks a loopback server for a model list, an image and two streamed completions."""


def comparable(cassette: Cassette) -> list[tuple[object, ...]]:
    """How a request's body is split is not of the file."""
    return [
        (msgspec.structs.replace(e, request=msgspec.structs.replace(e.request, body=Body())), e.request.body.join())
        for e in cassette.exchanges
    ]


@given(cassettes())
@settings(max_examples=25)
def test_a_recording_comes_back_whole(cassette: Cassette) -> None:
    """Bodies byte for byte, chunk for chunk; times, failures, turns and the header: all but tool runs and log."""
    back = har.decode(json.loads(har.encode(cassette)))
    assert comparable(back) == comparable(cassette)
    assert [(turn.number, turn.said, turn.outcome, turn.usage) for turn in back.turns] == [
        (turn.number, turn.said, turn.outcome, turn.usage) for turn in cassette.turns
    ]
    assert back.header == cassette.header


def test_a_browsers_archive_is_read_whole() -> None:
    """Every entry: text, a compressed answer, an image, streams, a refusal, and a request that never went out."""
    losses = Losses()
    cassette = har.decode(json.loads(BROWSER.read_bytes()), losses=losses)
    told = [
        (exchange.request.method, exchange.request.path, exchange.response and exchange.response.status)
        for exchange in cassette.exchanges
    ]
    assert told == [
        ("GET", "/", 200),
        ("GET", "/v1/models", 200),
        ("GET", "/dot.png", 200),
        ("GET", "/dot.png?again=1", 200),
        ("POST", "/v1/chat/completions", 200),
        ("POST", "/v1/chat/completions", 200),
        ("POST", "/v1/refused", 404),
        ("GET", "/closed", None),
    ]
    models, image, chat = (cassette.exchanges[place] for place in (1, 2, 5))
    assert models.response is not None
    assert models.response.header("content-encoding") == ""
    assert json.loads(models.response.body)["data"][0]["id"] == "tiny"
    assert image.response is not None
    assert image.response.body.startswith(b"\x89PNG")
    assert json.loads(chat.request.body.join())["messages"][1]["content"] == "Hi 👋"
    assert chat.response is not None
    assert chat.response.body.endswith(b"data: [DONE]\n\n")
    assert cassette.exchanges[7].failure == "NetworkError: net::ERR_UNSAFE_PORT"
    assert (cassette.header.model, cassette.header.tool) == ("tiny", "Playwright 1.65.1")
    assert losses.lines() == ("the HAR does not hold 1 response body (export it with content)",)


def test_a_browsers_archive_comes_back_whole() -> None:
    """Through our own writer."""
    cassette = har.decode(json.loads(BROWSER.read_bytes()))
    assert comparable(har.decode(json.loads(har.encode(cassette)))) == comparable(cassette)
