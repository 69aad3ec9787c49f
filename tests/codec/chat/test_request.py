"""Promises of nexdiag.codec.chat: a request is written one way only, and any request is read."""

import json
from typing import Any

import msgspec
import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec import chat
from nexdiag.codec.chat import ChatRequest, ToolSpec, decode_request, encode_message, encode_request
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message, ToolCall

ASKED = Message(role="user", content="Wörld?")


def test_request_to_the_byte() -> None:
    """Compact UTF-8, keys in the promised order, tools sorted by name and left to choice (reference faults 12, L29)."""
    tools = [ToolSpec(name=name, description="d", parameters={}) for name in ("b", "a")]
    body = encode_request([ASKED], model="m", max_tokens=9, tools=tools, include_usage=True).decode()
    tool = '{"type":"function","function":{"name":"%s","description":"d","parameters":{}}}'
    assert body == (
        '{"model":"m","messages":[{"role":"user","content":"Wörld?"}],"max_tokens":9,'
        f'"tools":[{tool % "a"},{tool % "b"}],"tool_choice":"auto","stream":true,'
        '"stream_options":{"include_usage":true}}'
    )


def test_what_is_not_asked_for_is_not_sent() -> None:
    """Without tools, a limit or usage, the body has only model, messages and stream (reference fault 3)."""
    assert list(json.loads(encode_request([ASKED], model="m"))) == ["model", "messages", "stream"]
    unstreamed = json.loads(encode_request([ASKED], model="m", stream=False, include_usage=True))
    assert unstreamed == {"model": "m", "messages": [{"role": "user", "content": "Wörld?"}], "stream": False}


def test_the_limit_goes_by_the_name_that_the_server_knows() -> None:
    """`max_tokens_field` renames the limit and keeps its place."""
    body = json.loads(encode_request([ASKED], model="m", max_tokens=9, max_tokens_field="max_completion_tokens"))
    assert list(body) == ["model", "messages", "max_completion_tokens", "stream"]


def test_the_system_prompt_can_go_out_as_developer() -> None:
    """For models that want that role, and only then; no other role changes."""
    messages = [Message(role="system", content="Be."), ASKED]
    roles = [one["role"] for one in json.loads(encode_request(messages, model="m", developer_role=True))["messages"]]
    assert roles == ["developer", "user"]
    assert b"developer" not in encode_request(messages, model="m")


def test_thinking_goes_back_under_the_field_that_the_server_reads() -> None:
    """Only where it is asked for: strict servers refuse a field that they do not know."""
    messages = [ASKED, Message(role="assistant", content="a", reasoning="hm")]
    body = json.loads(encode_request(messages, model="m", reasoning_field="reasoning_content"))
    assert body["messages"][1]["reasoning_content"] == "hm"
    assert b"hm" not in encode_request(messages, model="m")


@given(our.conversations())
def test_messages_stand_in_the_body_as_alone(messages: tuple[Message, ...]) -> None:
    """A message's text in a request is the text of `encode_message`, so that bodies can share it."""
    joined = b",".join(encode_message(message) for message in messages)
    assert b'"messages":[' + joined + b"]" in encode_request(messages, model="m")


@given(
    our.conversations(),
    st.lists(our.tool_specs, max_size=3),
    st.none() | st.integers(1, 9),
    st.booleans(),
    st.booleans(),
)
def test_round_trip(
    messages: tuple[Message, ...],
    tools: list[ToolSpec],
    limit: int | None,
    stream: bool,
    usage: bool,
) -> None:
    """A request reads back as it was, but for what the wire has no place for: reasoning, and a tool's error mark."""
    body = encode_request(messages, model="m", max_tokens=limit, tools=tools, stream=stream, include_usage=usage)
    request = decode_request(body)
    assert request == ChatRequest(
        model="m",
        messages=tuple(msgspec.structs.replace(message, reasoning=None, is_error=False) for message in messages),
        tools=tuple(sorted(tools, key=lambda spec: spec.name)),
        stream=stream,
        include_usage=usage and stream,
        max_tokens=limit,
        rest={"tool_choice": "auto"} if tools else {},
    )


def test_other_fields_are_kept() -> None:
    """What is not ours stands in `rest` as it came, and so does what is ours but cannot be read."""
    value: dict[str, Any] = {
        "model": 7,
        "messages": {"role": "user"},
        "tools": [{"type": "web_search"}, {"type": "function", "function": {"name": "f"}}],
        "stream": "yes",
        "max_tokens": True,
        "temperature": 0.5,
        "stream_options": {"include_usage": True, "x": 1},
    }
    request = decode_request(json.dumps(value).encode())
    assert request.rest == value
    assert (request.model, request.messages, request.stream, request.max_tokens) == ("", (), False, None)
    assert request.tools == (ToolSpec(name="f", parameters={}),)
    assert request.include_usage


def test_the_newer_limit_is_read() -> None:
    """`max_completion_tokens` counts where `max_tokens` is missing, and stays visible in `rest`."""
    request = decode_request(b'{"max_completion_tokens": 5}')
    assert request.max_tokens == 5
    assert request.rest == {"max_completion_tokens": 5}


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 100_000, b"a=1&b=2", b"1"])
def test_no_object_is_a_usage_error(body: bytes) -> None:
    """What is not a JSON object is the caller's fault, and is told with what was found and a hint."""
    with pytest.raises(UsageError, match="wanted a chat request as a JSON object, found ") as caught:
        decode_request(body)
    assert caught.value.hint


@given(
    st.dictionaries(
        st.sampled_from(["model", "messages", "tools", "stream", "max_tokens", "stream_options"]), our.json_values
    )
)
def test_any_object_is_read(value: dict[str, Any]) -> None:
    """Fields of any shape raise nothing, and what was read can be written again."""
    request = decode_request(json.dumps(value).encode())
    encode_request(request.messages, model=request.model, tools=request.tools)


def test_hostile_text_is_written() -> None:
    """Surrogates, which a terminal's odd bytes become, do not stop a request."""
    call = ToolCall(id="\ud800", name="\udfff", arguments="\udc80")
    body = encode_request([Message(role="user", content="\udc80é", tool_calls=(call,))], model="m")
    assert json.loads(body)["messages"][0]["content"] == "\ufffdé"


def test_the_public_face() -> None:
    """Everything public is there under its name."""
    assert all(hasattr(chat, name) for name in chat.__all__)
