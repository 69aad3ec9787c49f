"""The published shape of Messages, against the types of Anthropic's SDK."""

import pytest
from anthropic.types import ErrorResponse, MessageCreateParams, RawMessageStreamEvent
from anthropic.types import Message as Answer
from published import not_in_the_types

from nexdiag.diff.drift.builtin import SHAPES

TYPES = {
    ("response", "json"): Answer,
    ("response", "stream"): RawMessageStreamEvent,
    ("request", "json"): MessageCreateParams,
    ("error", "*"): ErrorResponse,
}
_TIER = {"/service_tier: closed by the types": "a tier that is new is no fault, and nobody branches on it"}
_TAKEN = "in the types no more, and taken by servers"
EXCEPTIONS = {
    ("response", "json"): _TIER,
    ("response", "stream"): _TIER | {"[type=ping]: the table has it": "sent between the others; the SDK leaves it out"},
    ("request", "json"): _TIER | {f"/{one}: the table has it": _TAKEN for one in ("temperature", "top_k", "top_p")},
    ("error", "*"): {"/error/type: closed by the types": "of a refusal the status is what is branched on"},
}


@pytest.mark.parametrize("key", TYPES, ids=" ".join)
def test_the_tables_say_what_the_types_of_the_sdk_say(key: tuple[str, str]) -> None:
    """Fields, whether they have to be there, types, null, values, kinds of blocks and events."""
    assert not_in_the_types(SHAPES[key[0], "anthropic", key[1]], TYPES[key], EXCEPTIONS[key]) == []
