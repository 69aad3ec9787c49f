"""The published shape of Messages, against what our own codec writes, and the types of Anthropic's SDK."""

import pytest
from anthropic.types import ErrorResponse, MessageCreateParams, RawMessageStreamEvent
from anthropic.types import Message as Answer
from drifting import against, exchange, recorded, response, told
from published import Published, unlike
from pydantic import TypeAdapter

from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Sends
from nexdiag.core.message import Message
from nexdiag.diff.drift.builtin import SHAPES

ROUTE = "http://h/v1" + DIALECTS["anthropic"].route
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


def test_what_our_executor_sends_is_of_the_shape() -> None:
    """A request of ours differs from it in nothing."""
    said = (Message(role="system", content="Be kind"), Message(role="user", content="Hello"))
    body = DIALECTS["anthropic"].encode_request(said, model="m", max_tokens=9, tools=(), sends=Sends())
    assert against(recorded(exchange(0, body, response(b"", 204), url=ROUTE))) == []


def test_an_empty_answer_lacks_what_is_required() -> None:
    """Every field that has to be there is missed, as an error."""
    found = told(against(recorded(exchange(0, b"", response({}), url=ROUTE))))
    assert ("error", "removed", "/id") in found
    assert {(weight, kind) for weight, kind, _ in found} == {("error", "removed")}


@pytest.mark.parametrize("key", TYPES, ids=" ".join)
def test_the_tables_say_what_the_types_of_the_sdk_say(key: tuple[str, str]) -> None:
    """Fields, whether they have to be there, types, null, values, kinds of blocks and events."""
    direction, form = key
    schema = TypeAdapter(TYPES[key]).json_schema()
    found = Published(schema).disagreements(SHAPES[direction, "anthropic", form])
    assert unlike(found, EXCEPTIONS[key]) == []
