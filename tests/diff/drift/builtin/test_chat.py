"""The published shape of chat, against the types of OpenAI's SDK."""

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParams
from published import not_in_the_types

from nexdiag.diff.drift.builtin import SHAPES

TYPES = {
    ("response", "json"): ChatCompletion,
    ("response", "stream"): ChatCompletionChunk,
    ("request", "json"): CompletionCreateParams,
}
_TIER = {"/service_tier: closed by the types": "other providers have tiers of their own, and nobody branches on it"}
EXCEPTIONS = dict.fromkeys(TYPES, _TIER)


@pytest.mark.parametrize("key", TYPES, ids=" ".join)
def test_the_tables_say_what_the_types_of_the_sdk_say(key: tuple[str, str]) -> None:
    """Fields, whether they have to be there, types, null, values, kinds of items and events."""
    assert not_in_the_types(SHAPES[key[0], "chat", key[1]], TYPES[key], EXCEPTIONS[key]) == []
