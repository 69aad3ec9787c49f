"""Promises of `nexdiag.replay.splitting`."""

import itertools

import httpx2
import msgspec
import openai
import pytest
from answers_to_strike import STREAMS, answered, asked
from hypothesis import given
from hypothesis import strategies as st
from strategies_wire import exchanges

from nexdiag.codec import sse
from nexdiag.codec.wire import DIALECTS, wire_of
from nexdiag.core.errors import UsageError
from nexdiag.core.exchange import Exchange
from nexdiag.replay.answers import Answers
from nexdiag.replay.matching.matcher import Matcher
from nexdiag.replay.playback import Piece, Playback, playback
from nexdiag.replay.player import Player
from nexdiag.replay.splitting import splitter

NAMES = ("recorded", "whole", "byte", "utf8", "data")


def split(name: str, *pieces: bytes, headers: tuple[tuple[str, str], ...] = ()) -> list[bytes]:
    """The bytes of each piece."""
    return [piece.bytes for piece in splitter(name)(playback(answered(pieces=pieces, headers=headers))).pieces]


@given(exchanges(), st.sampled_from(NAMES))
def test_the_bytes_and_the_time_stay(found: tuple[Exchange, ...], name: str) -> None:
    """Of any answer; nothing else of it is changed, and what was read once can be read again."""
    for exchange in found:
        before = playback(exchange)
        after = splitter(name)(before)
        assert [piece.bytes for piece in after.pieces] == [piece.bytes for piece in after.pieces]
        assert b"".join(piece.bytes for piece in after.pieces) == b"".join(piece.bytes for piece in before.pieces)
        for time in ("after", "held"):
            taken = [sum(getattr(piece, time) for piece in one.pieces) for one in (before, after)]
            assert taken[1] == pytest.approx(taken[0])
        assert msgspec.structs.replace(after, pieces=before.pieces) == before


@given(st.sampled_from(sorted(STREAMS)), st.sampled_from(NAMES))
def test_bytes_never_come_before_their_time(wire: str, name: str) -> None:
    """Whatever is cut, no byte is sent sooner than it came."""

    def arrivals(answer: Playback) -> list[float]:
        at = itertools.accumulate(piece.after for piece in answer.pieces)
        return [time for time, piece in zip(at, answer.pieces, strict=True) for _ in piece.bytes]

    before = playback(answered(wire=wire))
    pairs = zip(arrivals(before), arrivals(splitter(name)(before)), strict=True)
    assert all(sooner <= later for sooner, later in pairs)


def test_as_recorded_it_is_the_very_answer() -> None:
    """Nothing is made of it."""
    answer = playback(answered())
    assert splitter("recorded")(answer) is answer


def test_the_whole_is_one_piece() -> None:
    """It comes when the last came; an answer without a body stays so."""
    one = splitter("whole")(playback(answered())).pieces
    assert list(one) == [Piece(5.0, b"".join(STREAMS["chat"]))]
    assert split("whole") == []


def test_a_byte_a_piece() -> None:
    """The first byte of a recorded piece comes when that came."""
    pieces = splitter("byte")(playback(answered(pieces=(b"abc", b"", b"d")))).pieces
    assert [(piece.after, piece.bytes) for piece in pieces] == [(1, b"a"), (0, b"b"), (0, b"c"), (1, b""), (1, b"d")]
    assert (len(pieces), pieces[-1].bytes, [one.bytes for one in pieces[:2]]) == (5, b"d", [b"a", b"b"])


def test_each_character_of_several_bytes_is_cut_within() -> None:
    """At each of its bytes; recorded cuts stay."""
    assert split("utf8", "aé".encode(), "☃b".encode()) == [b"a\xc3", b"\xa9", b"\xe2", b"\x98", b"\x83b"]


@given(st.text(), st.integers(1, 5))
def test_no_piece_holds_a_whole_character_of_several_bytes(text: str, size: int) -> None:
    """Whatever was recorded."""
    body = text.encode(errors="replace")
    pieces = split("utf8", *(body[start : start + size] for start in range(0, len(body), size)))
    assert all(piece.decode(errors="ignore").isascii() for piece in pieces)


def test_each_event_is_cut_within_the_word_data() -> None:
    """And between CR and LF, wherever it was cut when it was recorded; not within text that says `data:`."""
    events = b"data: a data: b\r\n\r\nevent: x\r\ndata: 2\r\n\r\n"
    expected = [b"da", b"ta: a data: b\r", b"\n\r", b"\nevent: x\r", b"\nda", b"ta: 2\r", b"\n\r", b"\n"]
    assert split("data", events) == expected
    assert split("data", b"data: 1\n\nd", b"ata: 2\n\n") == [b"da", b"ta: 1\n\nd", b"a", b"ta: 2\n\n"]


@pytest.mark.parametrize("name", ["utf8", "data"])
def test_what_is_squeezed_is_cut_at_every_byte(name: str) -> None:
    """What stands in it cannot be seen from its bytes."""
    assert split(name, b"xyz", headers=(("content-encoding", "gzip"),)) == [b"x", b"y", b"z"]
    assert split(name, b"xyz", headers=(("content-encoding", "identity"),)) == [b"xyz"]


def test_a_long_stream_is_not_made_before_it_is_sent() -> None:
    """The first byte of a million costs no more than itself."""
    pieces = splitter("byte")(playback(answered(pieces=(b"x" * 1_000_000,)))).pieces
    assert [piece.bytes for piece in itertools.islice(iter(pieces), 2)] == [b"x", b"x"]
    assert not isinstance(pieces, tuple | list)


@pytest.mark.parametrize(("name", "hint"), [("bytes", "did you mean 'byte'?"), ("utf-8", "'utf8'"), ("\x1b" * 999, "")])
def test_a_way_that_is_none_is_told(name: str, hint: str) -> None:
    """With those that there are, and what was probably meant."""
    with pytest.raises(UsageError, match="wanted recorded, whole, byte, utf8, data") as error:
        splitter(name)
    assert hint in error.value.hint
    assert error.value.what.isprintable()


@pytest.mark.parametrize("wire", sorted(STREAMS))
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_no_reader_of_a_wire_cares(wire: str, end: bytes) -> None:
    """Each way gives our readers the same reply, also where lines end in CR LF and characters have several bytes."""
    pieces = tuple(piece.replace(b"Hello", "Héllo ☃".encode()).replace(b"\n", end) for piece in STREAMS[wire])
    replies = []
    for name in NAMES:
        parser, reading = sse.Parser(), DIALECTS[wire_of(asked(0, wire).url) or "chat"].accumulator()
        for piece in splitter(name)(playback(answered(wire=wire, pieces=pieces))).pieces:
            for event in parser.feed(piece.bytes):
                reading.feed(event)
        replies.append(reading.finish())
    assert replies[0].message.text == "Héllo ☃ you."
    assert all(reply == replies[0] for reply in replies)


@pytest.mark.parametrize("name", NAMES)
def test_openai_s_sdk_does_not_care(name: str) -> None:
    """The words are the same, however their bytes came."""
    pieces = tuple(piece.replace(b"Hello", "Héllo ☃".encode()) for piece in STREAMS["chat"])
    found = splitter(name)(playback(answered(pieces=pieces)))
    player = Player(Answers(Matcher(()), make=lambda request: found))
    with openai.OpenAI(base_url="http://x/v1", api_key="k", http_client=httpx2.Client(transport=player)) as client:
        stream = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "Héllo ☃ you."
