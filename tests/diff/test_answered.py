"""Promises of `nexdiag.diff.answered`."""

from typing import Any

import msgspec
import pytest
from compared import exchange, whole

from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Response
from nexdiag.diff.answered import answer_of, compare_answers
from nexdiag.diff.aside import Asides
from nexdiag.diff.carrying import Carried
from nexdiag.diff.reading import REPLAY, RUN, Reading

BASE = "http://h/v1"


def reply(content: object = "hello", *, calls: object = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """A chat completion."""
    message = {"role": "assistant", "content": content, **({"tool_calls": calls} if calls else {})}
    return {"id": "1", "created": 1, "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], **more}


def call(id: str, name: str, arguments: str) -> dict[str, Any]:  # noqa: A002 - the wire's word
    """A tool call."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def found(left: Response | None, right: Response | None, mode: str = REPLAY, **more: Any) -> list[Difference]:  # noqa: ANN401 - asides, carried, route
    """All differences of two answers."""
    url = BASE + more.pop("route", "/chat/completions")
    sides = [exchange(0, {}, one, url=url) for one in (left, right)]
    reading = Reading(mode, more.pop("asides", None) or Asides())
    return list(compare_answers(*sides, reading, more.pop("carried", None) or Carried()))


def places(left: object, right: object, **more: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - the options of found
    """Kind and pointer of each."""
    return [(one.kind, one.pointer) for one in found(whole(left), whole(right), **more)]


def test_what_each_answer_has_of_its_own_is_set_aside() -> None:
    """Its id, when it was made, how fast the server was."""
    asides = Asides()
    assert places(reply(), reply() | {"id": "2", "created": 9, "timings": {"ms": 1}}, asides=asides) == []
    assert {one.rule: one.count for one in asides.told()} == {"response": 4}


def test_calls_are_told_by_name_and_arguments() -> None:
    """Arguments as JSON; an id under another name is none."""
    one, other = [call("a", "f", '{"x": 1}')], [call("b", "f", '{"x":2}')]
    assert places(reply(None, calls=one), reply(None, calls=other)) == [("changed", "(tool_calls)/0/arguments/x")]
    assert places(reply(None, calls=one), reply(None, calls=[call("b", "f", '{"x":1}')])) == []
    assert places(reply(None, calls=one), reply(None, calls=[call("a", "g", '{"x": 1}')])) == [
        ("changed", "(tool_calls)/0/name")
    ]
    assert ("removed", "(tool_calls)/0") in places(reply(None, calls=one), reply("text"))


def test_whatever_else_differs_in_a_body_is_told() -> None:
    """Fields that no reply holds, and other choices."""
    two = reply() | {"choices": [*reply()["choices"], {"index": 1, "message": {"content": "second"}}]}
    assert places(reply(), reply(service_tier="x")) == [("added", "(body)/service_tier")]
    assert places(reply(), two) == [("added", "(body)/choices/1")]


def test_a_refusal_beside_a_pass_is_told_in_its_words() -> None:
    """Status, and what the server said; two refusals are compared field by field."""
    refusal = whole({"error": {"message": "no"}}, 400)
    assert [one.pointer for one in found(whole(reply()), refusal)] == ["(status)", "(refusal)"]
    other = whole({"error": {"message": "never"}}, 400)
    assert [one.pointer for one in found(refusal, other)] == ["(body)/error/message"]
    assert [one.kind for one in found(refusal, None)] == ["removed"]
    assert found(None, None) == []
    assert [answer_of(exchange(0, {}, one)).refused for one in (refusal, None, whole(reply()))] == [True, True, False]


TEXT = {"type": "output_text", "text": "TEXT"}
ITEM = {"type": "message", "role": "assistant", "content": [TEXT]}
BLOCK = {"type": "text", "text": "TEXT"}


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/responses", {"object": "response", "status": "completed", "output": [ITEM]}),
        ("/messages", {"type": "message", "role": "assistant", "content": [BLOCK], "stop_reason": "end_turn"}),
    ],
)
def test_every_wire_is_read(route: str, body: dict[str, Any]) -> None:
    """The text of Responses and of Messages is told as a text."""
    other = msgspec.json.decode(msgspec.json.encode(body).replace(b"TEXT", b"OTHER"))
    assert places(body, other, route=route) == [("changed", "(text)")]
    assert places(body, other, route="/elsewhere")[0][1].startswith("(body)/")


def test_in_live_runs_words_and_counts_have_no_weight() -> None:
    """A finish reason, a tool's name and another model have."""
    left = reply("a", usage={"completion_tokens": 1}, model="m")
    right = reply("b", usage={"completion_tokens": 2}, model="n")
    told = found(whole(left), whole(right), mode=RUN)
    assert {one.pointer: one.quiet for one in told} == {"(text)": True, "(usage)/output_tokens": True, "(model)": False}


def test_what_was_said_otherwise_is_remembered() -> None:
    """The next request carries it."""
    carried = Carried()
    found(whole(reply("one thing")), whole(reply("another")), carried=carried)
    one = Difference(pointer="/messages/2/content", left="one thing", right="another", aspect="messages")
    assert carried.holds(one, made=True)
    assert not carried.holds(msgspec.structs.replace(one, right="a third"), made=True)


def test_bytes_that_are_no_json_are_compared_as_text() -> None:
    """An HTML page of a proxy."""
    page = msgspec.structs.replace(whole(0), chunks=(whole(0).chunks[0].__class__(at=0, bytes=b"<html>\xff"),))
    assert found(whole(reply()), page) != []
    assert found(page, page) == []


def test_headers_that_clients_act_on_are_compared() -> None:
    """The type of the content, whatever its spelling; no dates and ids; nothing where one side has no headers."""

    def typed(*headers: tuple[str, str]) -> Response:
        return msgspec.structs.replace(whole(reply()), headers=headers)

    def both(left: Response, right: Response) -> list[tuple[str, object, object]]:
        asked = [exchange(0, {}, one, url=f"{BASE}/chat/completions") for one in (left, right)]
        found = compare_answers(asked[0], asked[1], Reading(REPLAY, Asides()), Carried())
        return [(one.pointer, one.left, one.right) for one in found]

    json = typed(("content-type", "application/json; charset=utf-8"), ("date", "Mon"), ("x-request-id", "1"))
    assert both(json, typed(("content-type", "Application/JSON;charset=UTF-8"), ("date", "Tue"))) == []
    assert both(json, typed(("content-type", "text/html"))) == [
        ("(headers)/content-type", "application/json; charset=utf-8", "text/html")
    ]
    assert both(json, typed()) == []
