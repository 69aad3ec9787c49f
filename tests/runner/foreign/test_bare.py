"""Promises of `nexdiag.runner.foreign.bare`: bare requests and exchanges become a recording, and back."""

import json

import pytest
from hypothesis import given
from strategies import json_values

from nexdiag.codec import jsontext
from nexdiag.codec.losses import Losses
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import CassetteError, UsageError
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.lint.engine import judge
from nexdiag.lint.subject import profile_of
from nexdiag.runner.foreign import bare

TWO_USERS = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
REFUSED = {
    "id": "x1",
    "server": "llama.cpp-strict",
    "client": "openai-python",
    "status": 400,
    "url": None,
    "request": TWO_USERS,
    "response": {"error": {"message": "Conversation roles must alternate"}},
    "log": "one line\nor more\n",
}


def lines(*values: object) -> Cassette:
    raw = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    assert bare.are_lines(raw, "a.jsonl")
    return bare.decode_lines(raw, name="a.jsonl", losses=Losses())


def test_a_bare_exchange_becomes_an_exchange_that_lint_can_judge() -> None:
    """Status, bodies, log; a path that fits the request; the server for its profile."""
    cassette = lines(REFUSED)
    (exchange,) = cassette.exchanges
    assert (exchange.request.method, exchange.request.path) == ("POST", "/v1/chat/completions")
    assert exchange.response is not None
    assert exchange.response.status == 400
    assert [line.text for line in cassette.log] == ["one line", "or more"]
    assert "role-alternation" in {finding.rule for finding in judge(cassette, profile_of(cassette))}


def test_parts_that_lack_are_filled_with_what_does_not_count() -> None:
    """No status and no response is a request that was not answered; a text is a text, or a stream."""
    nothing, text, stream, responses = lines(
        {"request": None, "response": None},
        {"request": "no JSON", "response": "busy", "url": "http://h/v1/x"},
        {"request": {"prompt": "a"}, "response": "data: {}\n\n", "status": 200},
        {"request": {"input": "a"}, "status": 10**9},
    ).exchanges
    assert (nothing.response, nothing.request.body.join()) == (None, b"")
    assert text.response is not None
    assert (text.request.url, text.response.status, text.response.body) == ("http://h/v1/x", 200, b"busy")
    assert stream.response is not None
    assert (stream.request.path, stream.response.streamed) == ("/v1/completions", True)
    assert (responses.request.path, responses.response) == ("/v1/responses", None)


def test_what_a_cassette_cannot_carry_is_told() -> None:
    losses = Losses()
    raw = b"\n".join(json.dumps(REFUSED | {"server": server}).encode() for server in ("vLLM", "Ollama"))
    bare.decode_lines(raw, name="a", losses=losses)
    assert losses.lines() == (
        "a cassette has a place for one server, and these are 2",
        "a cassette has no place for 2 ids of bare exchanges",
        "a cassette has no place for 2 names of clients",
    )


def test_one_request_becomes_a_recording_of_its_very_bytes() -> None:
    """Spaces and all."""
    raw = b'{"messages": [],\n "model": "m"}'
    cassette = bare.decode(raw, json.loads(raw), name="a", losses=Losses())
    assert cassette.exchanges[0].request.body.join() == raw
    assert cassette.header.model == "m"
    assert bare.encode_request(cassette, None, losses=Losses()) == raw


def test_one_of_several_requests_has_to_be_named() -> None:
    """By its number; and what is no JSON object is no request."""
    splits = (b'{"a":1}', b'{"b":2}', b"text")
    exchanges = tuple(
        Exchange(id=number, started=0.0, request=Request(method="POST", url="http://h/", body=Body.of(body)))
        for number, body in enumerate(splits)
    )
    cassette = Cassette(header=Header(), exchanges=exchanges)
    losses = Losses()
    assert bare.encode_request(cassette, 1, losses=losses) == b'{"b":2}'
    assert losses.lines() == ("a bare request has no place for 2 other exchanges",)
    for number, why in ((None, "there are 3 requests"), (7, "no exchange 7"), (2, "no JSON object")):
        with pytest.raises(UsageError, match=why):
            bare.encode_request(cassette, number, losses=Losses())


def test_exchanges_are_written_as_lint_reads_them() -> None:
    """One line each; JSON as JSON, a stream as text; headers and times are told as lost."""
    response = Response(status=200, chunks=(Chunk(at=0.0, bytes=b"data: {}\n\n"),))
    request = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(b'{"messages":[]}'))
    exchange = Exchange(id=4, started=1.0, request=request, response=response)
    losses = Losses()
    line = bare.encode_lines(Cassette(header=Header(profile="vllm"), exchanges=(exchange,)), losses=losses)
    told = json.loads(line)
    assert (told["id"], told["server"], told["status"], told["request"]) == ("4", "vllm", 200, {"messages": []})
    assert (told["response"], told["url"]) == ("data: {}\n\n", "http://h/v1/chat/completions")
    assert losses.lines() == ("bare exchanges have no place for headers and times of 1 exchange",)


def test_what_is_nothing_of_the_kind_is_told() -> None:
    """The line with its number; a JSON value that is neither."""
    with pytest.raises(CassetteError, match="a: line 2: wanted an exchange"):
        bare.decode_lines(b'{"status":200}\n[]\n', name="a", losses=Losses())
    with pytest.raises(CassetteError, match="a is no recording that is known here"):
        bare.decode(b"[]", [], name="a", losses=Losses())


@given(json_values)
def test_any_value_of_any_part_is_taken(value: object) -> None:
    """Law of bare exchanges: a part may be of any type."""
    for key in ("id", "server", "status", "url", "request", "response", "log"):
        raw = jsontext.write(REFUSED | {key: value})
        assert len(bare.decode_lines(raw, name="a", losses=Losses()).exchanges) == 1
