"""Promises of `nexdiag.replay.playback`."""

from hypothesis import given
from strategies_wire import exchanges

from nexdiag.core.exchange import Exchange, client_left
from nexdiag.replay.playback import playback


@given(exchanges())
def test_what_is_played_is_what_was_recorded(found: tuple[Exchange, ...]) -> None:
    """Status, headers, bytes, boundaries and times are those of the recording."""
    for exchange in found:
        played, response = playback(exchange), exchange.response
        assert played.exchange is exchange
        assert [piece.bytes for piece in played.pieces] == [one.bytes for one in (response.chunks if response else ())]
        assert (played.status, played.headers) == ((response.status, response.headers) if response else (None, ()))
        if response is None:
            assert played.failure
        else:
            assert played.failure == (None if client_left(exchange.failure) else exchange.failure)
            last = played.after + sum(piece.after for piece in played.pieces)
            assert abs(last - (response.chunks[-1].at if response.chunks else response.first_byte)) < 1e-6
