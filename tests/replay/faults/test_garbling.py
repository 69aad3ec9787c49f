"""Promises of `nexdiag.replay.faults.garbling`."""

import json

import pytest
from answers_to_strike import BODIES, STREAMS

from nexdiag.codec.fault import WAYS
from nexdiag.replay.faults.garbling import can, garbled

BLOCKS = [event for events in STREAMS.values() for event in events if b"{" in event]


def is_json(text: bytes) -> bool:
    """Whether it reads as JSON, in the strict way."""
    try:
        json.loads(text.decode())
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("block", BLOCKS)
def test_an_event_stays_one_and_its_json_does_not(way: str, block: bytes) -> None:
    """Its lines and its end are left; the data can no longer be read."""
    broken = garbled(block, way)
    before, _, data = broken.partition(b"data: ")
    assert before == block.partition(b"data: ")[0]
    assert broken.endswith(b"\n\n")
    assert is_json(block.partition(b"data: ")[2])
    assert not is_json(data)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("wire", sorted(BODIES))
def test_a_body_is_broken_too(way: str, wire: str) -> None:
    """As a whole."""
    assert not is_json(garbled(json.dumps(BODIES[wire]).encode(), way))


def test_bytes_strike_what_the_model_said() -> None:
    """Not an id that nobody looks at."""
    assert b'"content": "\xc3(\xffHello"' in garbled(STREAMS["chat"][0], "bytes")


def test_what_holds_no_object_cannot_be_garbled() -> None:
    """The end of a chat, a comment."""
    assert [can(block) for block in (b"data: [DONE]\n\n", b": ping\n\n", b"", b"}{", b"{}")] == [False] * 4 + [True]
