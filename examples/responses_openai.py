# ruff: noqa: INP001 - a program of its own, to be copied
"""Two turns over the Responses API with the openai SDK: a tool is called, its output sent back, a stream read.

    nexdiag capture -- python examples/responses_openai.py "what is 17 and 25?"

The whole history goes out with each request, so it works with servers that keep none (`previous_response_id` does not).
"""

import json
import os
import sys
from typing import Any

from openai import OpenAI

MODEL = os.environ.get("MODEL", "tiny")
MOST_CALLS = 3
ADD: Any = {
    "type": "function",
    "name": "add",
    "description": "Add two whole numbers.",
    "parameters": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
}


def add(arguments: str) -> str:
    """Run the tool on what the model wrote: that may be anything."""
    try:
        numbers = json.loads(arguments)
        return str(int(numbers["a"]) + int(numbers["b"]))
    except (ValueError, KeyError, TypeError) as error:
        return f"error: {error!r}"


def answer(client: OpenAI, history: list[Any], text: str) -> str:
    """One turn: ask until the model calls no tool any more; the history grows by all that was said."""
    history.append({"role": "user", "content": text})
    for calls_left in reversed(range(MOST_CALLS)):
        choice: Any = "auto" if calls_left else "none"
        response = client.responses.create(model=MODEL, input=history, tools=[ADD], tool_choice=choice)
        history += [item.model_dump(exclude_none=True) for item in response.output]
        calls = [item for item in response.output if item.type == "function_call"]
        history += [
            {"type": "function_call_output", "call_id": call.call_id, "output": add(call.arguments)} for call in calls
        ]
        if not calls:
            return response.output_text
    return ""


def streamed(client: OpenAI, history: list[Any], text: str) -> str:
    """One more turn, its text read piece by piece."""
    history.append({"role": "user", "content": text})
    stream = client.responses.create(model=MODEL, input=history, stream=True)
    return "".join(event.delta for event in stream if event.type == "response.output_text.delta")


if __name__ == "__main__":
    said: list[Any] = []
    openai = OpenAI()
    sys.stdout.write(answer(openai, said, " ".join(sys.argv[1:]) or "Hello") + "\n")
    sys.stdout.write(streamed(openai, said, "Thank you.") + "\n")
