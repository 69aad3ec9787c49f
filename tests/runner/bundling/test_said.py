"""What a server says when it refuses."""

import json

import pytest

from nexdiag.runner.bundling.names import Names
from nexdiag.runner.bundling.said import Echo

ASKED = {
    "messages": [
        {"role": "user", "content": "Please greet Zqleak, whose number is 4915112345678."},
        {"role": "assistant", "tool_calls": [{"function": {"arguments": '{"mail": "who@zqhidden.example"}'}}]},
    ]
}


@pytest.mark.parametrize(
    "words",
    ["no user zqleak", "number 4915112345678", "'who@zqhidden.example' is wrong", "got 'Please greet Zqleak"],
)
def test_what_it_repeats_of_the_request_goes(words: str) -> None:
    """Words, numbers, and what stands in arguments."""
    text = Echo(json.dumps(ASKED).encode(), Names(b"key")).without(words)
    assert len(text) == len(words)
    assert not any(said in text.lower() for said in ("zqleak", "4915112345678", "zqhidden"))


def test_its_own_words_stay() -> None:
    """Those of the protocols and of refusals that are known, though the request has them too."""
    words = "Conversation roles must alternate user/assistant: messages[1] is missing content"
    asked = json.dumps({"messages": [{"content": words.replace("messages", "message")[:20]}]}).encode()
    assert Echo(asked, Names(b"key")).without(words) == words


def test_a_name_that_it_repeats_is_the_one_that_stands_for_it() -> None:
    """So that it is known which call is meant."""
    names = Names(b"key")
    other = names.name(b"call_abc123def").decode()
    asked = b'{"messages": [{"tool_call_id": "call_abc123def"}]}'
    assert Echo(asked, names).without("no call 'call_abc123def'") == f"no call '{other}'"
    assert set(Echo(b"", names).without("word " * 5000)) == {"x"}
