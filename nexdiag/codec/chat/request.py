"""Chat-completions requests: Message, ToolSpec ⇄ a JSON body. Nothing here validates: requests go out as given."""

import hashlib
import re
import string
from collections.abc import Sequence
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.chat.message import ToolSpec, decode_message, decode_spec, message_value, spec_value
from nexdiag.core.errors import UsageError
from nexdiag.core.message import Message

_SHAPE = 'a request is {"model": "...", "messages": [{"role": "user", "content": "..."}]}'
_NINE = re.compile("[a-zA-Z0-9]{9}")
_SIGNS = string.ascii_letters + string.digits


class ChatRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    stream: bool = False
    include_usage: bool = False
    max_tokens: int | None = None
    """From `max_tokens`, or else from `max_completion_tokens` (which then also stands in `rest`)."""
    rest: dict[str, Any] = msgspec.field(default_factory=dict)
    """All other fields, and those of the above that could not be read, as they came."""


def encode_request(  # noqa: PLR0913 - the fields of a request; all but the messages are named
    messages: Sequence[Message],
    *,
    model: str,
    max_tokens: int | None = None,
    max_tokens_field: str = "max_tokens",
    tools: Sequence[ToolSpec] = (),
    stream: bool = True,
    include_usage: bool = False,
    developer_role: bool = False,
    reasoning_field: str | None = None,
    null_content: bool = True,
    system_role: bool = True,
    nine_sign_ids: bool = False,
    schema_without: Sequence[str] = (),
) -> bytes:
    """Write the body of a request: compact UTF-8, its keys and tools in one order, which keeps prompt caches warm.

    With `developer_role` the system prompt goes out under that role, without `system_role` as the user's first words;
    with `reasoning_field` the thinking goes back; without `null_content` a message that only calls has an empty text.
    """
    values = [
        message_value(message, reasoning_field=reasoning_field, null_content=null_content) for message in messages
    ]
    if not system_role:
        values = _as_users_words(values)
    for entry in values if nine_sign_ids else ():
        _rename(entry)
    for entry in values if developer_role else ():
        entry["role"] = "developer" if entry["role"] == "system" else entry["role"]
    value: dict[str, Any] = {"model": model, "messages": values}
    if max_tokens is not None:
        value[max_tokens_field] = max_tokens
    if tools:
        value["tools"] = [
            spec_value(spec, without=schema_without) for spec in sorted(tools, key=lambda spec: spec.name)
        ]
        value["tool_choice"] = "auto"
    value["stream"] = stream
    if stream and include_usage:
        value["stream_options"] = {"include_usage": True}
    return jsontext.write(value)


def _rename(value: dict[str, Any]) -> None:
    """Give a message's ids nine signs: those that have them stay, others become what always comes of them."""
    for call in value.get("tool_calls") or ():
        call["id"] = _nine(call["id"])
    if "tool_call_id" in value:
        value["tool_call_id"] = _nine(value["tool_call_id"])


def _nine(name: str) -> str:
    if _NINE.fullmatch(name):
        return name
    number = int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest())
    return "".join(_SIGNS[number // len(_SIGNS) ** place % len(_SIGNS)] for place in range(9))


def _as_users_words(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without a system message: its text stands before the first message of the user, or is one."""
    first, rest = values[:1], values[1:]
    if not first or first[0]["role"] not in ("system", "developer"):
        return values
    prompt = first[0]["content"]
    if rest and rest[0]["role"] == "user" and isinstance(prompt, str) and isinstance(rest[0]["content"], str):
        return [{**rest[0], "content": f"{prompt}\n\n{rest[0]['content']}"}, *rest[1:]]
    return [{**first[0], "role": "user"}, *rest]


def decode_request(body: bytes) -> ChatRequest:
    """Read the body of a request, whatever its fields hold.

    Raises UsageError for what is not a JSON object.
    """
    try:
        rest = jsontext.read(body)
    except ValueError as error:
        raise UsageError(f"wanted a chat request as a JSON object, found no JSON: {error}", hint=_SHAPE) from None
    if not isinstance(rest, dict):
        kind = {list: "an array", str: "a string", type(None): "null"}.get(type(rest), repr(rest))
        raise UsageError(f"wanted a chat request as a JSON object, found {kind}", hint=_SHAPE)
    model = _take(rest, "model", str, "")
    messages = _take(rest, "messages", list, [])
    stream = _take(rest, "stream", bool, default=False)
    max_tokens = _take(rest, "max_tokens", int, rest.get("max_completion_tokens"))
    options = rest.get("stream_options")
    include_usage = isinstance(options, dict) and options.get("include_usage") is True
    if options in ({"include_usage": True}, {"include_usage": False}):
        del rest["stream_options"]
    return ChatRequest(
        model=model,
        messages=tuple(decode_message(message) for message in messages),
        tools=_tools(rest),
        stream=stream,
        include_usage=include_usage,
        max_tokens=max_tokens if type(max_tokens) is int else None,
        rest=rest,
    )


def _take(rest: dict[str, Any], key: str, kind: type, default: Any) -> Any:  # noqa: ANN401 - JSON is anything
    """Move a field out of the rest, if it has the right type."""
    return rest.pop(key) if type(rest.get(key)) is kind else default


def _tools(rest: dict[str, Any]) -> tuple[ToolSpec, ...]:
    entries = rest.get("tools")
    specs = [decode_spec(entry) for entry in entries] if isinstance(entries, list) else []
    if entries is not None and isinstance(entries, list) and None not in specs:
        del rest["tools"]
    return tuple(spec for spec in specs if spec is not None)
