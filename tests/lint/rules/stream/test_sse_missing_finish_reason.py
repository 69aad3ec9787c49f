"""sse-missing-finish-reason: a stream that ends without saying why."""

import msgspec
import pytest
from answers import STOP, USAGE, piece, said, stream
from linting import found, recording, told

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import resolve

RULE = "sse-missing-finish-reason"
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "u"}], "stream": True}


@pytest.mark.parametrize(
    "chunks", [[said("a"), said("b")], [said("a"), USAGE], [piece(0, "c", "f", "{}")], [said("a", "")]]
)
def test_an_end_without_a_reason(chunks: list[object]) -> None:
    """[DONE] came, so that nobody cut it: the server forgot."""
    (finding,) = found(RULE, status=200, response=stream(*chunks))
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    "answer",
    [
        stream(said("a"), STOP),
        stream(said("a", "stop"), done=False),
        stream(said("a", "stop"), USAGE),
        stream(said("a"), done=False),
        stream({"choices": [], "error": {"message": "busy"}}),
        stream(USAGE),
        'event: message_start\ndata: {"type":"message_start","message":{}}\n\n',
    ],
)
def test_look_alikes(answer: str) -> None:
    """A reason without [DONE] is enough; without both it broke off; an error is its own reason."""
    assert found(RULE, status=200, response=answer) == []


def test_the_words_of_clients() -> None:
    """They say it where the stream is not known."""
    assert found(RULE, response="Error: Stream ended without finish_reason")
    assert found(RULE, REQUEST, log="provider error: stream ended without finish_reason")


def test_a_stream_that_was_left_is_not_meant() -> None:
    """What the client, or the network, cut has no end of the server's."""
    cassette = recording((REQUEST, 200, stream(said("a"))))
    assert told(RULE, cassette, resolve(None))
    left = msgspec.structs.replace(cassette.exchanges[0], failure="ClientClosed: it left")
    assert told(RULE, msgspec.structs.replace(cassette, exchanges=(left,)), resolve(None)) == []
