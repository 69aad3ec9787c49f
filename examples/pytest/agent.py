# ruff: noqa: INP001 - a program of its own, to be copied
"""The agent that the tests beside it are about: it keeps a conversation, and asks a server for each answer."""

from typing import Any

from openai import OpenAI


class Agent:
    """A conversation with a model."""

    def __init__(self, base_url: str, model: str = "tiny") -> None:
        """Talk to the server at `base_url`, which ends in `/v1`."""
        self.messages: list[Any] = []
        self._model = model
        self._client = OpenAI(base_url=base_url, api_key="no-key-required", max_retries=0)

    def say(self, text: str) -> str:
        """Say something; give the answer. What was refused is not kept: the next message must find a whole history."""
        said: list[Any] = [*self.messages, {"role": "user", "content": text}]
        reply = self._client.chat.completions.create(model=self._model, messages=said)
        answer = reply.choices[0].message.content or ""
        self.messages = [*said, {"role": "assistant", "content": answer}]
        return answer
