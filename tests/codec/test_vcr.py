"""Promises of `nexdiag.codec.vcr`: vcrpy's files are read and written whole, and the real vcrpy agrees."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from strategies import json_values
from strategies_wire import cassettes
from vcr.serialize import deserialize, serialize
from vcr.serializers import jsonserializer, yamlserializer

from nexdiag.codec import jsontext, vcr
from nexdiag.codec.encodings import encoded
from nexdiag.codec.foreign import Broken
from nexdiag.codec.losses import Losses
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine, ToolRun

FEW = settings(max_examples=25)
"""A whole recording is a large example."""
ENTRY: dict[str, Any] = {
    "request": {"method": "POST", "uri": "http://h/v1", "body": "é", "headers": {"A": ["1"]}},
    "response": {"status": {"code": 200, "message": "OK"}, "headers": {"B": ["1", "2"]}, "body": {"string": "x"}},
}


def one(body: bytes, *headers: tuple[str, str]) -> Exchange:
    response = Response(status=200, headers=headers, chunks=(Chunk(at=0.25, bytes=body),), first_byte=0.125)
    return Exchange(id=0, started=7.0, request=Request(method="GET", url="http://h/"), response=response, duration=0.5)


def unturned(cassette: Cassette) -> Cassette:
    """What vcrpy's file holds of it: no exchanges without a response, no tool runs, no log."""
    turns = tuple(msgspec.structs.replace(turn, exchanges=(), tool_runs=(), log=()) for turn in cassette.turns)
    answered = tuple(exchange for exchange in cassette.exchanges if exchange.response is not None)
    return msgspec.structs.replace(cassette, turns=turns, exchanges=answered, tool_runs=(), log=(), name="")


def joined(cassette: Cassette) -> list[tuple[object, ...]]:
    """The exchanges with their bodies as bytes: how a body is split is not of the file."""
    return [
        (msgspec.structs.replace(e, request=msgspec.structs.replace(e.request, body=Body())), e.request.body.join())
        for e in cassette.exchanges
    ]


@given(cassettes())
@FEW
def test_yaml_comes_back_whole(cassette: Cassette) -> None:
    """Bodies byte for byte, chunk for chunk; times, turns, headers that repeat; the header."""
    back = vcr.decode(vcr.read_yaml(vcr.encode_yaml(cassette), name=""))
    assert joined(back) == joined(unturned(cassette))
    assert (back.turns, back.header) == (unturned(cassette).turns, cassette.header)


@given(cassettes())
@FEW
def test_json_comes_back_whole(cassette: Cassette) -> None:
    """The same through JSON, also what is no text."""
    back = vcr.decode(jsontext.read(vcr.encode_json(cassette)))
    assert joined(back) == joined(unturned(cassette))


@given(cassettes())
@FEW
def test_vcrpy_reads_what_is_written(cassette: Cassette) -> None:
    """The real vcrpy: as many requests, the same methods, URLs and bodies; and its own rewriting loses nothing."""
    text = vcr.encode_yaml(cassette).decode()
    requests, responses, *metadata = deserialize(text, yamlserializer)
    answered = unturned(cassette).exchanges
    assert [(request.method, request.uri, request.body or b"") for request in requests] == [
        (exchange.request.method, exchange.request.url, exchange.request.body.join()) for exchange in answered
    ]
    values = {"requests": requests, "responses": responses, "metadata": metadata[0]}
    again = vcr.decode(vcr.read_yaml(serialize(values, yamlserializer).encode(), name=""))
    times = [(exchange.started, exchange.turn, exchange.attempt) for exchange in again.exchanges]
    assert times == [(exchange.started, exchange.turn, exchange.attempt) for exchange in answered]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_client_gets_the_body_without_its_encoding(encoding: str) -> None:
    """Vcrpy hands it on as it stands, and not every client would undo it. The bytes of the wire come back to us."""
    body = encoded(b'{"a":1}', encoding)
    assert body is not None
    exchange = one(body, ("content-encoding", encoding), ("content-length", str(len(body))))
    entry = vcr.interaction(exchange)
    assert entry["response"]["body"]["string"] == '{"a":1}'
    assert entry["response"]["headers"] == {"content-length": ["7"]}
    assert vcr.exchange_of(entry, 0) == exchange


def test_how_the_body_was_cut_on_the_wire_is_not_vcrpys_to_know() -> None:
    """It takes that header out of a recording while it plays: what stands beside would be of another response."""
    exchange = one(b"data: {}\n\n", ("transfer-encoding", "chunked"), ("a", "1"))
    entry = vcr.interaction(exchange)
    assert entry["response"]["headers"] == {"a": ["1"]}
    assert vcr.exchange_of(entry, 0) == exchange


