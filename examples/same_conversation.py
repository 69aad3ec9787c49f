# ruff: noqa: INP001 - a program of its own, to be copied
"""The same conversation with whatever server listens: three turns, one tool call, one answer streamed.

    nexdiag capture --upstream URL --cassette one.cassette.jsonl -- python examples/same_conversation.py

Record it from two servers; `nexdiag diff --schema` then tells in which fields they differ.
"""

import os
import sys
from typing import Any

from openai import OpenAI

MODEL = os.environ.get("MODEL", "tiny")
ADD: Any = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add two whole numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}
FORCED: Any = {"type": "function", "function": {"name": "add"}}


def converse(client: OpenAI) -> None:
    """Greet; have the tool called, and answered; hear the last answer as a stream."""
    messages: list[Any] = [{"role": "user", "content": "Hello"}]
    first = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=64)
    messages.append({"role": "assistant", "content": first.choices[0].message.content or "..."})

    messages.append({"role": "user", "content": "What is 17 and 25, added?"})
    called = client.chat.completions.create(
        model=MODEL, messages=messages, tools=[ADD], tool_choice=FORCED, max_tokens=160
    )
    calls: list[Any] = list(called.choices[0].message.tool_calls or ())
    sent = [{"id": one.id, "type": "function", "function": one.function.model_dump()} for one in calls]
    messages.append({"role": "assistant", "content": "", "tool_calls": sent})
    messages += [{"role": "tool", "tool_call_id": one.id, "content": "42"} for one in calls]
    second = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=64)
    messages.append({"role": "assistant", "content": second.choices[0].message.content or "..."})

    messages.append({"role": "user", "content": "Thank you"})
    usage: Any = {"include_usage": True}
    for chunk in client.chat.completions.create(
        model=MODEL, messages=messages, stream=True, stream_options=usage, max_tokens=64
    ):
        sys.stdout.write("".join(choice.delta.content or "" for choice in chunk.choices))


if __name__ == "__main__":
    converse(OpenAI(max_retries=0))
