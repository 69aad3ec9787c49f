"""Promises of `nexdiag.replay.faults.blocks`."""

import pytest
from answers_to_strike import STREAMS, answered, whole
from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import exchanges

from nexdiag.codec.encodings import encoded
from nexdiag.core.exchange import Exchange
from nexdiag.replay.faults.blocks import read
from nexdiag.replay.playback import playback

LINE_ENDS = (b"\n", b"\r\n", b"\r")


@given(st.data(), st.sampled_from(sorted(STREAMS)), st.sampled_from(LINE_ENDS))
def test_events_are_found_however_they_were_cut(data: st.DataObject, wire: str, end: bytes) -> None:
    """A block is an event, whatever pieces the stream came in, and whatever ends its lines."""
    body = b"".join(STREAMS[wire]).replace(b"\n", end)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    pieces = tuple(body[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(body)], strict=True))
    answer = read(playback(answered(wire=wire, pieces=pieces)))
    assert [block.content for block in answer.blocks] == [event.replace(b"\n", end) for event in STREAMS[wire]]


def test_what_holds_no_data_is_not_counted() -> None:
    """A comment is a sign of life, and no chunk."""
    assert read(playback(answered())).counted == [0, 2, 3, 4]


@given(exchanges())
def test_the_bytes_and_the_time_stay(found: tuple[Exchange, ...]) -> None:
    """All blocks together are the answer, and take as long, but for pieces without a byte at its end."""
    for exchange in found:
        whole_answer = playback(exchange)
        made = read(whole_answer).made(read(whole_answer).blocks)
        assert b"".join(piece.bytes for piece in made.pieces) == b"".join(piece.bytes for piece in whole_answer.pieces)
        last = max((place for place, piece in enumerate(whole_answer.pieces) if piece.bytes), default=-1)
        taken = sum(piece.after for piece in whole_answer.pieces[: last + 1])
        assert sum(piece.after for piece in made.pieces) == pytest.approx(taken, abs=1e-6)  # hostile clocks go back


def test_an_event_comes_when_its_last_byte_came() -> None:
    """One second a piece, whatever block it belongs to."""
    answer = read(playback(answered(pieces=(b"data: 1", b"\n\ndata: 2\n\ndata:", b" 3\n\n"))))
    assert [block.content for block in answer.blocks] == [b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"]
    assert [block.after for block in answer.blocks] == [2, 0, 1]


def test_a_body_is_taken_in_quarters() -> None:
    """However it came; and nothing is lost."""
    answer = read(playback(whole()))
    assert len(answer.blocks) == 4
    assert {len(block.content) // 10 for block in answer.blocks} == {2}
    assert read(playback(answered(pieces=(), headers=()))).blocks == ()
    assert [block.content for block in read(playback(answered(pieces=(b"ab",), headers=()))).blocks] == [b"a", b"b"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_an_encoded_answer_is_taken_without_its_encoding(encoding: str) -> None:
    """Its headers say so, and tell the length that it then has."""
    body = b"".join(STREAMS["chat"])
    squeezed = encoded(body, encoding)
    assert squeezed is not None
    headers = (("content-type", "text/event-stream"), ("content-encoding", encoding), ("content-length", "99"))
    answer = read(playback(answered(pieces=(squeezed[:20], squeezed[20:]), headers=headers)))
    assert [block.content for block in answer.blocks] == list(STREAMS["chat"])
    assert answer.playback.headers == (("content-type", "text/event-stream"), ("content-length", str(len(body))))


def test_an_encoding_that_nobody_knows_is_left() -> None:
    """The bytes are then what they are."""
    headers = (("content-type", "text/event-stream"), ("content-encoding", "rot13"))
    answer = read(playback(answered(pieces=(b"what?",), headers=headers)))
    assert (answer.playback.headers, b"".join(block.content for block in answer.blocks)) == (headers, b"what?")


@pytest.mark.parametrize("wire", sorted(STREAMS))
def test_the_end_of_a_stream_is_known(wire: str) -> None:
    """On each wire it is the last event."""
    assert [block.ends for block in read(playback(answered(wire=wire))).blocks].index(True) == len(STREAMS[wire]) - 1


@pytest.mark.parametrize("data", [b"\xff", b"[" * 100_000, b'{"type": 1}', b'{"type": null}', b"", b'"\\ud800"'])
def test_what_is_no_json_ends_nothing(data: bytes) -> None:
    """And nothing is raised over it."""
    assert not any(block.ends for block in read(playback(answered(pieces=(b"data: " + data + b"\n\n",)))).blocks)


def test_what_is_made_tells_its_own_length() -> None:
    """An answer that ends well is framed as it is; one that breaks off was announced as a whole."""
    answer = read(playback(whole()))
    length = dict(answer.playback.headers)["content-length"]
    half = answer.made(answer.blocks[:2])
    assert dict(half.headers)["content-length"] == str(sum(len(piece.bytes) for piece in half.pieces)) != length
    broken = answer.made(answer.blocks[:2], failure="ReadError")
    assert dict(broken.headers)["content-length"] == length
