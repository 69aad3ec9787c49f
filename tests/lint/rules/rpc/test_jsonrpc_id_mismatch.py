"""jsonrpc-id-mismatch: an answer of JSON-RPC has the id of no request that waits."""

from typing import Any

import pytest
from linting import found, judged

from nexdiag.core.finding import Severity

NAME = "jsonrpc-id-mismatch"
LIST = {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}
TOLD = {"jsonrpc": "2.0", "method": "notifications/initialized"}
PARSE = {"code": -32700, "message": "Parse error"}


def answer(call_id: object, **parts: object) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call_id, **(parts or {"result": {}})}


@pytest.mark.parametrize(
    ("request_body", "response"),
    [
        (LIST, answer("7")),
        (LIST, answer(8)),
        (LIST, answer(7.0)),
        (LIST | {"id": 1}, answer(True)),
        (LIST, answer(None, error=PARSE)),
        (LIST, answer(0, error=PARSE)),
        (LIST, 'data: {"jsonrpc": "2.0", "id": 1, "result": {}}\n\n'),
        (None, answer(0, error=PARSE)),
        (TOLD, answer(None, error={"code": -32601, "message": "Method not found"})),
        (TOLD, answer(None)),
        (LIST | {"id": None}, answer(1, error=PARSE)),
    ],
)
def test_the_answer_is_nobodys(request_body: object, response: object) -> None:
    """It is an error, for the client waits: type and value of the id must be those of the request."""
    (finding,) = found(NAME, request_body, response=response)
    assert (finding.severity, finding.location.pointer) == (Severity.ERROR, "/id")


def test_it_comes_before_what_the_answer_tells() -> None:
    """An error that went to nobody is first of all that."""
    first = judged(LIST, response=answer(0, error=PARSE))[0]
    assert (first.rule, first.refused) == (NAME, True)


@pytest.mark.parametrize(
    "parts",
    [
        {"request": LIST, "response": answer(7)},
        {"request": LIST, "response": answer(7, error=PARSE)},
        {"request": None, "response": answer(None, error=PARSE)},
        {"request": None, "response": answer(0)},
        {"request": LIST, "response": [answer(6), answer(7)]},
        {"request": LIST, "response": {"jsonrpc": "2.0", "id": 1, "method": "roots/list"}},
        {"request": LIST, "status": 400, "response": answer(None, error={"code": -32000, "message": "No session"})},
        {"request": LIST, "status": 202},
        {"request": {"model": "m", "messages": []}, "response": {"id": 1}},
        {"request": TOLD, "response": answer(1)},
        {"request": TOLD, "response": answer(None, error=PARSE)},
        {"request": TOLD, "status": 202},
    ],
)
def test_look_alikes_are_let_pass(parts: dict[str, Any]) -> None:
    """The right id, null where nothing could be read, the server's own requests, and what HTTP tells by its status."""
    assert found(NAME, **parts) == []


def test_the_words_tell_alone() -> None:
    """Clients say it of an answer that they did not ask for."""
    assert judged(response="Error: Received a response for an unknown message ID: 3")[0].rule == NAME
