"""Promises of nexdiag.codec.anthropic.request: turns alternate, results stand first, and everything comes back."""

import itertools
import json
from typing import Any

import pytest
import strategies as our
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.codec.anthropic.request import DEFAULT_MAX_TOKENS, decode_request, encode_request
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message, ToolCall


def written(*messages: Message, max_tokens: int | None = 9) -> dict[str, Any]:
    """The request as a value."""
    value: dict[str, Any] = json.loads(encode_request(messages, model="m", max_tokens=max_tokens))
    return value


def user(text: str) -> Message:
    return Message(role="user", content=text)


def said(text: str, *ids: str) -> Message:
    calls = tuple(ToolCall(id=one, name="f", arguments="{}") for one in ids)
    return Message(role="assistant", content=text, tool_calls=calls)


def result(call_id: str, text: str = "ok") -> Message:
    return Message(role="tool", content=text, tool_call_id=call_id)


@settings(max_examples=40)
@given(
    our.strict_conversations(failures=True),
    st.lists(our.tool_specs, max_size=3, unique_by=lambda spec: spec.name),
    st.booleans(),
    st.integers(1, 10**6),
)
def test_round_trip(messages: tuple[Message, ...], tools: list[ToolSpec], stream: bool, limit: int) -> None:
    """A conversation, its tools and the parameters come back from the body."""
    read = decode_request(encode_request(messages, model="m", max_tokens=limit, tools=tools, stream=stream))
    wanted = [{"type": "object"} | spec.parameters for spec in sorted(tools, key=lambda spec: spec.name)]
    assert read.messages == messages
    assert [spec.parameters for spec in read.tools] == wanted
    assert (read.model, read.stream, read.max_tokens) == ("m", stream, limit)
    assert set(read.rest) <= {"tool_choice"}


@settings(max_examples=40)
@given(our.conversations())
def test_roles_always_alternate(messages: tuple[Message, ...]) -> None:
    """Whatever the conversation, neighbours of one role are one message, and none is empty (reference faults 1, 2)."""
    turns = written(*messages)["messages"]
    roles = [turn["role"] for turn in turns]
    assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
    assert all(turn["content"] for turn in turns)


def test_system_is_a_field_of_its_own() -> None:
    """What stands first under `system` or `developer` is the prompt; what comes later is said where it stands."""
    system, developer = (Message(role=role, content=role.upper()) for role in ("system", "developer"))
    value = written(system, developer, user("Hi"), said("Yes?"), system, user("Go on"))
    assert value["system"] == "SYSTEM\n\nDEVELOPER"
    assert [turn["role"] for turn in value["messages"]] == ["user", "assistant", "user"]
    assert [block["text"] for block in value["messages"][2]["content"]] == ["SYSTEM", "Go on"]
    assert "system" not in written(user("Hi"))


def test_results_stand_first_in_the_order_of_their_calls() -> None:
    """Results that came in another order, or after a word of the user, are one message: else the server refuses it."""
    turns = written(user("Hi"), said("", "a", "b", "c"), result("c"), user("By the way"), result("a"), result("b"))[
        "messages"
    ]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    blocks = turns[2]["content"]
    assert [block.get("tool_use_id") for block in blocks] == ["a", "b", "c", None]
    assert blocks[3] == {"type": "text", "text": "By the way"}


def test_neighbours_of_one_role_are_one_message() -> None:
    """Two answers in a row, or an answer that was nothing, do not break the turns (reference faults 1, 2)."""
    turns = written(user("Hi"), said("One."), said("", "a"), user("x"), said(""), result("a"))["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert [block["type"] for block in turns[1]["content"]] == ["text", "tool_use"]
    assert [block["type"] for block in turns[2]["content"]] == ["tool_result", "text"]


def test_a_limit_is_always_sent() -> None:
    """This wire requires max_tokens."""
    assert written(user("Hi"), max_tokens=None)["max_tokens"] == DEFAULT_MAX_TOKENS


def test_nothing_empty_is_sent() -> None:
    """An assistant that said nothing is left out, and a user who said nothing is told so (reference fault L10)."""
    turns = written(user("Hi"), said(""), user("Hello?"), said("Yes?"), user(" "))["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert [block["text"] for block in turns[0]["content"]] == ["Hi", "Hello?"]
    assert turns[2]["content"] == "(empty message)"


def test_growing_conversation_keeps_its_beginning() -> None:
    """A further turn adds to the messages, and changes none before it: prompt caches stay warm."""
    messages = [user("Hi"), said("", "a"), result("a"), said("Well."), user("And?"), said("So.")]
    turns = [json.dumps(written(*messages[:count])["messages"]) for count in (2, 4, 6)]
    assert all(later.startswith(earlier[:-1]) for earlier, later in itertools.pairwise(turns))


@pytest.mark.parametrize(
    "raw",
    [
        {"messages": None, "system": 5, "tools": "x", "stream": 1, "max_tokens": "9", "model": None},
        {"messages": [None, 1, "x", {}, {"role": 5, "content": {}}, {"role": "assistant", "content": [None, 1]}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [{"type": "image"}, 1]}]}]},
        {"system": [{"type": "text"}, 5], "tools": [1, {"name": "x"}]},
    ],
)
def test_odd_requests_are_read(raw: dict[str, Any]) -> None:
    """Wrong types never raise, and stay in the rest for a rule to find."""
    read = decode_request(json.dumps(raw).encode())
    assert all(isinstance(message, Message) for message in read.messages)
    assert all(key in read.rest for key in ("stream", "max_tokens") if key in raw)


def test_what_is_no_object_is_told() -> None:
    """The error shows how a request looks."""
    with pytest.raises(UsageError, match="an array") as caught:
        decode_request(b"[]")
    assert "max_tokens" in caught.value.hint
