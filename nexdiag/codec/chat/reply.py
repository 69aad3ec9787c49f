"""Chat-completions replies that are not streamed: JSON ⇄ Reply. Streams are in stream."""

from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.chat.message import REASONING_FIELDS, as_text, decode_message, message_value
from nexdiag.core.message import Message, Reply, ToolCall, Usage

FAILED = "error"
"""The finish reason by which OpenRouter says that the model's provider failed on the way."""

_ABSURD = 10**12
"""No server has counted so many tokens."""


def decode_reply(body: bytes) -> Reply:
    """Read the reply in a body; what holds no choice (an error in a 200, HTML) is an incomplete, empty reply."""
    try:
        value = jsontext.read(body)
    except ValueError:
        value = None
    value = value if isinstance(value, dict) else {}
    choice = first_choice(value) or {}
    message = _reply_message(choice.get("message"))
    reason = finish_reason_of(choice)
    answered = reason is not None or bool(message.text) or bool(message.tool_calls)
    return Reply(
        message=message,
        finish_reason=reason,
        usage=decode_usage(value, choice),
        response_id=as_text(value.get("id")) or None,
        model=as_text(value.get("model")) or None,
        complete=answered and reason != FAILED and not value.get("error"),
    )


def encode_reply(reply: Reply, *, created: int, reasoning_field: str = "reasoning_content") -> bytes:
    """Write a chat.completion body. Only a complete reply can be told so: a whole body cannot say that it was cut."""
    message = message_value(reply.message)
    if reply.message.reasoning is not None:
        message[reasoning_field] = reply.message.reasoning
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish_reason}
    return jsontext.write(
        {
            "id": reply.response_id or "",
            "object": "chat.completion",
            "created": created,
            "model": reply.model or "",
            "choices": [choice],
            "usage": usage_value(reply.usage),
        },
    )


def first_choice(value: dict[str, Any]) -> dict[str, Any] | None:
    """Find the choice with index 0 (or without a number); None if there is none."""
    choices = value.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and not choice.get("index"):
            return choice
    return None


def finish_reason_of(choice: dict[str, Any]) -> str | None:
    """Why the reply ended, if this choice says it."""
    return as_text(choice.get("finish_reason")) or None


def finished(message: Message) -> Message:
    """Bring a reply's message, streamed or not, to its one form.

    Empty text is no content; a refusal without any other word is what was said. Extra fields that say nothing
    (`refusal: null`, `annotations: []`) are dropped, because they would go back in the next request, and strict servers
    refuse fields that they do not know.
    """
    extra = {key: value for key, value in message.extra.items() if value and key not in REASONING_FIELDS}
    content = message.content
    if not content and not message.tool_calls and isinstance(extra.get("refusal"), str):
        content = extra.pop("refusal")
    return Message(
        role=message.role or "assistant",
        content=content or None,
        tool_calls=tuple(_speaking(call) for call in message.tool_calls),
        reasoning=message.reasoning,
        extra=extra,
    )


def _speaking(call: ToolCall) -> ToolCall:
    extra = {key: value for key, value in call.extra.items() if value}
    return call if extra == call.extra else msgspec.structs.replace(call, extra=extra)


def _reply_message(value: object) -> Message:
    return finished(decode_message(value if isinstance(value, dict) else {}))


def decode_usage(value: dict[str, Any], choice: dict[str, Any]) -> Usage:
    """Tokens as counted; zero for what is missing, null or absurd."""
    usage = usage_of(value, choice)
    if usage is None:
        return Usage()
    return Usage(
        input_tokens=_count(usage, "prompt_tokens") or _count(usage, "input_tokens"),
        output_tokens=_count(usage, "completion_tokens") or _count(usage, "output_tokens"),
        cached_tokens=_count(usage.get("prompt_tokens_details"), "cached_tokens"),
        reasoning_tokens=_count(usage.get("completion_tokens_details"), "reasoning_tokens"),
    )


def usage_of(value: dict[str, Any], choice: dict[str, Any]) -> dict[str, Any] | None:
    """Find the usage object, at the top or where Moonshot (in the choice) and Groq (in `x_groq`) put it."""
    groq = value.get("x_groq")
    for holder in (value, choice, groq if isinstance(groq, dict) else {}):
        usage = holder.get("usage")
        if isinstance(usage, dict):
            return usage
    return None


def usage_value(usage: Usage) -> dict[str, Any]:
    """Make the usage object of a body or of a stream's last chunk."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def _count(holder: object, name: str) -> int:
    number = holder.get(name) if isinstance(holder, dict) else None
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return number if type(number) is int and 0 <= number < _ABSURD else 0
