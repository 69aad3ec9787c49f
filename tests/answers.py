"""What tests of rules on answers share: answers of chat completions, streamed and whole."""

import json
from typing import Any


def stream(*chunks: object, done: bool = True, before: str = "") -> str:
    """An event stream: a text stands behind `data:` as it is, a value as its JSON."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in chunks]
    return before + "".join(f"data: {text}\n\n" for text in texts) + ("data: [DONE]\n\n" if done else "")


def chunk(delta: object = None, finish: str | None = None, **fields: object) -> dict[str, Any]:
    """A chunk with one choice."""
    return {"choices": [{"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}], **fields}


def said(text: str, finish: str | None = None) -> dict[str, Any]:
    """A chunk with a piece of the content."""
    return chunk({"content": text}, finish)


def piece(
    index: object = 0, call_id: str | None = None, name: str | None = None, arguments: object = ""
) -> dict[str, Any]:
    """A chunk with a piece of a tool call; what is None is left out."""
    function = {"name": name, "arguments": arguments}
    entry = {"index": index, "id": call_id, "function": {key: one for key, one in function.items() if one is not None}}
    return chunk({"tool_calls": [{key: one for key, one in entry.items() if one is not None}]})


def called(name: str = "f", arguments: object = "{}", call_id: str = "c") -> dict[str, Any]:
    """A tool call of a whole message."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def body(content: object = "Hi.", *calls: object, finish: str | None = "stop", **fields: object) -> dict[str, Any]:
    """A whole answer; more fields stand beside its choices."""
    message = {"role": "assistant", "content": content, **({"tool_calls": list(calls)} if calls else {})}
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish}], **fields}


STOP, CALLS = chunk(finish="stop"), chunk(finish="tool_calls")
USAGE = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}
