"""Promises of `nexdiag.codec.cassette.frames`: what streams have in common is written once, and they come back."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts
from strategies_wire import streams

from nexdiag.codec.cassette.frames import NONE, Whole, frame_of, framed, unframed

EVENT = 'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n'


@given(streams())
def test_every_piece_comes_back(torn: list[bytes]) -> None:
    """Whatever frame was found: each piece is what it was."""
    frame = frame_of(torn)
    assert [unframed(frame, framed(frame, piece)) for piece in torn] == torn


@given(st.tuples(texts, texts), st.binary(max_size=30) | texts.map(str.encode))
def test_any_frame_gives_any_piece_back(frame: tuple[str, str], piece: bytes) -> None:
    """Also a frame that has nothing to do with the piece."""
    assert unframed(frame, framed(frame, piece)) == piece


def test_a_stream_is_its_words() -> None:
    """Of each event only what differs is left, one string each."""
    words = ["The", " model", " said", " é", "!"]
    events = [(EVENT % word).encode() for word in words]
    frame = frame_of(events)
    assert frame == tuple((EVENT % "\0").split("\0"))
    assert [framed(frame, event) for event in events] == words


def test_events_that_came_together_are_several_texts() -> None:
    """A piece of two events is a list of two, and their frame is found all the same."""
    glued = [(EVENT % one + EVENT % two).encode() for one, two in (("a", "b"), ("c", "d"), ("e", "f"))]
    frame = frame_of(glued)
    assert [framed(frame, piece) for piece in glued] == [["a", "b"], ["c", "d"], ["e", "f"]]


def test_what_does_not_fit_is_kept_whole() -> None:
    """Half an event is text, half a character is base64."""
    frame = tuple((EVENT % "\0").split("\0"))
    assert framed(frame, b"data: {") == Whole(text="data: {")
    assert framed(frame, b"\xe2") == Whole(base64=base64.b64encode(b"\xe2").decode())


@pytest.mark.parametrize("pieces", [[], [b"{}"], [b"a", b"b"], [b"abc", b"xyz", b"123"]])
def test_nothing_in_common_is_no_frame(pieces: list[bytes]) -> None:
    """A body in one piece, or in pieces that are not alike, has none."""
    assert frame_of(pieces) == NONE


def test_lines_of_json_have_a_frame_too() -> None:
    """Other servers stream one JSON object a line."""
    lines = [b'{"model":"m","message":{"content":"%s"},"done":false}\n' % word for word in (b"x", b"yy", b"zzz")]
    frame = frame_of(lines)
    assert [framed(frame, line) for line in lines] == ["x", "yy", "zzz"]
