"""sse-truncated-eof: a stream that broke off without a word."""

import msgspec
import pytest
from answers import CALLS, USAGE, piece, said, stream
from linting import found, recording, told

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import resolve

RULE = "sse-truncated-eof"
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "u"}], "stream": True}
ANTHROPIC = 'event: message_start\ndata: {"type":"message_start","message":{}}\n\n'
RESPONSES = 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"a"}\n\n'


@pytest.mark.parametrize(
    ("answer", "severity"),
    [
        (stream(said("a"), piece(0, "c", "f", '{"path":"a'), done=False), Severity.ERROR),
        (stream(said("a"), done=False) + 'data: {"choices": [{"del', Severity.ERROR),
        (stream(said("a"), done=False), Severity.WARNING),
        (ANTHROPIC, Severity.WARNING),
        (RESPONSES, Severity.WARNING),
    ],
)
def test_neither_reason_nor_end(answer: str, severity: Severity) -> None:
    """A bare exchange may hold an excerpt; one that is torn is none."""
    (finding,) = found(RULE, status=200, response=answer)
    assert finding.severity is severity


@pytest.mark.parametrize(
    "answer",
    [
        stream(said("a", "stop"), done=False),
        stream(said("a")),
        stream(piece(None, "c", "f", "{}"), done=False),
        stream(USAGE, done=False),
        stream("no JSON", done=False),
        stream({"error": {"message": "busy"}}, done=False),
        ANTHROPIC + 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
        RESPONSES + 'event: response.incomplete\ndata: {"type":"response.incomplete","response":{}}\n\n',
        stream(piece(0, "c", "f", "{}"), CALLS, done=False),
    ],
)
def test_look_alikes(answer: str) -> None:
    """An end, a reason, an error; an excerpt that shows another fault."""
    assert found(RULE, status=200, response=answer) == []


@pytest.mark.parametrize("failure", ["ClientClosed: left", "ReadError: reset", "Unfinished: the recording ended"])
def test_whose_doing_it_was(failure: str) -> None:
    """In a recording it is an error, unless the transport tells of it, or the client left."""
    cassette = recording((REQUEST, 200, stream(said("a"), done=False)))
    (finding,) = told(RULE, cassette, resolve(None))
    assert finding.severity is Severity.ERROR
    broken = msgspec.structs.replace(cassette.exchanges[0], failure=failure)
    assert told(RULE, msgspec.structs.replace(cassette, exchanges=(broken,)), resolve(None)) == []


def test_the_words_of_clients() -> None:
    """They say it where the stream is not known."""
    assert found(RULE, response="stream disconnected before completion: stream closed before response.completed")
