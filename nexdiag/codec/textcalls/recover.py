"""Calls out of a whole text, and what of a growing text may be told before it is whole.

Law: what a model only quotes is never run. A block of calls counts where it begins a line (at most three spaces in, or
right behind another block), outside code, quotes, comments and tables, and where nothing is said behind it: white
space, other blocks and end markers may follow, prose may not. Models do say what they will do before a call, in lines
of its own; but a model that calls stops there and waits, and one that goes on to talk has mostly shown an example. To
take a call for an example costs a question; to take an example for a call may cost the user's files.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from nexdiag.codec.markdown import Code, shallow
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
_MARKERS = re.compile(
    r"(?:\s|</(?:[\w-]{1,32}:)?(?:tool_calls?|function_calls|function|s)>|<end_of_turn>|\[/TOOL_CALLS\]"
    r"|<\|(?:im_end|eot_id|eom_id|eot|end|end_of_text|end_of_turn|endoftext|return|call|/tool_calls?|/plugin"
    r"|tool_call_end|tool_calls_section_end)\|>|<｜(?:end▁of▁sentence|tool▁calls▁end)｜>)*+"
)
"""What may stand behind a block: it ends something, and says nothing."""
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
    if _BARE.match(text) and _shallow(text):
        calls = calls_of(text.strip(), strict=True)
        if calls and all(call.name in schemas for call in calls):
            return Recovered(text="", calls=tuple(calls))
    return _recover(Text(text), schemas)


def _recover(text: Text, schemas: Schemas) -> Recovered:
    blocks = _last(text, schemas)
    if not blocks:
        return Recovered(text=text.text)
    starts = [*(start for start, _, _ in blocks[1:]), len(text.text)]
    first = text.text[: blocks[0][0]].rstrip()
    others = [text.text[end:start].strip() for (_, end, _), start in zip(blocks, starts, strict=True)]
    calls = tuple(call for _, _, calls in blocks for call in calls)
    return Recovered(text="\n".join(part for part in (first, *others) if part), calls=calls)


def _last(text: Text, schemas: Schemas) -> list[tuple[int, int, list[ToolCall]]]:
    """The blocks behind which nothing is said: where each begins and ends, and its calls.

    A block that calls a tool that is not known is not run, but is no prose either: it may stand between others.
    """
    openers = Openers(text.text)
    blocks: list[tuple[int, int, list[ToolCall]]] = []
    behind = 0
    opener = openers.after(0)
    while opener is not None:
        block = block_at(text, opener, schemas)
        if block is None:
            opener = openers.after(opener.end())
            continue
        calls, end = block
        if not _MARKERS.fullmatch(text.text, behind, opener.start()):
            blocks.clear()
        if all(call.name in schemas for call in calls):
            blocks.append((opener.start(), end, calls))
        behind = end
        opener = openers.after(end)
    return blocks if blocks and _MARKERS.fullmatch(text.text, behind) else []


def _shallow(text: str) -> bool:
    """Whether the first line that is not blank is no indented code."""
    blank = text[: len(text) - len(text.lstrip())]
    return shallow(blank[blank.rfind("\n") + 1 :])


def could_begin(text: str) -> bool:
    """Whether a text so far may yet become a block of calls, or is the beginning of one."""
    rest = text.lstrip()
    if not rest:
        return True
    begins = OPENER.match(rest) or _BEGUN.fullmatch(rest) or _BARE.match(rest) or _BARE_BEGUN.fullmatch(rest)
    return _shallow(text) and begins is not None


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
            if self._code.block_start:
                self.shut = OPENER.match(text, place) is not None
                if self.shut or _BEGUN.fullmatch(text, place):
                    return place
        self._code.feed(text[read:])
        return len(text)
