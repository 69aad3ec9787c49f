# ruff: noqa: INP001 - a program of its own, to be copied
"""A whole agent in forty lines of the openai SDK: it asks, runs the one tool there is, and answers.

    nexdiag capture -- python examples/agent_openai.py "what is 17 and 25?"

It knows nothing of nexdiag: the SDK reads where to go from OPENAI_BASE_URL, which `nexdiag capture` sets.
"""

import json
import os
import sys
from typing import Any

from openai import OpenAI

MODEL = os.environ.get("MODEL", "tiny")
MOST_CALLS = 4
ADD = {
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


def add(arguments: str) -> str:
    """Run the tool on what the model wrote: that may be anything."""
    try:
        numbers = json.loads(arguments)
        return str(int(numbers["a"]) + int(numbers["b"]))
    except (ValueError, KeyError, TypeError) as error:
        return f"error: {error!r}"


def answer(client: OpenAI, question: str) -> str:
    """One turn: ask until the model calls no tool any more, or has called often enough."""
    messages: list[Any] = [{"role": "user", "content": question}]
    for calls_left in reversed(range(MOST_CALLS)):
        choice = "auto" if calls_left else "none"
        reply = client.chat.completions.create(model=MODEL, messages=messages, tools=[ADD], tool_choice=choice)
        message = reply.choices[0].message
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls or ():
            result = add(call.function.arguments)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        if not message.tool_calls:
            return message.content or ""
    return ""


if __name__ == "__main__":
    sys.stdout.write(answer(OpenAI(), " ".join(sys.argv[1:]) or "Hello") + "\n")
