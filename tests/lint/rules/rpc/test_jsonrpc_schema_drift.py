"""jsonrpc-schema-drift: a message of JSON-RPC is not in its envelope."""

from typing import Any

import pytest
from linting import found, judged, recording, refusing, told

from nexdiag.core.finding import Severity

NAME = "jsonrpc-schema-drift"
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
GOOD = {"jsonrpc": "2.0", "id": 1, "result": {}}
ERROR = {"code": -32601, "message": "no"}


@pytest.mark.parametrize(
    ("changes", "pointer", "says"),
    [
        ({"id": None}, "/id", "null"),
        ({"id": 1.5}, "/id", "fraction"),
        ({"id": True}, "/id", "boolean"),
        ({"id": {}}, "/id", "object"),
        ({"jsonrpc": "1.0"}, "/jsonrpc", "1.0"),
        ({"jsonrpc": 2.0}, "/jsonrpc", "2.0"),
        ({"method": 7}, "/method", "number"),
        ({"params": "all"}, "/params", "string"),
        ({"method": "notifications/initialized"}, "/id", "notification"),
    ],
)
def test_requests(changes: dict[str, Any], pointer: str, says: str) -> None:
    """A risk as long as no server refused it; the finding points at what is wrong."""
    (finding,) = found(NAME, LIST | changes, status=202)
    assert (finding.severity, finding.location.pointer) == (Severity.WARNING, pointer)
    assert says in finding.summary


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"jsonrpc": "2.0", "id": 1, "result": {}, "error": None}, "both"),
        ({"jsonrpc": "2.0", "id": 1}, "neither"),
        ({"jsonrpc": "2.0", "id": 1, "error": "no"}, "string"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": "x", "message": "no"}}, "number as its code"),
        ({"jsonrpc": "2.0", "id": 1, "error": {"code": -1}}, "text as its message"),
        ({"jsonrpc": "2.0", "result": {}}, "no id"),
        ({"tools": []}, "no jsonrpc"),
        ({"message": "overloaded"}, "no jsonrpc"),
        ({"id": 1, "result": {}}, "no jsonrpc"),
        ([GOOD, {"jsonrpc": "2.0", "id": 2}], "neither"),
        ('server started\n{"jsonrpc": "2.0", "id": 1}\n', "neither"),
    ],
)
def test_answers(answer: object, says: str) -> None:
    """What the client cannot read is lost: an error, and the first finding, whatever the answer says."""
    first = judged(LIST, status=200, response=answer)[0]
    assert (first.rule, first.severity) == (NAME, Severity.ERROR)
    assert says in first.summary


@pytest.mark.parametrize(
    "parts", [{"client": "MCP client"}, {"url": "http://h/mcp"}, {"response": "Invalid JSON-RPC message"}]
)
def test_no_envelope_at_all(parts: dict[str, Any]) -> None:
    """Where somebody says that it is JSON-RPC, a body without an envelope is found."""
    (finding,) = found(NAME, {"type": "workout", "reps": 5}, **parts)
    assert "type" in finding.summary
    assert "params" in finding.fix


@pytest.mark.parametrize(
    "parts",
    [
        {"request": LIST, "response": GOOD},
        {"request": LIST | {"id": "a"}, "response": GOOD | {"id": "a"}},
        {"request": LIST | {"id": 0, "params": {}}, "response": {"jsonrpc": "2.0", "id": 0, "error": ERROR}},
        {"request": {"jsonrpc": "2.0", "method": "notifications/initialized"}, "status": 202},
        {"request": {"jsonrpc": "2.0", "id": 3, "result": {"roots": []}}, "status": 202},
        {"request": LIST, "response": {"jsonrpc": "2.0", "method": "notifications/progress", "params": {}}},
        {"request": {"client_name": "x"}, "client": "MCP client", "url": "http://h/register"},
        {"request": {"model": "m", "messages": []}, "client": "MCP client", "status": 200},
        {"request": {"model": "m", "input": "x"}, "client": "MCP client", "status": 200},
        {"request": {"messages": [{"role": "user"}]}, "client": "MCP client", "status": 200},
        {"request": {"method": "x"}, "status": 200},
        {"request": None, "client": "agent with MCP tools", "response": {"error": {"message": "no such model"}}},
        {"request": None, "client": "agent with MCP tools", "response": {"choices": []}, "status": 200},
        {"request": LIST, "response": "Bad Request", "status": 400},
        {"request": None, "response": {"id": 1, "result": 1}},
    ],
)
def test_look_alikes_are_let_pass(parts: dict[str, Any]) -> None:
    """Right envelopes, notifications, the bodies of other protocols, and chats of any client."""
    assert found(NAME, **parts) == []


def test_a_result_for_nobody() -> None:
    """A result always has a request; where that is known, another rule compares the ids."""
    nobodys = {"jsonrpc": "2.0", "id": None, "result": {}}
    assert "null" in found(NAME, response=nobodys)[0].summary
    assert found(NAME, LIST, response=nobodys) == found(NAME, response=nobodys | {"result": None} | GOOD) == []


def test_in_a_recording() -> None:
    """A recorded exchange is judged like a bare one."""
    (finding,) = told(NAME, recording((LIST, 200, {"jsonrpc": "2.0", "id": 1}), url="http://h/mcp"), refusing())
    assert finding.location.exchange == 0


@pytest.mark.parametrize(
    ("log", "client", "at_fault"),
    [
        ("Unexpected token 'S', \"STDIO MCP \"... is not valid JSON", "Claude", True),
        ("[error] invalid character 'S' looking for beginning of value", "an MCP client", True),
        ("Unexpected token 'S', \"Sorry, we\"... is not valid JSON", "chat", False),
        ("MCP server started", "an MCP client", False),
    ],
)
def test_text_where_a_message_is_due(log: str, client: str, at_fault: bool) -> None:
    """A log line on stdout: the client says that it is no JSON, and speaks of MCP."""
    assert bool(found("jsonrpc-schema-drift", log=log, client=client)) is at_fault


def test_the_words_tell_alone() -> None:
    """Clients name the envelope when they drop a message."""
    assert judged(response="ValidationError: 3 validation errors for JSONRPCMessage")[0].rule == NAME
