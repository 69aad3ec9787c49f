"""Promises of nexdiag.codec.wire: one way to speak to a model, whatever its dialect; proven on a real llama.cpp too."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import httpx
import msgspec
import pytest
import strategies as our
from hypothesis import given, settings

from nexdiag.codec import sse
from nexdiag.codec.body import Splitter
from nexdiag.codec.chat import Delta, ToolSpec
from nexdiag.codec.wire import DIALECTS, model_of, origin_of, wire_of
from nexdiag.core.body import Body
from nexdiag.core.endpoint import Sends, Wire
from nexdiag.core.message import Message, Reply, ToolCall
from nexdiag.endpoint import llama
from nexdiag.endpoint.tiny_model import CALLS, TOOL_TEMPLATE

WIRES: tuple[Wire, ...] = get_args(Wire)
ADD = ToolSpec(
    name="add",
    description="Adds",
    parameters={"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
)
SAID = Message(role="user", content="Hello")


def body(wire: Wire, *messages: Message, sends: Sends | None = None, stream: bool = True) -> dict[str, Any]:
    """The request that a dialect writes."""
    raw = DIALECTS[wire].encode_request(
        messages, model="m", max_tokens=99, tools=[ADD], sends=sends or Sends(), stream=stream
    )
    value: dict[str, Any] = json.loads(raw)
    return value


def test_every_wire_has_a_dialect() -> None:
    """The table is as long as the list of wires, and tells three routes."""
    assert set(DIALECTS) == set(WIRES)
    assert [DIALECTS[wire].route for wire in WIRES] == ["/chat/completions", "/responses", "/messages"]


def test_headers_carry_the_key() -> None:
    """Each wire has its own header for the key; an empty key sends none, and Anthropic's version goes out always."""
    assert DIALECTS["chat"].headers("k") == DIALECTS["responses"].headers("k") == {"authorization": "Bearer k"}
    assert DIALECTS["chat"].headers("") == DIALECTS["responses"].headers("") == {}
    assert DIALECTS["anthropic"].headers("k") == {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    assert DIALECTS["anthropic"].headers("") == {"anthropic-version": "2023-06-01"}


@pytest.mark.parametrize("wire", WIRES)
def test_request_has_what_each_wire_wants(wire: Wire) -> None:
    """Model, limit, tools that the model may choose (reference fault 12), and whether to stream."""
    limit = {"chat": "max_tokens", "responses": "max_output_tokens", "anthropic": "max_tokens"}[wire]
    value = body(wire, SAID)
    assert (value["model"], value[limit], value["stream"]) == ("m", 99, True)
    assert value["tool_choice"] == ({"type": "auto"} if wire == "anthropic" else "auto")
    assert body(wire, SAID, stream=False)["stream"] is False


@pytest.mark.parametrize("wire", WIRES)
def test_a_request_is_known_by_its_path_and_read_by_its_wire(wire: Wire) -> None:
    """A recording of any wire can be read again."""
    dialect = DIALECTS[wire]
    assert wire_of(f"http://127.0.0.1:1/v1{dialect.route}/?x=/models") == wire
    assert wire_of("http://127.0.0.1:1/v1/models") is None
    raw = dialect.encode_request([SAID], model="m", max_tokens=9, tools=[ADD], sends=Sends())
    read = dialect.decode_request(raw)
    assert (read.messages, read.tools, read.max_tokens) == ((SAID,), (ADD,), 9)


def test_chat_sends_what_the_server_takes() -> None:
    """The habits of a server reach chat completions; nothing is sent that was not wished for (reference fault 3)."""
    value = body("chat", SAID, sends=Sends(stream_options=True, max_tokens_field="max_completion_tokens"))
    assert value["stream_options"] == {"include_usage": True}
    assert value["max_completion_tokens"] == 99
    assert "stream_options" not in body("chat", SAID)
    thought = Message(role="assistant", content="Hi.", reasoning="Hm.")
    messages = (Message(role="system", content="Be brief."), SAID, thought, SAID)
    system, _, answer, _ = body("chat", *messages, sends=Sends(developer_role=True, reasoning_field="reasoning"))[
        "messages"
    ]
    assert (system["role"], answer["reasoning"]) == ("developer", "Hm.")
    system, _, answer, _ = body("chat", *messages)["messages"]
    assert system["role"] == "system"
    assert "reasoning" not in answer


@pytest.mark.parametrize("wire", WIRES)
def test_tools_go_out_in_one_order(wire: Wire) -> None:
    """Whatever order the tools are given in, the request is the same: prompt caches stay warm (reference fault L29)."""
    other = ToolSpec(name="aaa", parameters={"type": "object"})
    requests = {
        DIALECTS[wire].encode_request([SAID], model="m", max_tokens=9, tools=tools, sends=Sends())
        for tools in ([ADD, other], [other, ADD])
    }
    assert len(requests) == 1


THOUGHT: dict[Wire, Any] = {
    "chat": {
        "id": "r",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "Hm.", "reasoning_details": [{"data": "SEALED"}],
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}],
        }}],
    },
    "responses": {
        "id": "r",
        "status": "completed",
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "SEALED"},
            {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "Hm."}]},
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "add", "arguments": '{"a":1}'},
        ],
    },
    "anthropic": {
        "id": "r",
        "stop_reason": "tool_use",
        "content": [
            {"type": "thinking", "thinking": "?", "signature": "SEALED"},
            {"type": "text", "text": "Hm."},
            {"type": "tool_use", "id": "c1", "name": "add", "input": {"a": 1}},
        ],
    },
}  # fmt: skip
"""The same reply on each wire, with something sealed that only its own server understands."""


