"""Promises of `nexdiag.replay.serving.ready`."""

import msgspec
import pytest
from hypothesis import given
from replayed import recorded
from strategies_wire import exchanges

from nexdiag.core.exchange import Exchange
from nexdiag.http1.heads import Framing
from nexdiag.replay.playback import Piece, playback
from nexdiag.replay.serving import onwire
from nexdiag.replay.serving.ready import Ready


@given(exchanges())
def test_what_is_ready_is_what_would_be_made(found: tuple[Exchange, ...]) -> None:
    """The first time, the second and all others, in each framing, and also where an answer breaks off."""
    ready = Ready()
    for exchange in found * 3:
        for failure in (None, "ReadError"):
            played = msgspec.structs.replace(playback(exchange), failure=failure)
            for framed in Framing:
                whole = b"".join(onwire.blocks(played, framed))
                assert b"".join(ready.blocks(played, framed)) == whole


def test_what_is_asked_again_is_made_once() -> None:
    """The third answer is the very bytes of the one before."""
    ready, played = Ready(), playback(recorded())
    _, second, third = (next(iter(ready.blocks(played, Framing.CHUNKED))) for _ in range(3))
    assert next(iter(ready.blocks(played, Framing.CHUNKED))) is third
    assert second == third


def test_what_a_fault_made_of_an_answer_is_not_kept() -> None:
    """An answer of the same recording that is cut otherwise goes out as it was cut, the other as recorded."""
    ready, plain = Ready(), playback(recorded())
    struck = msgspec.structs.replace(plain, pieces=(Piece(0.0, b"other"),))
    for _ in range(3):
        assert b"".join(ready.blocks(struck, Framing.LENGTH)) == b"other"
        assert b"".join(ready.blocks(plain, Framing.LENGTH)) == b"".join(piece.bytes for piece in plain.pieces)


@pytest.mark.parametrize("most", [0, 1, 70_000])
def test_the_memory_is_bounded(most: int) -> None:
    """Whatever is asked for, and how large it is: more than was given is never kept."""
    ready = Ready(most)
    for number in range(9):
        big = b"x" * (number * 10_000)
        played = playback(recorded(number, pieces=(big,)))
        for _ in range(3):
            assert b"".join(ready.blocks(played, Framing.LENGTH)) == big
            assert sum(len(body) for _, body in ready._kept.values()) == ready._size <= most
