"""Promises of `nexdiag.replay.faults.refusals`."""

import json

import pytest

from nexdiag.agent.client import failure
from nexdiag.codec import sse
from nexdiag.codec.fault import STATUSES
from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Wire
from nexdiag.replay.faults import refusals

WIRES: tuple[Wire, ...] = ("chat", "responses", "anthropic")


@pytest.mark.parametrize("wire", WIRES)
def test_a_refusal_is_understood_as_its_status(wire: Wire) -> None:
    """What passes is asked for again, what is final is not; only 413 says that a conversation is too long."""
    for status in STATUSES:
        read = failure.of_refusal(status, refusals.body(wire, status))
        wanted = "overflow" if status == 413 else "retry" if status in failure.PASSING else "final"
        assert (status, read.verdict) == (status, wanted)
        assert "laid over a recording by nexdiag" in read.reason


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("status", [400, 429, 500, 503, 529])
def test_an_error_within_a_stream_is_read_as_one(wire: Wire, status: int) -> None:
    """Each wire's own reader finds it, and knows whether it may pass."""
    reading = DIALECTS[wire].accumulator()
    for event in sse.Parser().feed(refusals.told(wire, status)):
        reading.feed(event)
    assert reading.error is not None
    assert failure.of_told(reading.error).verdict == ("final" if status == 400 else "retry")


def test_the_shapes_are_those_of_the_wires() -> None:
    """Keys as the services' references have them."""
    assert set(json.loads(refusals.body("chat", 500))["error"]) == {"message", "type", "param", "code"}
    assert json.loads(refusals.body(None, 500)).keys() == {"error"}
    anthropic = json.loads(refusals.body("anthropic", 529))
    assert (anthropic["type"], anthropic["error"]["type"]) == ("error", "overloaded_error")
    assert refusals.told("anthropic", 529).startswith(b"event: error\ndata: ")
    assert b'"sequence_number"' in refusals.told("responses", 500)
