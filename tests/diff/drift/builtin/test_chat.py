"""The published shape of chat, against what our own codec writes, and the types of OpenAI's SDK."""

import pytest
from drifting import against, exchange, recorded, response, told
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParams
from published import Published, unlike
from pydantic import TypeAdapter

from nexdiag.codec.wire import DIALECTS
from nexdiag.core.endpoint import Sends
from nexdiag.core.message import Message
from nexdiag.diff.drift.builtin import SHAPES

ROUTE = "http://h/v1" + DIALECTS["chat"].route
TYPES = {
    ("response", "json"): ChatCompletion,
    ("response", "stream"): ChatCompletionChunk,
    ("request", "json"): CompletionCreateParams,
}
_TIER = {"/service_tier: closed by the types": "other providers have tiers of their own, and nobody branches on it"}
EXCEPTIONS = dict.fromkeys(TYPES, _TIER)


def test_what_our_executor_sends_is_of_the_shape() -> None:
    """A request of ours differs from it in nothing."""
    said = (Message(role="system", content="Be kind"), Message(role="user", content="Hello"))
    body = DIALECTS["chat"].encode_request(said, model="m", max_tokens=9, tools=(), sends=Sends())
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
    found = Published(schema).disagreements(SHAPES[direction, "chat", form])
    assert unlike(found, EXCEPTIONS[key]) == []
