"""Exchanges → shapes: what is evidence of what, and that each message is read once."""

import json

import pytest
from drifting import ANSWER, chunk, exchange, recorded, response, shapes
from made import said, user

from nexdiag.codec.body import Splitter
from nexdiag.core.exchange import Exchange, Request, Response
from nexdiag.diff.drift import reading


def keys(*exchanges: Exchange) -> dict[str, int]:
    """Where they went, and how many exchanges are there."""
    return {" ".join(key): node.exchanges for key, node in shapes(recorded(*exchanges)).of().items()}


@pytest.mark.parametrize(
    ("answered", "wanted"),
    [
        (response(ANSWER), {"request chat json": 1, "response chat json": 1}),
        (response({"error": {"message": "no"}}, 400), {"error chat 4xx": 1}),
        (response(b"<html>", 502), {"error chat 5xx": 1}),
        (response({"error": {"message": "no"}}), {"error chat 2xx": 1}),
        (
            response([chunk({"content": "x"}), {"error": {"message": "no"}}]),
            {"error chat 2xx": 1, "response chat stream": 1},
        ),
        (response(b"", 204), {"request chat json": 1}),
        (None, {}),
        (response({}, 302), {}),
    ],
)
def test_what_is_evidence_of_what(answered: Response | None, wanted: dict[str, int]) -> None:
    """A request is one of what is accepted only if it was answered with success, and no error stood in that."""
    assert keys(exchange(0, {"model": "m"}, answered)) == wanted


def test_what_is_no_json_is_a_type_of_its_own() -> None:
    """HTML where JSON should stand, NaN, half an emoji and a body of bytes: nothing raises, all is seen."""
    made = shapes(
        recorded(
            exchange(0, b"\xff\xfe", response(b"<html>")),
            exchange(1, b'{"x": NaN,\n"y": "\\ud83d"}', response(b'{"id": "\\ud83d", "n": 1e999}')),
            exchange(2, [1], response([{"choices": None}, ["x"], "text"])),
        )
    ).of()
    assert "no JSON" in made["response", "chat", "json"].types
    assert set(made["request", "chat", "json"].children) == {"x", "y"}
    assert made["response", "chat", "stream"].types.keys() == {"object", "list", "string"}


def _grown(turns: int) -> list[Exchange]:
    splitter, messages, made = Splitter(), [], []
    for turn in range(turns):
        messages.append(user(f"question {turn}"))
        body = splitter.split(json.dumps({"model": "m", "messages": messages}).encode())
        request = Request(method="POST", url="http://h/v1/chat/completions", body=body)
        made.append(
            Exchange(id=turn, started=0.0, request=request, response=response(ANSWER, 400 if turn == 1 else 200))
        )
        messages.append(said("x"))
    return made


def test_a_message_is_read_once_however_often_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chat of fifty turns sends 2,500 messages, which are 99; a refused request does not make one accepted."""
    read: list[bytes] = []
    true = reading.jsontext.read
    monkeypatch.setattr(reading.jsontext, "read", lambda raw: read.append(raw) or true(raw))
    node = shapes(recorded(*_grown(50))).of()["request", "chat", "json"]
    assert node.children["messages"].items is not None
    assert node.children["messages"].items.n == 99
    assert sum(b"role" in raw and b"choices" not in raw for raw in read) == 99
    assert node.children["messages"].length == (1, 99)


def test_methods_of_json_rpc_are_branches_on_both_sides() -> None:
    """An answer is filed under the method that was asked."""
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    made = shapes(
        recorded(exchange(0, asked, response({"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}), url="http://h/mcp"))
    ).of()
    for direction in ("request", "response"):
        assert list(made[direction, "jsonrpc", "json"].branches) == ["[method=tools/list]"]


def test_the_version_is_what_the_answer_tells() -> None:
    """The fingerprint of the system, else a header that names a version."""
    assert shapes(recorded(exchange(0, {}, response(ANSWER)), profile="llama.cpp")).servers == {"llama.cpp fp1": 1}
    assert shapes(recorded(exchange(0, {}, response({})), profile="")).servers == {"unknown": 1}
