"""Promises of nexdiag.codec.responses.request: all of the conversation goes out, and comes back."""

import json
from typing import Any

import pytest
import strategies as our
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.responses.request import decode_request, encode_request
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message

HI = Message(role="user", content="Hi")


def written(*messages: Message, model: str = "m", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - passed on
    """The request as a value."""
    value: dict[str, Any] = json.loads(encode_request(messages, model=model, **fields))
    return value


@settings(max_examples=40)
@given(
    our.strict_conversations(failures=False),
    st.lists(our.tool_specs, max_size=3, unique_by=lambda spec: spec.name),
    st.booleans(),
    st.none() | st.integers(1, 10**6),
)
def test_round_trip(messages: tuple[Message, ...], tools: list[ToolSpec], stream: bool, limit: int | None) -> None:
    """A conversation, its tools and the parameters come back from the body."""
    read = decode_request(encode_request(messages, model="m", max_tokens=limit, tools=tools, stream=stream))
    assert read.messages == messages
    assert read.tools == tuple(sorted(tools, key=lambda spec: spec.name))
    assert (read.model, read.stream, read.max_tokens) == ("m", stream, limit)
    assert set(read.rest) == {"store"} | ({"tool_choice"} if tools else set())


def test_nothing_is_stored_on_the_server() -> None:
    """The request is whole in itself: it can be recorded, judged and replayed."""
    value = written(HI)
    assert value["store"] is False
    assert "previous_response_id" not in value


def test_system_is_told_as_instructions() -> None:
    """What stands first under `system` or `developer`; what comes later stays where it stands."""
    system, developer = (Message(role=role, content=role.upper()) for role in ("system", "developer"))
    value = written(system, developer, HI, system)
    assert value["instructions"] == "SYSTEM\n\nDEVELOPER"
    assert [item["role"] for item in value["input"]] == ["user", "system"]
    assert "instructions" not in written(HI)


@pytest.mark.parametrize("model", ["o3", "o4-mini", "gpt-5", "gpt-5.1-codex", "codex-mini", "openai/gpt-5", "GPT-6"])
def test_sealed_reasoning_is_asked_of_models_that_have_it(model: str) -> None:
    """Without it a model that thinks forgets its thoughts at every call."""
    assert written(HI, model=model)["include"] == ["reasoning.encrypted_content"]


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4.1", "qwen3-coder", "gpt-oss-20b", "gpt-5-chat-latest", "neo1", "m"])
def test_sealed_reasoning_is_not_asked_of_others(model: str) -> None:
    """OpenAI refuses the wish for models that do not think."""
    assert "include" not in written(HI, model=model)


def test_an_empty_assistant_is_left_out() -> None:
    """An answer without text and calls is no item (reference fault L10)."""
    items = written(HI, Message(role="assistant", content=""), Message(role="assistant"), HI)["input"]
    assert [item["role"] for item in items] == ["user", "user"]


def test_input_may_be_a_text() -> None:
    """A client may send what the user said alone."""
    assert decode_request(b'{"input":"Hi"}').messages == (HI,)
    assert decode_request(b'{"input":[{"role":"user","content":"Hi"}]}').messages == (HI,)


@pytest.mark.parametrize(
    "raw",
    [
        {"input": 5, "instructions": [], "tools": "x", "stream": 1, "max_output_tokens": "9", "model": None},
        {"input": [None, 1, "x", {}, {"role": 5, "content": {}}, {"type": [], "role": "assistant", "content": [1]}]},
        {"input": [{"type": "function_call"}, {"type": "function_call_output", "output": {}}, {"type": "reasoning"}]},
        {"tools": [1, {"name": "x"}], "input": {"type": "message"}},
    ],
)
def test_odd_requests_are_read(raw: dict[str, Any]) -> None:
    """Wrong types never raise, and stay in the rest for a rule to find."""
    read = decode_request(json.dumps(raw).encode())
    assert all(isinstance(message, Message) for message in read.messages)
    assert all(key in read.rest for key in ("stream", "instructions", "max_output_tokens") if key in raw)


def test_what_is_no_object_is_told() -> None:
    """The error shows how a request looks."""
    with pytest.raises(UsageError, match="no JSON") as caught:
        decode_request(b"{")
    assert '"input"' in caught.value.hint
