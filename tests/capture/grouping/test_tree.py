"""Promises of `nexdiag.capture.grouping.tree`: what a request asks, however its body is kept."""

import gzip
import json
from typing import Any

import pytest

from nexdiag.capture.grouping.tree import Asked, Reader
from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Request

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
BODY: dict[str, Any] = {"model": "m", "messages": MESSAGES, "max_tokens": 9, "tools": [{"type": "function"}]}


def request(body: Body, route: str = "/v1/chat/completions", **headers: str) -> Request:
    told = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request(method="POST", url="http://x" + route, headers=told, body=body)


def read(reader: Reader, body: Body, route: str = "/v1/chat/completions", **headers: str) -> Asked:
    asked = reader.read(request(body, route, **headers))
    assert asked is not None
    return asked


def test_a_body_means_the_same_however_it_is_kept() -> None:
    """Raw, in links, printed over lines, compressed: one node, and the same shape."""
    reader, plain = Reader(), json.dumps(BODY).encode()
    printed = json.dumps(BODY, indent=2).encode()
    found = [
        read(reader, Body.of(plain)),
        read(reader, Splitter().split(plain)),
        read(reader, Body.of(printed)),
        read(reader, Body.of(gzip.compress(plain)), content_encoding="gzip"),
    ]
    for asked in found:
        assert asked.node is found[0].node
        assert (asked.messages, asked.model, asked.limit, asked.tools) == (2, "m", 9, True)
        assert (asked.system.strip(), asked.said(), asked.opening()) == ("Be brief.", "Hi", "Hi")
    assert len(reader._after) == 4  # two texts, each written in two ways


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/v1/chat/completions", BODY),
        ("/api/chat", BODY),
        ("/v1/messages", {"system": [{"type": "text", "text": "Be brief."}], "messages": MESSAGES[1:]}),
        ("/v1/responses", {"instructions": "Be brief.", "input": "Hi"}),
        ("/v1/responses", {"instructions": "Be brief.", "input": MESSAGES[1:]}),
    ],
)
def test_each_wire_is_read(route: str, body: dict[str, Any]) -> None:
    """All to the same place of the one tree."""
    reader = Reader()
    asked = read(reader, Body.of(json.dumps(body).encode()), route)
    assert (asked.said(), asked.system.strip(), asked.node.depth, asked.node.kind) == ("Hi", "Be brief.", 1, "user")
    assert asked.node is read(reader, Body.of(json.dumps(BODY).encode())).node


def test_a_conversation_that_the_server_keeps_goes_on_from_there() -> None:
    reader = Reader()
    first = read(reader, Body.of(b'{"input":"One?"}'), "/v1/responses")
    reader.answered("response r1", first.node)
    second = read(
        reader, Body.of(b'{"input":[{"role":"user","content":"Two?"}],"previous_response_id":"r1"}'), "/v1/responses"
    )
    assert second.node.before is first.node
    assert second.node.users.depth == 2
    kept = read(reader, Body.of(b'{"input":"x","conversation":{"id":"c1"}}'), "/v1/responses")
    assert kept.named == "conversation c1"


def test_what_a_client_says_of_itself_is_read() -> None:
    asked = read(Reader(), Body.of(json.dumps(BODY).encode()), thread_id="t1", x_stainless_retry_count="2")
    assert (asked.hint, asked.retry) == ("t1", True)
    assert not read(Reader(), Body.of(json.dumps(BODY).encode()), x_stainless_retry_count="0").retry


def test_a_list_goes_on_from_another_only_at_an_entry() -> None:
    """The text of `[12]` begins with that of `[1]`, and has nothing to do with it."""
    reader = Reader()
    assert [read(reader, Body.of(b'{"messages":[%s]}' % text)).node.depth for text in (b"1", b"12", b"1 , 2")] == [
        1,
        1,
        2,
    ]


@pytest.mark.parametrize("raw", [b"", b"no", b"[]", b'{"messages":5}', b'{"messages":[', b'{"input":"x"}', b"\xff"])
def test_what_holds_no_conversation_is_none(raw: bytes) -> None:
    assert Reader().read(request(Body.of(raw))) is None


def test_other_routes_hold_no_conversation() -> None:
    body = Body.of(json.dumps(BODY).encode())
    assert Reader().read(request(body, "/v1/messages/count_tokens")) is None
    assert Reader().read(Request(method="GET", url="http://x/v1/chat/completions", body=body)) is None