@pytest.mark.parametrize("origin", WIRES)
@pytest.mark.parametrize("wire", WIRES)
def test_a_conversation_goes_on_over_another_wire(origin: Wire, wire: Wire) -> None:
    """What was said and called on one wire is told on every other; what is sealed goes back to its own alone."""
    reply = DIALECTS[origin].decode_reply(json.dumps(THOUGHT[origin]).encode())
    assert (reply.message.text, reply.finish_reason, reply.complete) == ("Hm.", "tool_calls", True)
    assert reply.message.tool_calls == (ToolCall(id="c1", name="add", arguments='{"a":1}'),)
    result = Message(role="tool", content="2", tool_call_id="c1")
    text = json.dumps(body(wire, SAID, reply.message, result))
    assert text.count("Hm.") == 1
    assert text.count('"c1"') == 2
    if origin != "chat":  # what chat completions add to a message has no name of its own there
        assert ("SEALED" in text) is (origin == wire)
    if origin != wire:
        assert not [key for key in ('"anthropic"', '"responses"', "rs_1", "msg_1") if key in text]


@settings(max_examples=50)
@given(our.conversations())
def test_any_conversation_can_be_written(conversation: tuple[Message, ...]) -> None:
    """Whatever a conversation holds, each wire writes it, and writes it the same again."""
    for wire in WIRES:
        first, again = (body(wire, *conversation) for _ in range(2))
        assert first == again


