"""client-sse-accumulation: calls that come in pieces."""

import pytest
from answers import CALLS, STOP, piece, said, stream
from linting import found

from nexdiag.core.finding import Severity

RULE = "client-sse-accumulation"
RIGHT = stream(piece(0, "a", "f"), piece(0, arguments='{"a"'), piece(0, arguments=":1}"), CALLS)


def test_pieces_where_a_client_is_named() -> None:
    """The server is right: it is told, and no more."""
    (finding,) = found(RULE, status=200, response=RIGHT, client="Codex CLI 0.64")
    assert (finding.severity, "Codex CLI" in finding.summary) == (Severity.INFO, True)


@pytest.mark.parametrize(
    ("client", "answer"),
    [
        (None, RIGHT),
        ("curl", RIGHT),
        ("Codex", stream(piece(0, "a", "f", "{}"), CALLS)),
        ("Codex", stream(said("a"), STOP)),
        ("Codex", stream(piece(0, "a", "f"), piece(None, arguments="{}"), CALLS)),
    ],
)
def test_nothing_to_tell(client: str | None, answer: str) -> None:
    """Nobody asks, the call is whole, or something else is wrong."""
    assert found(RULE, status=200, response=answer, client=client) == []
