"""client-conversion: right answers that call tools."""

import pytest
from answers import body, called, piece, stream
from linting import USER, found, recording, told

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import resolve

RULE = "client-conversion"
RIGHT = body([], called(), finish="tool_calls")


@pytest.mark.parametrize(
    ("answer", "beside"),
    [
        (RIGHT, "an empty list"),
        (body(None, called(), finish=None), "no content"),
        (body("a", called(), finish="tool_calls"), "text"),
    ],
)
@pytest.mark.parametrize("status", [200, None])
def test_calls_where_a_client_is_named(answer: object, beside: str, status: int | None) -> None:
    """The server is right: it is told, and no more."""
    (finding,) = found(RULE, status=status, response=answer, client="rig")
    assert (finding.severity, beside in finding.summary, "rig" in finding.summary) == (Severity.INFO, True, True)


@pytest.mark.parametrize(
    ("client", "answer", "request_"),
    [
        (None, RIGHT, None),
        ("any", RIGHT, None),
        ("curl", RIGHT, None),
        ("rig", body(), None),
        ("rig", RIGHT, {"messages": [USER]}),
        ("rig", body([], called(), finish="stop"), None),
        ("rig", body([], called(arguments={}), finish="tool_calls"), None),
        ("rig", stream(piece(0, "c", "f", "{}")), None),
    ],
)
def test_nothing_to_tell(client: str | None, answer: object, request_: object) -> None:
    """Nobody asks, the request is in question, or something else is wrong."""
    assert found(RULE, request_, status=200, response=answer, client=client) == []


def test_never_in_a_recording() -> None:
    """There the next request shows what the client made of it."""
    assert told(RULE, recording(({"messages": [USER]}, 200, RIGHT)), resolve(None)) == []
