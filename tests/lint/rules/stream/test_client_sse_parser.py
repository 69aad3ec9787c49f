"""client-sse-parser: comments in a right stream."""

import pytest
from answers import STOP, said, stream
from linting import found, recording, told

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import resolve

RULE = "client-sse-parser"
RIGHT = stream(said("a"), STOP, before=": OPENROUTER PROCESSING\n\n")


def test_a_comment_where_a_client_is_named() -> None:
    """The server is right: it is told, and no more."""
    (finding,) = found(RULE, status=200, response=RIGHT, client="openai4j")
    assert (finding.severity, "openai4j" in finding.summary) == (Severity.INFO, True)


def test_a_client_that_cuts_its_lines() -> None:
    """The stream is right, and its log says that a part of it was no JSON; of calls that is another fault."""
    log = "SyntaxError: Unterminated string in JSON at position 9"
    (finding,) = found(RULE, status=200, response=stream(said("a"), STOP), client="x", log=log)
    assert finding.severity is Severity.WARNING
    assert found(RULE, status=200, response=stream(said("a"), STOP), client="x", log="all is well") == []
    (told_by_log,) = found(RULE, status=200, log=f"{log}\n  at Client.chatStream (x.js:1)", server="Mistral")
    assert told_by_log.severity is Severity.WARNING


def test_no_blank_where_a_client_is_named() -> None:
    """`data:{` is as right as `data: {`, and some clients skip it."""
    tight = stream(said("a"), STOP).replace("data: ", "data:")
    (finding,) = found(RULE, status=200, response=tight, client="goose")
    assert (finding.severity, "goose" in finding.summary) == (Severity.INFO, True)
    assert found(RULE, status=200, response=tight) == []


@pytest.mark.parametrize(
    ("client", "answer"),
    [
        (None, RIGHT),
        ("curl", RIGHT),
        ("any", RIGHT),
        ("openai4j", stream(said("a"), STOP)),
        ("openai4j", stream(said(": a"), STOP)),
        ("openai4j", stream(said("data:{"), STOP)),
        ("openai4j", stream("no JSON", before=": x\n\n")),
    ],
)
def test_nothing_to_tell(client: str | None, answer: str) -> None:
    """Nobody asks, nothing is unusual, or something else is wrong."""
    assert found(RULE, status=200, response=answer, client=client) == []


def test_the_words_of_clients() -> None:
    """They name it where the stream is not known."""
    assert found(RULE, response="SSEFormatException: Invalid sse format! : OPENROUTER PROCESSING")


def test_never_in_a_recording() -> None:
    """There the client is under test, and it read the stream."""
    request = {"messages": [{"role": "user", "content": "u"}]}
    assert told(RULE, recording((request, 200, RIGHT)), resolve(None)) == []
