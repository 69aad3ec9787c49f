"""sse-tool-delta-no-index: pieces of calls that do not say to which they belong."""

import pytest
from answers import CALLS, body, called, chunk, piece, said, stream
from linting import CHAT, found, recording, refusing, told

from nexdiag.core.finding import Severity
from nexdiag.lint.profiles import resolve

RULE = "sse-tool-delta-no-index"
BAD = stream(piece(None, "a", "f", "{}"), CALLS)


@pytest.mark.parametrize(
    "answer",
    [
        BAD,
        stream(piece("0", "a", "f", "{}"), CALLS),
        stream(said("x"), piece(0, "a", "f", ""), piece(None, arguments="{}"), CALLS),
        stream(piece(None, "a", "f", "{}"), done=False),
    ],
)
@pytest.mark.parametrize("status", [200, None])
def test_a_piece_without_index(answer: str, status: int | None) -> None:
    """Wherever in the stream, and in an excerpt too: the call is lost, whatever the server."""
    (finding,) = found(RULE, status=status, response=answer)
    assert (finding.severity, finding.location.message_index) == (Severity.ERROR, None)
    assert "event" in finding.evidence[0]


@pytest.mark.parametrize(
    "answer",
    [
        stream(piece(0, "a", "f", ""), piece(0, arguments="{}"), CALLS),
        stream(chunk({"tool_calls": []})),
        body(None, called()),
    ],
)
def test_what_has_its_index(answer: object) -> None:
    """An id is not needed on every piece, and a whole answer has no indices."""
    assert found(RULE, status=200, response=answer) == []


@pytest.mark.parametrize(
    "words",
    [
        "list indices must be integers or slices, not NoneType",
        "Skipping malformed SSE chunk: missing field `index` at line 1",
        "Saving chunk state error: Expected list delta entry to have an `index` key",
    ],
)
def test_the_words_of_clients(words: str) -> None:
    """With and without a request, in the log or in place of the answer."""
    assert found(RULE, response=f"TypeError: {words}")
    assert found(RULE, {"messages": [{"role": "user", "content": "u"}], "stream": True}, log=words)
    assert not found(RULE, response="list indices must be integers or slices, not str")


def test_a_recording_tells_it_once() -> None:
    """As often as the server streams so."""
    request = {"model": "m", "messages": [{"role": "user", "content": "u"}], "stream": True}
    (finding,) = told(RULE, recording((request, 200, BAD), (request, 200, BAD), url=CHAT), resolve(None))
    assert (finding.repeats, finding.severity) == (1, Severity.ERROR)
    assert refusing(RULE).known


def test_a_log_under_a_status_of_success() -> None:
    """The client fails on an answer that the server gave with 200."""
    assert found(RULE, status=200, log="Saving chunk state error: Expected list delta entry to have an index key")
    assert not found(RULE, status=200, log="all went well")


@pytest.mark.parametrize("index", [None, "0", 0])
def test_a_piece_of_a_tool_use_block(index: object) -> None:
    """On the Messages wire each event of a block has its index."""
    delta = {"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": "{}"}}
    answer = stream(
        {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "t", "name": "f"}},
        {key: value for key, value in delta.items() if value is not None},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
        {"type": "message_stop"},
        done=False,
    )
    assert bool(found(RULE, status=200, response=answer)) is (index != 0)
