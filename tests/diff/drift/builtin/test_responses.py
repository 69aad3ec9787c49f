"""The published shape of Responses, against what our own codec writes, and the types of OpenAI's SDK."""

import pytest
from drifting import against, exchange, recorded, response, told
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParams
from published import Published, unlike
from pydantic import TypeAdapter

from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Sends
from nexdiag.core.message import Message
from nexdiag.diff.drift.builtin import SHAPES

ROUTE = "http://h/v1" + DIALECTS["responses"].route
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


def test_what_our_executor_sends_is_of_the_shape() -> None:
    """A request of ours differs from it in nothing."""
    said = (Message(role="system", content="Be kind"), Message(role="user", content="Hello"))
    body = DIALECTS["responses"].encode_request(said, model="m", max_tokens=9, tools=(), sends=Sends())
    assert against(recorded(exchange(0, body, response(b"", 204), url=ROUTE))) == []


def test_an_empty_answer_lacks_what_is_required() -> None:
    """Every field that has to be there is missed, as an error."""
    found = told(against(recorded(exchange(0, b"", response({}), url=ROUTE))))
    assert ("error", "removed", "/id") in found
    assert {(weight, kind) for weight, kind, _ in found} == {("error", "removed")}


@pytest.mark.parametrize("key", TYPES, ids=" ".join)
def test_the_tables_say_what_the_types_of_the_sdk_say(key: tuple[str, str]) -> None:
    """Fields, whether they have to be there, types, null, values, kinds of items and events."""
    direction, form = key
    schema = TypeAdapter(TYPES[key]).json_schema()
    found = Published(schema).disagreements(SHAPES[direction, "responses", form])
    assert unlike(found, EXCEPTIONS[key]) == []
