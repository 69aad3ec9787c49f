"""The context budget. Pure: counts characters, never asks a tokenizer; where the server has counted, that counts.

The warning goes *into* the user message that it rides on, once, when that message is first said. Pushed as a
message of its own it made two user messages in a row, which strict templates refuse (the founding incident); put
in later, or moved from turn to turn, it would break the server's prompt cache.
"""

import re
from collections.abc import Sequence

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.chat import ToolSpec
from nexdiag.core.message import Message, Usage

CHARACTERS_PER_TOKEN = 4
_TOKENS_PER_WIDE = 1.5
"""Of a character of Chinese, Japanese or Korean."""
_WIDE = re.compile("[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]")
WARN_AT = 0.7
"""Share of the window at which the model is told that space runs out."""
SMALLEST = 1024
"""Tokens of the smallest window that is managed. In a smaller one (the demo's) an estimate is mostly error, and a
summary would not fit: there it is only warned of."""
LARGEST = 100_000_000
TAG = "<context-warning>"
"""How a warning begins: a message that has one gets no second."""
_MARGIN = 0.02
"""Share of the window that is left alone when max_tokens is made to fit: the tail is an estimate."""
_FEWEST = 256
"""Tokens that an answer is always granted."""
_PER_MESSAGE = 16
"""Bytes that a chat template may put around a message, at most: beyond that a count is absurd."""


def tokens(text: str) -> int:
    """Tokens of a text, roughly."""
    wide = 0 if text.isascii() else len(_WIDE.findall(text))
    return (len(text) - wide) // CHARACTERS_PER_TOKEN + int(wide * _TOKENS_PER_WIDE)


def estimate(messages: Sequence[Message], overhead: int = 0) -> int:
    """Tokens that these messages take, roughly; `overhead` counts what is sent beside them."""
    narrow = wide = 0
    for message in messages:
        for text in (message.text, *(call.arguments for call in message.tool_calls)):
            found = 0 if text.isascii() else len(_WIDE.findall(text))
            narrow, wide = narrow + len(text) - found, wide + found
    return narrow // CHARACTERS_PER_TOKEN + int(wide * _TOKENS_PER_WIDE) + overhead


def overhead(system: str | None, specs: Sequence[ToolSpec]) -> int:
    """Tokens of what is sent beside the messages: the system prompt and the tool definitions (reference fault 32)."""
    written = sum(len(spec.name) + len(spec.description) + len(jsontext.write(spec.parameters)) for spec in specs)
    return tokens(system or "") + written // CHARACTERS_PER_TOKEN


class Meter:
    """How full the window is: what the server counted, and an estimate of what came since."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._counted = 0
        self._length = 0
        self._older = (0, 0)
        """How many messages were estimated before, and what they take: each is looked at once, not once a request."""

    def told(self, usage: Usage, messages: Sequence[Message], overhead: int) -> None:
        """The server has counted a request and its answer, which is the last of `messages`. Absurd numbers are none."""
        count = usage.input_tokens + max(usage.output_tokens, 0)
        if self._credible(usage.input_tokens, messages, overhead):
            self.counted(count, messages)

    def counted(self, count: int, messages: Sequence[Message]) -> None:
        """`messages`, and what is sent beside them, take so many tokens."""
        self._counted, self._length = count, len(messages)

    def forget(self) -> None:
        """The conversation was changed: no count holds any more."""
        self._counted = self._length = 0
        self._older = (0, 0)

    def used(self, messages: Sequence[Message], overhead: int) -> int:
        """Tokens that a request with these messages takes."""
        if self._counted and self._length <= len(messages):
            return self._counted + estimate(messages[self._length :])
        return self._estimate(messages) + overhead

    def _estimate(self, messages: Sequence[Message]) -> int:
        """All of them but the last are known not to change, until `forget`."""
        length, older = self._older
        if length >= len(messages):
            length = older = 0
        older += estimate(messages[length:-1])
        self._older = (max(len(messages) - 1, 0), older)
        return older + estimate(messages[-1:])

    def _credible(self, count: int, messages: Sequence[Message], overhead: int) -> bool:
        """Whether all but the last message can take so many tokens: some servers send 0, or count only what is new."""
        guess = self._estimate(messages) - estimate(messages[-1:]) + overhead
        most = 2 * guess * CHARACTERS_PER_TOKEN + _PER_MESSAGE * len(messages) + 4096
        return max(guess // 3, 1) <= count <= min(most, LARGEST)


def room(window: int | None, used: int, reserve: int) -> int | None:
    """Tokens that the answer may take so that all fits the window; None if that is not less than `reserve`."""
    if not window or window < SMALLEST or not reserve:
        return None
    free = window - used - int(window * _MARGIN)
    return None if reserve <= free else max(free, min(reserve, _FEWEST))


def warning(messages: Sequence[Message], *, window: int | None, reserve: int, used: int | None = None) -> str | None:
    """What to tell the model when the window fills; None while there is room, or the window is unknown.

    `reserve` is what the answer may take; `used` what the messages take, where it is known better than by an estimate.
    """
    if not window:
        return None
    if used is None or window < SMALLEST:
        used = estimate(messages)
    used += reserve
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


def cut(text: str, most: int) -> str:
    """The text in about so many tokens: its beginning, its end, and a note of what is missing between them."""
    if tokens(text) <= most:
        return text
    ratio = most / tokens(text)
    head = max(int(len(text) * ratio * 0.6), 1)
    tail = max(int(len(text) * ratio * 0.3), 1)
    return f"{text[:head]}\n[… {len(text) - head - tail} characters were left out here …]\n{text[-tail:]}"