HOSTILE: list[Any] = [
    None, 1, "x", [], {}, [[]], [None], {"type": []}, {"type": None, "index": []}, {"error": 0}, {"error": []},
    {"error": {"message": [], "code": {}, "type": 1}}, {"type": "error"}, {"choices": {"0": {}}},
    {"status": [], "output": [None, {"type": {}}, {"type": "message", "content": 5}], "usage": []},
    {"status": "incomplete", "incomplete_details": [], "output": {"type": "reasoning", "summary": 1, "content": "x"}},
    {"content": [None, 3, {"type": []}, {"type": "text", "text": {}}, {"type": "tool_use", "input": "x", "id": 5}]},
    {"content": {"type": "tool_use", "input": [1], "name": None}, "stop_reason": 7, "usage": {"input_tokens": -1e300}},
    {"id": {}, "model": [], "usage": {"input_tokens": True, "output_tokens": 10**30, "prompt_tokens": "7"}},
    {"type": "content_block_start", "index": -1, "content_block": {"type": "tool_use", "id": [], "name": 9}},
    {"type": "content_block_delta", "index": 99, "delta": {"type": "input_json_delta", "partial_json": "{"}},
    {"type": "content_block_delta", "index": "0", "delta": {"type": "citations_delta", "citation": {"a": "\ud800"}}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "text_delta", "text": "\ud83d"}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "text_delta", "text": 5}},
    {"type": "message_start", "message": [1]}, {"type": "message_delta", "delta": None, "usage": None},
    {"type": "response.output_item.added", "output_index": 10**30, "item": {"type": "function_call", "name": {}}},
    {"type": "response.output_item.added", "output_index": [], "item": None},
    {"type": "response.output_item.done", "item": 5},
    {"type": "response.function_call_arguments.delta", "item_id": [], "delta": "{"},
    {"type": "response.output_text.delta", "item_id": "y", "delta": "\ude00"},
    {"type": "response.reasoning_summary_part.added", "summary_index": "x"},
    {"type": "response.created", "response": {"id": 5, "model": {}}},
    {"type": "response.failed", "response": None},
]  # fmt: skip
DEEP = [b"[" * 5000, b'{"a":' * 400 + b"1" + b"}" * 400, b'{"content":' + b"[" * 150 + b"]" * 150 + b"}"]


@pytest.mark.parametrize("wire", WIRES)
def test_hostile_bytes_never_raise(wire: Wire) -> None:
    """Any shape, type and depth is read, as a whole body and as an event: at worst there is no reply."""
    dialect = DIALECTS[wire]
    for raw in [*(json.dumps(value).encode() for value in HOSTILE), *DEEP, b"", b"\xff\xfe", b"<html>", b"NaN"]:
        assert isinstance(dialect.decode_reply(raw), Reply)
        accumulator = dialect.accumulator()
        for name in ("message", "error", "content_block_start", "response.completed"):
            accumulator.feed(sse.Event(data=raw.decode("utf-8", "replace"), event=name))
        msgspec.json.encode(accumulator.finish())
    together = dialect.accumulator()
    for value in HOSTILE:
        for delta in together.feed(sse.Event(data=json.dumps(value))):
            delta.text.encode()
    assert together.finish().complete is False


# ---- the real server


@pytest.fixture(scope="module")
def calling() -> Iterator[str]:
    """A real llama.cpp whose model calls a tool when it can."""
    with llama.running(template=TOOL_TEMPLATE, tool_bias=CALLS, context=16384) as address:
        yield f"{address}/v1"


@pytest.fixture(scope="module")
def strict() -> Iterator[str]:
    """A real llama.cpp whose template wants roles to alternate."""
    with llama.running() as address:
        yield f"{address}/v1"


def ask(
    address: str, wire: Wire, messages: list[Message], *, tools: tuple[ToolSpec, ...] = (), stream: bool = True
) -> tuple[Reply, list[Delta]]:
    """One request on this wire; the reply, and the deltas that told it."""
    dialect = DIALECTS[wire]
    sends = Sends(stream_options=True)
    raw = dialect.encode_request(messages, model="tiny", max_tokens=200, tools=tools, sends=sends, stream=stream)
    headers = {"content-type": "application/json", **dialect.headers("")}
    response = httpx.post(f"{address}{dialect.route}", content=raw, headers=headers)
    assert response.status_code == 200, response.text
    if not stream:
        return dialect.decode_reply(response.content), []
    parser, accumulator, deltas = sse.Parser(), dialect.accumulator(), []
    for piece in response.iter_bytes():
        for event in parser.feed(piece):
            deltas += accumulator.feed(event)
    assert (accumulator.malformed, accumulator.error, accumulator.done) == ([], None, True)
    return accumulator.finish(), deltas


