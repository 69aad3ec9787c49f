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
    ("log", "count"),
    [
        ('tool resolution failed: unknown tool "search_circularsearch_circularsearch_circular"', 1),
        ("Error: function `get_weatherget_weather` not found", 1),
        ('tool resolution failed: unknown tool "search_circular"', 0),
        ("Error: tool tests_of_tests not found", 0),
        ("tool call failed: ----------------", 0),
    ],
)
def test_a_name_that_is_another_several_times(log: str, count: int) -> None:
    """A log tells of a client that joined what was apart."""
    assert len(found(RULE, log=log)) == count


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
