"""What of an answer is for the user's eyes, and what it comes to: thinking and calls that stand in the text. Pure.

A server without the right parser leaves both in the content. While the answer streams, tagged thinking is told as
reasoning, and what may yet be a call is held back. When it is whole, the text is divided once more, as a whole.

Law: nothing that was said is lost. A structured field wins over a tag, a structured call over a written one; thinking
without an end never hides the whole answer; what was only thought of is never run; and what was taken out of the text
is told (`repairs`).
"""

import re
from collections.abc import Collection, Iterator

import msgspec

from nexdiag.agent.loop.calls import CUT_REASONS
from nexdiag.codec import textcalls, think
from nexdiag.codec.chat import Delta
from nexdiag.core.message import Reply

UNCLOSED = "the model never ended its thinking: what stood there is taken for its answer"
_NAMED = 3
_THINKS = re.compile(rf"(?<!`)(?:{'|'.join(map(re.escape, think.PAIRS))})")
_THOUGHT = re.compile("|".join(re.escape(closer) for closers in think.PAIRS.values() for closer in closers))


class Visible:
    """The deltas of one answer, as they may be shown."""

    def __init__(self, known: Collection[str] = ()) -> None:
        """`known` are the tools that the model was offered: calls of others are text."""
        self._known = known
        self._filter = think.Filter()
        self._gate = textcalls.Gate() if known else None
        self._structured = False
        self._thought = False
        self._told: list[str] = []

    def feed(self, delta: Delta) -> Iterator[Delta]:
        """What to tell of this one."""
        if delta.kind == "text":
            yield from self._pieces(self._filter.feed(delta.text))
            return
        self._structured = self._structured or delta.kind == "tool"
        self._thought = self._thought or delta.kind == "reasoning"
        yield delta

    def close(self, reply: Reply | None = None) -> Iterator[Delta]:
        """What is left to tell; `reply` is what the answer came to, if it is whole."""
        yield from self._pieces(self._filter.close())
        rest = self._gate.rest if self._gate is not None else ""
        if reply is None or self._structured:
            yield from self._text(rest)
            return
        told, text = "".join(self._told), reply.message.text
        yield from self._text(text[len(told) :] if text.startswith(told) else rest)
        for place, call in enumerate(reply.message.tool_calls):
            yield Delta(kind="tool", text=call.arguments, index=place, name=call.name)

    def _pieces(self, pieces: list[tuple[str, str]]) -> Iterator[Delta]:
        for kind, text in pieces:
            if kind == "text":
                yield from self._text(self._gate.feed(text) if self._gate is not None else text)
            elif not self._thought:  # else it is what the server has told in its own field
                yield Delta(kind="reasoning", text=text)

    def _text(self, text: str) -> Iterator[Delta]:
        if text:
            self._told.append(text)
            yield Delta(kind="text", text=text)


def settled(reply: Reply, known: Collection[str]) -> tuple[Reply, tuple[str, ...]]:
    """The whole reply with its thinking and its calls in their places, and what was done for that."""
    divided, told = _divided(reply)
    if told or reply.message.text.rstrip().endswith(think.ORPHANS):  # what stands before that closing tag was thought
        return divided, told
    recovered, found = _recovered(divided, known)
    return recovered, found


def _divided(reply: Reply) -> tuple[Reply, tuple[str, ...]]:
    message = reply.message
    if not isinstance(message.content, str):
        return reply, ()
    whole = think.Filter()
    whole.feed(message.content)
    whole.close()
    text, thought = whole.text, whole.reasoning
    if text == message.content and not thought:
        return reply, ()
    repairs: tuple[str, ...] = ()
    cut = reply.finish_reason in CUT_REASONS
    if whole.unclosed and not cut and not text.strip() and not message.tool_calls:
        text, thought, repairs = thought, "", (UNCLOSED,)
    changed = msgspec.structs.replace(message, content=text or None, reasoning=message.reasoning or thought or None)
    return msgspec.structs.replace(reply, message=changed), repairs


def _recovered(reply: Reply, known: Collection[str]) -> tuple[Reply, tuple[str, ...]]:
    message = reply.message
    if message.tool_calls or not known or not isinstance(message.content, str):
        return reply, ()
    found = textcalls.recover(message.content, known)
    if not found.calls or _thinks(found.text):
        return reply, ()
    changed = msgspec.structs.replace(message, content=found.text or None, tool_calls=found.calls)
    reason = "tool_calls" if reply.finish_reason == "stop" else reply.finish_reason
    names = ", ".join(call.name for call in found.calls[:_NAMED]) + ("…" if len(found.calls) > _NAMED else "")
    one = len(found.calls) == 1
    told = f"the model wrote {'a tool call' if one else f'{len(found.calls)} tool calls'} as text ({names}); recovered"
    return msgspec.structs.replace(reply, message=changed, finish_reason=reason), (told,)


def _thinks(text: str) -> bool:
    """Whether thinking is open at the end: within a line no tag counts, and a text that speaks of calls keeps its own.

    See `codec.think`. A tag in backticks is only spoken of.
    """
    opened = max((tag.start() for tag in _THINKS.finditer(text)), default=-1)
    return opened > max((tag.start() for tag in _THOUGHT.finditer(text)), default=-1)