@pytest.mark.real
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("wire", WIRES)
def test_two_messages_on_a_real_server(strict: str, wire: Wire, stream: bool) -> None:
    """Both messages are answered, and what was streamed is what was said, with the tokens counted."""
    messages = [Message(role="system", content="Be brief."), SAID]
    for text in ("And then?", ""):
        reply, deltas = ask(strict, wire, messages, stream=stream)
        assert reply.complete
        assert reply.finish_reason == "stop"
        assert reply.message.text.strip()
        assert reply.usage.input_tokens > 0 < reply.usage.output_tokens
        if stream:
            assert "".join(delta.text for delta in deltas if delta.kind == "text") == reply.message.text
        messages += [reply.message, Message(role="user", content=text)]


@pytest.mark.real
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("wire", WIRES)
def test_tool_round_trip_on_a_real_server(calling: str, wire: Wire, stream: bool) -> None:
    """The model calls, hears the outcome of its call, and answers with words."""
    messages = [Message(role="system", content="Be brief."), SAID]
    reply, deltas = ask(calling, wire, messages, tools=(ADD,), stream=stream)
    (call,) = reply.message.tool_calls
    assert (call.name, reply.finish_reason, reply.complete) == ("add", "tool_calls", True)
    assert isinstance(json.loads(call.arguments)["a"], int)
    if stream:
        assert "".join(delta.text for delta in deltas if delta.kind == "tool") == call.arguments
        assert {delta.name for delta in deltas if delta.kind == "tool"} == {"add"}
    messages += [reply.message, Message(role="tool", content="4", tool_call_id=call.id, is_error=True)]
    answer, _ = ask(calling, wire, messages, tools=(ADD,), stream=stream)
    assert answer.complete
    assert answer.message.text.strip()
    assert not answer.message.tool_calls
    summary, _ = ask(calling, wire, [*messages, answer.message, Message(role="user", content="Sum up")], stream=stream)
    assert summary.message.text.strip()  # also where no tools are offered any more
    assert not summary.message.tool_calls


@pytest.mark.real
@pytest.mark.parametrize("wire", WIRES)
def test_real_server_takes_a_history_of_another_wire(calling: str, wire: Wire) -> None:
    """A conversation that began on any wire, with a tool call in it, is answered on each.

    But for what another server has sealed on the same wire: llama.cpp refuses reasoning that it cannot read.
    """
    for origin in (other for other in WIRES if other != wire):
        said = DIALECTS[origin].decode_reply(json.dumps(THOUGHT[origin]).encode()).message
        messages = [SAID, said, Message(role="tool", content="2", tool_call_id="c1")]
        reply, _ = ask(calling, wire, messages, tools=(ADD,))
        assert reply.message.text.strip(), origin


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://h:1/v1/chat/completions", "http://h:1/v1"),
        ("http://h:1/v1/chat/completions/?a=b#c", "http://h:1/v1"),
        ("https://h/api/v1/responses", "https://h/api/v1"),
        ("https://h/v1/messages?beta=true", "https://h/v1"),
        ("http://h:1/anything/else?x=://y", "http://h:1"),
        ("http://h", "http://h"),
        ("what?", ""),
        ("", ""),
    ],
)
def test_the_origin_is_the_base_url(url: str, origin: str) -> None:
    """Without the route of a wire; of any other request the host."""
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("raw", "model"),
    [
        (b'{"model":"m","messages":[{"role":"user","content":"Hello"}]}', "m"),
        (b'{"messages":[{"model":"n"}]}', ""),
        (b'{"model":[{"model":"n"}]}', ""),
        (b'{"model":7}', ""),
        (b"[" * 10_000, ""),
        (b"null", ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_the_model_is_the_one_that_the_request_names(raw: bytes, model: str) -> None:
    """As text, at the top; of a body in one piece and of one in parts; whatever the body is."""
    assert model_of(Body.of(raw)) == model_of(Splitter().split(raw)) == model
