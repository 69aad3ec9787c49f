"""Promises of `nexdiag.codec.cassette.recording`: what the lines come to."""

from hypothesis import given
from strategies_wire import cassettes

from nexdiag.codec.cassette import decode, encode
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Chunks
from nexdiag.core.message import Usage

HEADER = b'{"cassette":1}\n'


def read(*lines: str) -> tuple[list[tuple[int, str, str]], object]:
    """The turns of these lines as number, said and outcome; and the cassette."""
    found = decode(HEADER + "\n".join(lines).encode())
    return [(turn.number, turn.said, turn.outcome) for turn in found.turns], found


def exchange(number: int, turn: int) -> str:
    """The line of a bare exchange."""
    return f'{{"exchange":{number},"turn":{turn},"request":{{"method":"GET","url":"/"}}}}'


def test_what_belongs_to_a_turn_stands_in_it() -> None:
    """Exchanges, tool runs and log lines of a turn are in the turn and in the cassette."""
    found = decode(
        HEADER
        + "\n".join(
            [
                '{"turn":1,"at":5,"said":"hi"}',
                exchange(0, 1),
                '{"tool":"c1","turn":1,"at":6,"name":"bash","arguments":"{}","output":"o","duration":2}',
                '{"log":"line","at":7,"turn":1}',
                '{"log":"other","at":8}',
                '{"turn":1,"ended":"answered","duration":4,"reply":"ho","usage":{"input_tokens":3}}',
            ]
        ).encode()
    )
    (turn,) = found.turns
    assert (turn.said, turn.reply, turn.outcome) == ("hi", "ho", "answered")
    assert (turn.started, turn.duration, turn.usage) == (5, 4, Usage(input_tokens=3))
    assert (turn.exchanges, turn.tool_runs, turn.log) == (found.exchanges, found.tool_runs, found.log[:1])
    assert [line.text for line in found.log] == ["line", "other"]


def test_exchanges_stand_in_the_order_they_were_sent() -> None:
    """A file holds exchanges as they ended; the cassette holds them by their numbers."""
    _, found = read(exchange(2, 1), exchange(0, 1), exchange(1, 1))
    assert [one.id for one in found.exchanges] == [0, 1, 2]  # type: ignore[attr-defined]


def test_a_turn_that_never_ended_is_unfinished() -> None:
    """A crash in mid-turn leaves its beginning, and that is said."""
    assert read('{"turn":1,"said":"hi"}')[0] == [(1, "hi", "unfinished")]


def test_two_chats_may_count_alike() -> None:
    """A daemon's chats each count from 1: a number that begins again is another turn, and takes what comes after."""
    turns, found = read(
        '{"turn":1,"said":"a"}',
        exchange(0, 1),
        '{"turn":1,"ended":"answered","reply":"A"}',
        '{"turn":1,"said":"b"}',
        exchange(1, 1),
        '{"turn":1,"ended":"failed"}',
    )
    assert turns == [(1, "a", "answered"), (1, "b", "failed")]
    assert [[one.id for one in turn.exchanges] for turn in found.turns] == [[0], [1]]  # type: ignore[attr-defined]


def test_an_end_without_a_beginning_is_a_turn() -> None:
    """Where the beginning was cut from the file, what is known of the turn is kept."""
    turns, found = read(exchange(0, 3), '{"turn":3,"ended":"answered","reply":"ho"}', exchange(1, 3))
    assert turns == [(3, "", "answered")]
    assert len(found.turns[0].exchanges) == 2  # type: ignore[attr-defined]


def test_the_last_end_counts() -> None:
    """A turn that is ended twice is as the later line says; it stays one turn."""
    ends = ('{"turn":1,"ended":"failed","error":"e"}', '{"turn":1,"ended":"answered","reply":"r"}')
    assert read('{"turn":1,"said":"a"}', *ends)[0] == [(1, "a", "answered")]


def test_what_comes_before_its_turn_still_belongs_to_it() -> None:
    """Clocks may jump: an exchange that stands before the beginning of its turn is in that turn."""
    _, found = read(exchange(0, 1), '{"turn":1,"said":"a"}')
    assert len(found.turns[0].exchanges) == 1  # type: ignore[attr-defined]


def test_lines_of_a_later_version_are_left_alone() -> None:
    """An unknown kind of line, or an unknown key, does not hinder reading."""
    turns, found = read('{"mood":"good","turn":1}', '{"turn":1,"said":"a","mood":"bad"}', "{}")
    assert turns == [(1, "a", "unfinished")]
    assert found.tear is None  # type: ignore[attr-defined]


@given(cassettes())
def test_the_bytes_of_a_stream_can_be_had_without_its_chunks(cassette: Cassette) -> None:
    """They are those of the chunks, whatever frame they are kept in."""
    for found in decode(encode(cassette)).exchanges:
        chunks = found.response.chunks if found.response is not None else ()
        if isinstance(chunks, Chunks):
            assert chunks.raws == [chunk.bytes for chunk in tuple(chunks)]
