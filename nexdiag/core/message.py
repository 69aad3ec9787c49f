"""Message and ToolCall: a conversation as nex keeps it, whatever the wire calls it."""

from typing import Any

import msgspec


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """The model's wish to run a tool."""

    id: str
    name: str
    arguments: str
    """The raw text that was sent: JSON if the model kept to it, and kept as it was if it did not."""
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    """Fields of the wire that are not ours (Gemini's thought signature), kept so that they go back as they came."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a conversation."""

    role: str
    """`system`, `developer`, `user`, `assistant` or `tool`; another word is kept as it was found."""
    content: str | list[dict[str, Any]] | None = None
    """Text, or the wire's content parts as they were; None where the wire had none."""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    """On a tool message: the call that it answers."""
    is_error: bool = False
    """On a tool message: the tool failed. No chat-completions server is told."""
    reasoning: str | None = None
    """What the model thought aloud; sent back only where the profile wants it."""
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    """Fields of the wire that are not ours, kept so that they go back as they came."""

    @property
    def text(self) -> str:
        """The readable text: the content, or its text parts joined by newlines."""
        if isinstance(self.content, str):
            return self.content
        parts = (part.get("text") for part in self.content or ())
        return "\n".join(part for part in parts if isinstance(part, str))


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens, as the server counted them; zero where it did not tell."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """Sum of both."""
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a model answered, whole, after its stream ended."""

    message: Message
    finish_reason: str | None = None
    """As the server gave it; None if the stream ended without one."""
    usage: Usage = Usage()
    response_id: str | None = None
    model: str | None = None
    complete: bool = True
    """False if the stream broke off: an incomplete reply is never taken for an answer."""