def test_losses_are_told_with_their_count() -> None:
    """What vcrpy has no place for; and in JSON, bytes."""
    failed = Exchange(id=1, started=0.0, request=Request(method="GET", url="http://h/"), failure="ConnectError")
    runs = (ToolRun(call_id="c", name="n", arguments="", output=""),)
    log = (LogLine(at=0.0, text="a"), LogLine(at=0.0, text="b"))
    losses = Losses()
    vcr.encode_json(Cassette(header=Header(), exchanges=(one(b"\xff"), failed), tool_runs=runs, log=log), losses=losses)
    assert losses.lines() == (
        "vcrpy's JSON has no place for 1 binary body: written with �; .yaml keeps them",
        "vcrpy has no place for 1 request without a response",
        "vcrpy has no place for 1 tool run",
        "vcrpy has no place for 2 log lines",
    )


def test_a_reason_phrase_and_metadata_are_told_as_lost() -> None:
    entry = {**ENTRY, "response": {**ENTRY["response"], "status": {"code": 200, "message": "Fine"}}}
    losses = Losses()
    vcr.decode({"interactions": [entry], "version": 1, "metadata": {"seed": 1}}, losses=losses)
    assert losses.lines() == (
        "a cassette has no place for 1 reason phrase",
        "a cassette has no place for 1 metadata value of vcrpy",
    )


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (None, b""),
        ("é", "é".encode()),
        (b"\xff", b"\xff"),
        ({"model": "m", "messages": []}, b'{"model": "m", "messages": []}'),
        ([1], b"[1]"),
    ],
)
def test_every_shape_of_a_request_body_is_read(body: object, sent: bytes) -> None:
    """Also the value that aiohttp was given as `json=`: it went out in these bytes."""
    assert vcr.exchange_of({**ENTRY, "request": {**ENTRY["request"], "body": body}}, 0).request.body.join() == sent


@pytest.mark.parametrize(
    "response",
    [
        {"status_code": 200, "content": "x", "headers": {"B": ["1", "2"]}},
        {**ENTRY["response"], "body": {"base64_string": "eA=="}},
        {**ENTRY["response"], "body": "x"},
        {**ENTRY["response"], "headers": {"B": ["1", 2]}},
    ],
)
def test_what_older_versions_wrote_is_read(response: dict[str, object]) -> None:
    exchange = vcr.exchange_of({**ENTRY, "response": response}, 0)
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (200, b"x")
    assert exchange.response.headers == (("b", "1"), ("b", "2"))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (None, "no list of `interactions`"),
        ([], "no list of `interactions`"),
        ({"interactions": {}}, "no list of `interactions`"),
        ({"http_interactions": []}, "no list of `interactions`"),
        ({"interactions": [1]}, "interaction 0: an interaction is of type int"),
        ({"interactions": [ENTRY, {}]}, "interaction 1: `request` is missing"),
        ({"interactions": [{**ENTRY, "request": {"method": "GET"}}]}, "`request.uri` is missing"),
        ({"interactions": [{**ENTRY, "response": {"status": {"code": "x"}}}]}, "`response.status.code` is 'x'"),
        ({"interactions": [{**ENTRY, "response": {"status": {"code": 10**30}}}]}, "which is no status"),
        ({"interactions": [{**ENTRY, "response": {"status": {"code": True}}}]}, "which is no status"),
        ({"interactions": [{**ENTRY, "request": {**ENTRY["request"], "headers": []}}]}, "`request.headers` is of type"),
        ({"interactions": [{**ENTRY, "response": {**ENTRY["response"], "body": [1]}}]}, "`response.body` is of type"),
    ],
)
def test_what_is_no_cassette_is_told_in_one_line(document: object, why: str) -> None:
    with pytest.raises(CassetteError, match=why) as told:
        vcr.decode(document, name="a.yaml")
    assert told.value.what.startswith("a.yaml is no vcrpy cassette: ")
    assert "\n" not in told.value.what


@given(json_values)
def test_any_value_is_a_cassette_or_an_error(value: object) -> None:
    """Wherever it stands."""
    for document in (value, {"interactions": value}, {"interactions": [value]}):
        try:
            vcr.decode(document)
        except CassetteError:
            continue
    for part in ("request", "response"):
        try:
            vcr.exchange_of({**ENTRY, part: value}, 0)
        except Broken:
            continue


def test_broken_texts_are_told() -> None:
    for raw in (b"a: [" * 200, b"[" * 100_000, b"a: !!python/name:os.system"):
        with pytest.raises(CassetteError, match="a is no vcrpy cassette: it is no"):
            vcr.read_yaml(raw, name="a")


def test_vcrpys_json_is_read() -> None:
    """Written by the real vcrpy."""
    text = serialize({"requests": [], "responses": []}, jsonserializer)
    assert vcr.decode(json.loads(text)).exchanges == ()
