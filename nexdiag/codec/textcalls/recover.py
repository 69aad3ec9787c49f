"""Calls out of a whole text, and what of a growing text may be told before it is whole."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from nexdiag.codec.markdown import Code
from nexdiag.codec.textcalls.blocks import Schemas, block_at
from nexdiag.codec.textcalls.objects import KEYS, calls_of
from nexdiag.codec.textcalls.scan import OPENER, Openers, Text, begun
from nexdiag.core.message import ToolCall

_SIGN = re.compile(r"[<\[]")
_LITERALS = (
    "<|tool_calls|>", "<|tool_call|>", "<|plugin|>", "<|tool_calls_section_begin|>", "<｜tool▁calls▁begin｜>",
    "<|python_tag|>", "[TOOL_CALLS]",
)  # fmt: skip
_NAMED = "|".join(begun(word) for word in ("tool_calls", "function_calls", "invoke"))
_BEGUN = re.compile(
    rf"<(?:[\w-]{{1,32}}:?)?|<[\w-]{{1,32}}:(?:{_NAMED})|<(?:[\w-]{{1,32}}:)?tool_calls?\s[^<>]{{0,200}}"
    rf"|<(?:[\w-]{{1,32}}:)?invoke(?: (?:{begun('name=')})?)?|" + "|".join(begun(word) for word in _LITERALS)
)
"""The beginnings of openers. `<div` is one: it could go on as `<div:tool_call>`."""
_OBJECT = r"\s{0,64}(?:\[\s{0,64})?\{\s{0,64}"
_BARE = re.compile(_OBJECT + '"(?:' + "|".join(KEYS) + ')"')
"""How a text begins that is the JSON of a call and nothing else, as Llama writes it."""
_BARE_BEGUN = re.compile(
    r"\s{0,64}(?:\[\s{0,64})?|" + _OBJECT + '(?:"(?:' + "|".join(begun(f'{key}"') for key in KEYS) + ")?)?"
)


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """A text and the calls that stood in it."""

    text: str
    """Without the blocks that were read; the very text if there was none."""
    calls: tuple[ToolCall, ...] = ()
    """Without ids: their maker does not know which are taken."""


def recover(text: str, known: Collection[str]) -> Recovered:
    """Take the calls of known tools out of a text.

    `known` may be a mapping from each tool's name to the JSON schema of its parameters; it tells then what a value that
    is written as plain text stands for.
    """
    schemas: Mapping[str, Any] = known if isinstance(known, Mapping) else {name: {} for name in known}
    if _BARE.match(text):
        calls = calls_of(text.strip(), strict=True)
        if calls and all(call.name in schemas for call in calls):
            return Recovered(text="", calls=tuple(calls))
    return _recover(Text(text), schemas)


def _recover(text: Text, schemas: Schemas) -> Recovered:
    openers = Openers(text.text)
    calls: list[ToolCall] = []
    said: list[str] = []
    start = 0
    opener = openers.after(0)
    while opener is not None:
        block = block_at(text, opener, schemas)
        if block is not None and all(call.name in schemas for call in block[0]):
            said.append(text.text[start : opener.start()])
            calls += block[0]
            start = block[1]
            opener = openers.after(start)
        else:
            opener = openers.after(opener.end())
    if not calls:
        return Recovered(text=text.text)
    first, *others = [*said, text.text[start:]]
    parts = [first.rstrip(), *(part.strip() for part in others)]
    return Recovered(text="\n".join(part for part in parts if part), calls=tuple(calls))


def could_begin(text: str) -> bool:
    """Whether a text so far may yet become a block of calls, or is the beginning of one."""
    rest = text.lstrip()
    return bool(
        not rest or OPENER.match(rest) or _BEGUN.fullmatch(rest) or _BARE.match(rest) or _BARE_BEGUN.fullmatch(rest)
    )


class Gate:
    """Lets through what of a growing text may be told: what was told is always the beginning of the recovered text."""

    def __init__(self) -> None:
        """Start before the first character."""
        self.shut = False
        """Whether a block has begun: from there on all is held until the text is whole."""
        self._held: list[str] = []
        self._tail = ""
        self._code = Code()
        self._started = False

    @property
    def rest(self) -> str:
        """What was held back so far."""
        return "".join(self._held) + self._tail

    def feed(self, piece: str) -> str:
        """Take the next piece; give what may be told."""
        if self.shut:
            self._held.append(piece)
            return ""
        text = self._tail + piece
        end = self._end(text)
        self._tail = text[end:]
        free = text[:end].rstrip()
        blank = text[len(free) : end]
        told = "".join([*self._held, free]) if free else ""
        if free:
            self._held.clear()
        if blank:
            self._held.append(blank)
        if self.shut:
            self._held.append(self._tail)
            self._tail = ""
        self._started = self._started or bool(free)
        return told

    def _end(self, text: str) -> int:
        """Where the part ends that belongs to no block."""
        if not self._started:
            self.shut = bool(_BARE.match(text))
            if self.shut or _BARE_BEGUN.fullmatch(text):
                return 0
        read = 0
        for sign in _SIGN.finditer(text):
            place = sign.start()
            self._code.feed(text[read:place])
            read = place
            if not self._code.inside:
                self.shut = OPENER.match(text, place) is not None
                if self.shut or _BEGUN.fullmatch(text, place):
                    return place
        self._code.feed(text[read:])
        return len(text)
