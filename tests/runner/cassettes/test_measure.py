"""What a recording holds, counted."""

from hypothesis import given, settings
from kept import NOON, asked, recording, with_exchange
from msgspec import structs
from strategies_wire import cassettes

from nexdiag.codec import cassette as codec
from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange
from nexdiag.runner.cassettes.measure import bytes_by_kind, measure

CHAT = recording("hello", "which day", "bye")
RAW = codec.encode(CHAT)


def test_messages_sent_and_stored_are_counted() -> None:
    """Each request sends its whole history; each message is stored once."""
    found = measure(RAW, "x")
    assert (found.messages_sent, found.messages_stored) == (2 + 4 + 6 + 8, 8)
    assert (found.turns, found.exchanges, found.tool_runs, found.log_lines, found.sessions) == (3, 4, 1, 3, 1)
    assert (found.statuses, found.models, found.outcomes) == ({"200": 4}, {"m": 4}, {"answered": 3})
    assert (found.usage.input_tokens, found.usage.output_tokens) == (48, 12)
    assert (found.duration, found.first_byte) == (2.0, 0.1)


def test_a_message_that_stands_in_two_places_is_stored_once() -> None:
    again = codec.encode(recording("same", "other", "same"))
    assert measure(again, "x").messages_stored == 8 - 1


def test_the_bytes_of_the_wire_are_counted_exactly() -> None:
    """Without any body being put together."""
    found = measure(RAW, "x")
    assert found.request_bytes == sum(len(one.request.body.join()) for one in CHAT.exchanges)
    assert found.response_bytes == sum(len(one.response.body) for one in CHAT.exchanges if one.response)


def test_the_bytes_of_the_file_are_all_told() -> None:
    """By kind, and nothing twice."""
    kinds = bytes_by_kind(RAW)
    assert sum(kinds.values()) == len(RAW)
    assert {"header", "link", "exchange", "turn", "tool", "log"} <= set(kinds)
    assert sum(bytes_by_kind(RAW[:-30]).values()) == len(RAW[:-30]) + 1  # the line end that was cut off with its line
    assert "other" in bytes_by_kind(RAW + b'{"later":1}\n')


def test_bodies_kept_whole_and_failures_are_counted() -> None:
    raw = b'{\n"model": "q", "messages": [{"role": "user"}]}'
    request = structs.replace(asked([], Splitter()), body=Body.of(raw))
    gone = Exchange(id=9, started=NOON, request=request, failure="ConnectError: refused", attempt=2)
    found = measure(codec.encode(with_exchange(CHAT, gone)), "x")
    assert found.models["q"] == 1
    assert (found.failures, found.attempts, found.statuses["none"]) == ({"ConnectError": 1}, 1, 1)


@settings(max_examples=25)
@given(cassettes())
def test_any_recording_can_be_counted(cassette: Cassette) -> None:
    raw = codec.encode(cassette)
    found = measure(raw, "x")
    assert found.request_bytes == sum(len(one.request.body.join()) for one in cassette.exchanges)
    assert sum(found.bytes_by_kind.values()) == len(raw)
