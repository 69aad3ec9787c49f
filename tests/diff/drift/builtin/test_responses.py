"""The published shape of Responses, against the types of OpenAI's SDK."""

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParams
from published import not_in_the_types

from nexdiag.diff.drift.builtin import SHAPES

TYPES = {
    ("response", "json"): Response,
    ("response", "stream"): ResponseStreamEvent,
    ("request", "json"): ResponseCreateParams,
}
_TIER = {"/service_tier: closed by the types": "other providers have tiers of their own, and nobody branches on it"}
_ANSWER = _TIER | {
    "/error/code: closed by the types": "a list that grows with each release, mostly of pictures; nobody else has it",
    "/tools: required by the types": "it only repeats the request; servers leave it out",
    "/tool_choice: required by the types": "it only repeats the request; servers leave it out",
    "/parallel_tool_calls: required by the types": "it only repeats the request; servers leave it out",
    "/input_tokens_details/cache_write_tokens: required": "new, and of OpenAI's prices: servers leave it out",
}
EXCEPTIONS = {
    ("response", "json"): _ANSWER,
    ("response", "stream"): _ANSWER
    | {
        "/obfuscation: the table has it": "OpenAI pads each piece with it, and the types have it of one event alone",
        "[type=response.output_text.delta]/logprobs: required": "empty unless asked for; servers leave it out",
        "[type=response.output_text.done]/logprobs: required": "empty unless asked for; servers leave it out",
    },
    ("request", "json"): _TIER,
}


@pytest.mark.parametrize("key", TYPES, ids=" ".join)
def test_the_tables_say_what_the_types_of_the_sdk_say(key: tuple[str, str]) -> None:
    """Fields, whether they have to be there, types, null, values, kinds of items and events."""
    assert not_in_the_types(SHAPES[key[0], "responses", key[1]], TYPES[key], EXCEPTIONS[key]) == []
