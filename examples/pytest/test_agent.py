# ruff: noqa: INP001, PLR2004 - tests of a reader's own, to be copied
"""Tests of an agent with nexdiag's pytest plugin: `python -m pytest`, in this directory.

The first needs no recording: a stub refuses what a strict server refuses. The second plays what was recorded, by
`nexdiag capture --cassette hello.cassette.jsonl -- python -c "..."`, and fails where the agent sends anything else.
"""

import openai
import pytest
from agent import Agent


@pytest.mark.nexdiag(like="llama.cpp-strict", script=["Yes.", "Hello."])
def test_a_strict_server_takes_the_second_message(nexdiag_endpoint: str) -> None:
    """The second request carries the first answer back: that is where agents break."""
    agent = Agent(f"{nexdiag_endpoint}/v1")
    assert agent.say("Hello, are you there?") == "Yes."
    assert agent.say("What did I say first?") == "Hello."
    assert [message["role"] for message in agent.messages] == ["user", "assistant", "user", "assistant"]


@pytest.mark.nexdiag(cassette="hello.cassette.jsonl")
def test_the_conversation_is_the_recorded_one(nexdiag_replay: str) -> None:
    """Offline, byte for byte: a request that differs fails the test, and says where."""
    agent = Agent(f"{nexdiag_replay}/v1")
    agent.say("Hello, are you there?")
    agent.say("What did I say first?")


@pytest.mark.nexdiag(cassette="hello.cassette.jsonl", faults=["status:429@2"])
def test_a_refusal_leaves_the_conversation_whole(nexdiag_replay: str) -> None:
    """The second answer is a 429 first: said again, it is answered, and nothing stands in the history twice."""
    agent = Agent(f"{nexdiag_replay}/v1")
    agent.say("Hello, are you there?")
    with pytest.raises(openai.RateLimitError):
        agent.say("What did I say first?")
    assert agent.say("What did I say first?")
    assert len(agent.messages) == 4
