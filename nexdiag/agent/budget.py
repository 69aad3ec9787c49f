"""The context budget. Pure: counts characters, never asks a tokenizer; an estimate is marked as one.

The warning goes *into* the user message that it rides on, once, when that message is first said. Pushed as a
message of its own it made two user messages in a row, which strict templates refuse (the founding incident); put
in later, or moved from turn to turn, it would break the server's prompt cache.
"""

from collections.abc import Sequence

import msgspec

from nexdiag.core.message import Message

CHARACTERS_PER_TOKEN = 4
WARN_AT = 0.7
"""Share of the window at which the model is told that space runs out."""
TAG = "<context-warning>"
"""How a warning begins: a message that has one gets no second."""


def estimate(messages: Sequence[Message], overhead: int = 0) -> int:
    """Tokens that these messages take, roughly; `overhead` counts what is sent beside them."""
    characters = sum(
        len(message.text) + sum(len(call.arguments) for call in message.tool_calls) for message in messages
    )
    return characters // CHARACTERS_PER_TOKEN + overhead


def warning(messages: Sequence[Message], *, window: int | None, reserve: int) -> str | None:
    """What to tell the model when the window fills; None while there is room, or the window is unknown.

    `reserve` is what the answer may take.
    """
    if not window:
        return None
    used = estimate(messages, overhead=reserve)
    if used < window * WARN_AT:
        return None
    share = min(100, round(100 * used / window))
    return f"{TAG}About {share}% of the context window is used. Be brief, and finish what is open.</context-warning>"


def merge_warning(messages: Sequence[Message], text: str) -> list[Message]:
    """The conversation with the warning inside its last message, which is the user's."""
    *before, last = messages
    return [*before, with_text(last, text)]


def with_text(message: Message, text: str) -> Message:
    """The message with a paragraph more; what it holds beside text stays."""
    content = message.content
    if isinstance(content, list):
        return msgspec.structs.replace(message, content=[*content, {"type": "text", "text": text}])
    return msgspec.structs.replace(message, content=f"{content}\n\n{text}" if content else text)
