"""sse-usage-chunk-missing-choices: chunks without a list of choices."""

import pytest
from answers import STOP, USAGE, said, stream
from linting import found

from nexdiag.core.finding import Severity

RULE = "sse-usage-chunk-missing-choices"


@pytest.mark.parametrize(
    "chunk", [{"usage": {"prompt_tokens": 1}}, {"choices": None, "usage": {}}, {"id": "x"}, ["x"], 5, None]
)
def test_a_chunk_without_choices(chunk: object) -> None:
    """Missing, null, or in what is no object."""
    (finding,) = found(RULE, status=200, response=stream(said("a"), STOP, chunk))
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize(
    "answer",
    [
        stream(said("a"), STOP, USAGE),
        stream({"choices": [], "prompt_filter_results": []}, said("a"), STOP),
        stream({"error": {"message": "busy"}}),
        stream({}, done=False),
        stream({"candidates": [{"content": {"parts": []}}], "usageMetadata": {"totalTokenCount": 3}}, done=False),
        stream({"candidates": [], "usage": {}}, done=False),
        stream({"jsonrpc": "2.0", "id": 1, "result": {"usage": {"used": 1}}}, done=False),
        stream({"usageMetadata": {}}, done=False),
        'event: ping\ndata: {"type":"ping"}\n\nevent: message_start\ndata: {"type":"message_start","message":{}}\n\n',
        'data: {"type":"response.created","response":{}}\n\n',
    ],
)
def test_look_alikes(answer: str) -> None:
    """An empty list is right; so are an error, and the other wires."""
    assert found(RULE, status=200, response=answer) == []


def test_the_words_of_clients() -> None:
    """They stand where the answer is not known."""
    assert found(RULE, response="Skipping malformed SSE chunk: missing field `choices` at line 1")
