"""OpenAI Responses replies that are not streamed: JSON ⇄ Reply. Streams are in stream."""

from typing import Any

from nexdiag.codec import jsontext
from nexdiag.codec.lenient import count, fields, read, words
from nexdiag.codec.responses.item import assistant_items, assistant_message, plain_items
from nexdiag.core.message import Message, Reply, Usage

_CUT = {"max_output_tokens": "length", "max_tokens": "length"}
"""Why an incomplete response ended, in our words; `content_filter` is the same in both."""
_CUT_BACK = {"length": "max_output_tokens"}
_UNFINISHED = ("failed", "cancelled", "in_progress", "queued")


def decode_reply(body: bytes) -> Reply:
    """Read the reply in a body; what holds none (an error in a 200, HTML) is an incomplete, empty reply."""
    try:
        value = fields(read(body))
    except ValueError:
        value = {}
    return reply_of(value, assistant_message(value.get("output")))


def reply_of(value: dict[str, Any], message: Message) -> Reply:
    """The reply that a response object tells of; what the model said is given apart, as a stream gathers it."""
    answered = value.get("status") in ("completed", "incomplete") or bool(message.text) or bool(message.tool_calls)
    return Reply(
        message=message,
        finish_reason=finish_reason(value, message),
        usage=decode_usage(fields(value.get("usage"))),
        response_id=words(value.get("id")) or None,
        model=words(value.get("model")) or None,
        complete=answered and value.get("status") not in _UNFINISHED and not value.get("error"),
    )


def encode_reply(reply: Reply, *, created: int) -> bytes:
    """Write a response body. Only a complete reply can be told so: a whole body cannot say that it was cut."""
    return jsontext.write(response_value(reply, created=created, output=reply_items(reply)))


def reply_items(reply: Reply) -> list[dict[str, Any]]:
    """What the model says, its reasoning first: items as they were received, or made of the words, with ids."""
    message = reply.message
    items = assistant_items(message)
    if items == plain_items(message):
        items = [_numbered(item, place, reply.response_id or "") for place, item in enumerate(items)]
    if not message.reasoning or any(item.get("type") == "reasoning" for item in items):
        return items
    summary = [{"type": "summary_text", "text": message.reasoning}]
    return [{"type": "reasoning", "id": f"rs_{reply.response_id or ''}", "summary": summary}, *items]


def _numbered(item: dict[str, Any], place: int, name: str) -> dict[str, Any]:
    """The item with an id, and what else clients rely on."""
    if item["type"] == "function_call":
        return {"id": f"fc_{name}_{place}", "status": "completed"} | item
    content = [{**part, "annotations": []} for part in item["content"]]
    return {"id": f"msg_{name}_{place}", "status": "completed"} | item | {"content": content}


def response_value(reply: Reply, *, created: int, output: list[dict[str, Any]], status: str = "") -> dict[str, Any]:
    """A response object with this output; the status is that of the reply, unless another is told."""
    cut = reply.finish_reason in ("length", "content_filter")
    reason = _CUT_BACK.get(reply.finish_reason or "", reply.finish_reason)
    return {
        "id": reply.response_id or "",
        "object": "response",
        "created_at": created,
        "status": status or ("incomplete" if cut else "completed"),
        "error": None,
        "incomplete_details": {"reason": reason} if cut and not status else None,
        "model": reply.model or "",
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None if status else usage_value(reply.usage),
    }


def finish_reason(value: dict[str, Any], message: Message) -> str | None:
    """Why the reply ended, in our words; this wire leaves it to its reader to see that there are calls."""
    status = value.get("status")
    if status == "incomplete":
        reason = words(fields(value.get("incomplete_details")).get("reason"))
        return _CUT.get(reason, reason) or "length"
    if status != "completed":
        return None
    return "tool_calls" if message.tool_calls else "stop"


def decode_usage(usage: dict[str, Any]) -> Usage:
    """Tokens as counted; zero for what is missing, null or absurd."""
    return Usage(
        input_tokens=count(usage, "input_tokens"),
        output_tokens=count(usage, "output_tokens"),
        cached_tokens=count(usage.get("input_tokens_details"), "cached_tokens"),
        reasoning_tokens=count(usage.get("output_tokens_details"), "reasoning_tokens"),
    )


def usage_value(usage: Usage) -> dict[str, Any]:
    """Make the usage object of a response."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
