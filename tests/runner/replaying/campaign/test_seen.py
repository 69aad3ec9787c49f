"""What a client could have seen of an answer that is not the one that was sent."""

import json
from pathlib import Path

import pytest

from nexdiag.core.cassette import Cassette
from nexdiag.core.exchange import Exchange
from nexdiag.core.fault import Fault
from nexdiag.replay.faults import overlay
from nexdiag.runner.load import load
from nexdiag.runner.replaying.campaign.seen import could_be_seen

CASSETTES = Path(__file__).parents[4] / "cassettes" / "llama.cpp"
CHAT = "five-back-to-back"
RESPONSES = "five-over-responses"
COMPLETED = b'data: {"type":"response.completed","sequence_number":2}\n\n'
MESSAGES = "five-over-messages"


def recorded(name: str) -> Cassette:
    """A recording from the real llama.cpp."""
    return load(CASSETTES / f"{name}.cassette.jsonl")


def laid(name: str, fault: Fault) -> bytes:
    """The first answer of a recording with a fault over it."""
    exchanges: tuple[Exchange, ...] = recorded(name).exchanges
    over = overlay((fault,), exchanges)(exchanges[0])
    assert over is not None
    return b"".join(piece.bytes for piece in over.playback.pieces)


def chat(*deltas: object, done: bool = True) -> bytes:
    """A stream of chat completions of these choices."""
    events = [json.dumps({"choices": [delta]}) for delta in deltas]
    return "".join(f"data: {event}\n\n" for event in [*events, *(["[DONE]"] * done)]).encode()


@pytest.mark.parametrize("name", [CHAT, RESPONSES, MESSAGES])
def test_what_was_sent_is_well_formed(name: str) -> None:
    """Nothing is to be seen in any answer of a recording."""
    for exchange in recorded(name).exchanges:
        assert exchange.response is not None
        assert not could_be_seen(exchange.response.body, streamed=True)


@pytest.mark.parametrize("name", [CHAT, RESPONSES, MESSAGES])
@pytest.mark.parametrize(
    "fault", [Fault(kind="garble", value="half", turn=1, chunk=4), Fault(kind="cut", turn=1, chunk=4)]
)
def test_what_is_broken_could_be_seen(name: str, fault: Fault) -> None:
    """JSON that is none, and a stream without its end."""
    assert could_be_seen(laid(name, fault), streamed=True)


@pytest.mark.parametrize("kind", ["drop", "duplicate"])
@pytest.mark.parametrize(("name", "chunk", "seen"), [(CHAT, 3, False), (MESSAGES, 4, False), (RESPONSES, 5, True)])
def test_a_piece_that_is_missing_or_comes_twice(name: str, chunk: int, kind: str, *, seen: bool) -> None:
    """Only Responses says its text twice, so that one can check it; the other wires count nothing."""
    assert could_be_seen(laid(name, Fault(kind=kind, turn=1, chunk=chunk)), streamed=True) is seen


def test_bytes_that_are_no_text_could_be_seen() -> None:
    """An event stream is UTF-8."""
    assert could_be_seen(laid(CHAT, Fault(kind="garble", value="bytes", turn=1, chunk=4)), streamed=True)


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (chat({"delta": {"content": "a"}}, {"delta": {}, "finish_reason": "stop"}), False),
        (chat({"delta": {"content": "a"}}, {"delta": {}, "finish_reason": "stop"}, done=False), True),
        (chat({"delta": {"content": "a"}}), True),
        (chat({"finish_reason": "stop"}, {"delta": {"content": "b"}}), True),
        (chat(None), True),
        (b'data: {"error":{"message":"no"}}\n\ndata: [DONE]\n\n', True),
        (b"<html>\n\n", True),
        (b"", True),
        (b"data: 3\n\ndata: [DONE]\n\n", True),
        (COMPLETED, False),
        (b'data: {"type":"response.created","sequence_number":0}\n\n' + COMPLETED, True),
        (b'data: {"type":"message_start"}\n\ndata: {"type":"message_stop"}\n\n', True),
        (b"[" * 100_000, True),
    ],
)  # fmt: skip
def test_by_the_wire_s_own_rules(body: bytes, *, seen: bool) -> None:
    """An end that is missing, or not the end; numbers with a gap; an error; what is no stream of any wire."""
    assert could_be_seen(body, streamed=True) is seen


def test_calls_whose_arguments_are_no_json_could_be_seen() -> None:
    """A piece of a call's arguments that is missing may show; one that leaves JSON does not."""

    def call(*pieces: str) -> bytes:
        deltas = [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}} for piece in pieces]
        return chat(*deltas, {"finish_reason": "tool_calls"})

    assert not could_be_seen(call('{"a":', "1}"), streamed=True)
    assert could_be_seen(call('{"a":'), streamed=True)


@pytest.mark.parametrize(("body", "seen"), [(b'{"a":1}', False), (b'{"a":', True), (b"null", True)])
def test_a_body_that_is_no_stream(body: bytes, *, seen: bool) -> None:
    """It is one JSON value, or something is wrong."""
    assert could_be_seen(body, streamed=False) is seen
