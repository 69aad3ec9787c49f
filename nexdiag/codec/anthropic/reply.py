"""Anthropic Messages replies that are not streamed: JSON ⇄ Reply. Streams are in stream."""

from typing import Any

from nexdiag.codec import jsontext
from nexdiag.codec.anthropic.message import assistant_blocks, assistant_message, plain_blocks
from nexdiag.codec.lenient import count, fields, read, words
from nexdiag.core.message import Message, Reply, Usage

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
"""Stop reasons in our words. Others stay as they are, and so does `pause_turn`, after which the server goes on."""
_STOP = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal"}
COUNTED = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


def decode_reply(body: bytes) -> Reply:
    """Read the reply in a body; what holds none (an error in a 200, HTML) is an incomplete, empty reply."""
    try:
        value = fields(read(body))
    except ValueError:
        value = {}
    message = assistant_message(value.get("content"))
    reason = finish_reason(value.get("stop_reason"))
    answered = reason is not None or bool(message.text) or bool(message.tool_calls)
    return Reply(
        message=message,
        finish_reason=reason,
        usage=decode_usage(fields(value.get("usage"))),
        response_id=words(value.get("id")) or None,
        model=words(value.get("model")) or None,
        complete=answered and not value.get("error"),
    )


def encode_reply(reply: Reply) -> bytes:
    """Write a message body. Only a complete reply can be told so: a whole body cannot say that it was cut."""
    value = head(reply) | {
        "content": reply_blocks(reply.message),
        "stop_reason": stop_reason(reply.finish_reason),
        "usage": usage_value(reply.usage),
    }
    return jsontext.write(value)


def head(reply: Reply) -> dict[str, Any]:
    """A message without content, as a stream begins with it."""
    return {
        "id": reply.response_id or "",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": reply.model or "",
        "stop_reason": None,
        "stop_sequence": None,
    }


def reply_blocks(message: Message) -> list[dict[str, Any]]:
    """What the model says, its thinking first: blocks as they were received, or made of the words."""
    blocks = assistant_blocks(message)
    if message.reasoning is None or blocks != plain_blocks(message):
        return blocks
    return [{"type": "thinking", "thinking": message.reasoning, "signature": ""}, *blocks]


def finish_reason(value: object) -> str | None:
    """Why the reply ended, in our words, if this says it."""
    reason = words(value)
    return _FINISH.get(reason, reason) or None


def stop_reason(reason: str | None) -> str | None:
    """Why the reply ended, in this wire's words."""
    return None if reason is None else _STOP.get(reason, reason)


def decode_usage(usage: dict[str, Any]) -> Usage:
    """Tokens as counted. What was read from a cache, or written to one, is beside the input here; with us, in it."""
    fresh, written, read, output = (count(usage, name) for name in COUNTED)
    return Usage(input_tokens=fresh + written + read, output_tokens=output, cached_tokens=read)


def usage_value(usage: Usage) -> dict[str, Any]:
    """Make the usage object of a body or a stream."""
    cached = min(usage.cached_tokens, usage.input_tokens)
    return {
        "input_tokens": usage.input_tokens - cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": cached,
        "output_tokens": usage.output_tokens,
    }
