"""Streams of any kind, event by event."""

import pytest
from answers import CALLS, STOP, USAGE, chunk, piece, said, stream

from nexdiag.lint.seen.slow import read_odd


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (stream(said("a"), STOP, USAGE), []),
        (stream("no JSON"), ["not-json"]),
        (stream([]), ["not-object"]),
        (stream({"error": "x"}), ["error"]),
        ("event: error\ndata: x\n\n", ["error"]),
        (stream({"usage": {}}), ["no-choices"]),
        (stream({"choices": [{}]}), ["no-delta"]),
        (stream(chunk({"tool_calls": {}})), ["calls", "no-index"]),
        (stream(piece(0, "a", "f", {})), ["arguments"]),
        (stream(said(5)), ["content"]),
        (stream(piece(None, "a", "f")), ["no-index"]),
        (stream({"type": "content_block_delta", "delta": {"type": "input_json_delta"}}), ["no-index"]),
        (stream({"type": "content_block_delta", "delta": {"type": "text_delta"}}), []),
        (stream(piece(0, "a", "f"), piece(0, "b", "g")), ["collision"]),
        (stream(piece(0, "a", "f"), piece(0, "b")), ["id-changes"]),
        (stream(piece(0, "a", "f"), piece(1)), ["late-tail"]),
        (stream(said("a")) + stream("behind the end"), []),
    ],
)
def test_what_is_odd_is_noted(text: str, kinds: list[str]) -> None:
    """One kind each."""
    assert list(read_odd(text.encode()).odd) == kinds


def test_reading_goes_on_behind_it() -> None:
    """The text, the calls and the end are told all the same."""
    text = stream("x", said("a"), {"usage": {"prompt_tokens": 3}}, piece(None, "c", "f", "{}"), said("b"), CALLS)
    told = read_odd(text.encode())
    assert (told.text, told.finish, told.done, told.calls[0].arguments) == ("ab", "tool_calls", True, "{}")
    assert told.usage is not None
    assert told.usage.input == 3
    assert (told.odd["not-json"].at, told.odd["no-index"].at) == (0, 3)


def test_a_torn_end_is_no_fault_of_the_json() -> None:
    """The bytes ended in the middle of an event."""
    told = read_odd((stream(said("a"), done=False) + 'data: {"cho').encode())
    assert (told.torn, told.odd, told.text) == (True, {}, "a")


def test_usage_stands_in_several_places() -> None:
    """In the choice (Moonshot), and under `x_groq`."""
    for one in (
        {"x_groq": {"usage": {"prompt_tokens": 3}}, **STOP},
        {"choices": [{"delta": {}, "usage": {"prompt_tokens": 3}}]},
    ):
        usage = read_odd(stream(said("a"), one).encode()).usage
        assert usage is not None
        assert usage.input == 3
