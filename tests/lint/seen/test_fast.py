"""Clean streams, read at once."""

import pytest
from answers import CALLS, STOP, USAGE, chunk, piece, said, stream

from nexdiag.lint.seen.fast import read_clean


@pytest.mark.parametrize(
    "text",
    [
        stream(said("a"), said("b"), STOP, USAGE),
        stream(said("a", "stop"), done=False),
        stream(said("a"), STOP, before=": comment\n\n"),
        stream(said("a"), STOP).replace("\n", "\r\n"),
        stream(said("a"), STOP).replace("data: ", "data:"),
        stream(piece(0, "a", "f"), piece(0, arguments="{}"), CALLS),
        stream({"choices": [], "prompt_filter_results": []}, said("a"), STOP),
        'event: message_start\ndata: {"type":"message_start","message":{}}\n\n',
        'data: {"type":"response.created","response":{}}\n\n',
    ],
)
def test_what_is_clean(text: str) -> None:
    """Comments and other line ends are."""
    told = read_clean(text.encode())
    assert told is not None
    assert told.odd == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no stream",
        "data: [DONE]\n\n",
        stream("no JSON", said("a")),
        stream(said("a"), "", STOP),
        stream(piece(None, "a", "f")),
        stream(piece(0, "a", "f"), piece(0, "b", "g")),
        stream(piece(0, arguments="{}")),
        stream({"choices": [], "error": {}}),
        stream(chunk({}, "error")),
        stream({"usage": {}}),
        stream({"choices": [{}]}),
        stream(chunk({"tool_calls": {}})),
        stream(said(5)),
        stream(said("a"), "1,2", STOP),
        stream(said("a")) + stream(said("b")),
        "event: error\n" + stream(said("a")),
        'data: {"type":"message_start"}\n\ndata: {"type":"error"}\n\n',
        'data: {"type":"message_start"}\n\ndata: {"type":"content_block_delta","index":0,"delta":{}}\n\n',
        'data: {"type":"response.failed","response":{"error":{"message":"x"}}}\n\n',
        'data: {"choices":' + "[" * 100_000,
    ],
)
def test_what_is_not(text: str) -> None:
    """Anything that a client might stumble over is for the slow way."""
    assert read_clean(text.encode()) is None
