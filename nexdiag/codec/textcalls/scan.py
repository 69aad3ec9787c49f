"""Finding things in a text of any size: openers of blocks, the end of a JSON value, the next of a literal.

Law: all work is linear in the text, whatever it holds.
"""

import re
from bisect import bisect_left

from nexdiag.codec.markdown import Code

OPENERS = (
    r"<(?:[\w-]{1,32}:)?tool_calls?(?:\s[^<>]{0,200})?>",  # Hermes, Qwen, GLM, MiniMax, and others after them
    r"<\|tool_calls?\|>",  # Granite, Phi
    r"<\|plugin\|>",  # InternLM
    r"<\|tool_calls_section_begin\|>",  # Kimi
    r"<｜tool▁calls▁begin｜>",  # DeepSeek
    r"<(?:[\w-]{1,32}:)?function_calls>",
    r"<(?:[\w-]{1,32}:)?invoke name=",
    r"<function=",  # Llama 3.1, Qwen Coder
    r"<\|python_tag\|>",  # Llama 3
    r"\[TOOL_CALLS\]",  # Mistral
)
"""How a block of calls begins."""

OPENER = re.compile("|".join(OPENERS))
_JSON_PART = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]|[\s,:+\-.\da-zNI]++', re.DOTALL)
"""A string, a bracket, or what else may stand in JSON: no tag and no backtick does, outside a string."""
_DEPTH = {"{": 1, "[": 1, "}": -1, "]": -1}
_SPACE = re.compile(r"\s+")


class Text:
    """A text, and where in it each literal stands."""

    def __init__(self, text: str) -> None:
        """Take the text."""
        self.text = text
        self.work = 0
        """Characters looked at by the readers of blocks: what the tests count."""
        self._places: dict[str, list[int]] = {}

    def find(self, literal: str, start: int) -> int:
        """Give the first place of the literal from `start` on; the end of the text if there is none."""
        if literal not in self._places:
            self._places[literal] = [found.start() for found in re.finditer(re.escape(literal), self.text)]
            self.work += len(self.text)
        places = self._places[literal]
        at = bisect_left(places, start)
        return places[at] if at < len(places) else len(self.text)

    def json_end(self, start: int) -> int:
        """Give the end of the JSON object or array that begins at `start`; -1 if there is no whole one.

        Two of these that run over each other cannot both go on: where one is in a string, the other is not, and no
        opener of a block stands outside a string.
        """
        if self.text[start : start + 1] not in ("{", "["):
            return -1
        depth, at = 0, start
        while (part := _JSON_PART.match(self.text, at)) is not None:
            at = part.end()
            depth += _DEPTH.get(part[0], 0)
            if depth == 0:
                break
        self.work += at - start
        return at if part is not None else -1

    def skip(self, start: int) -> int:
        """Give the place behind the white space at `start`."""
        space = _SPACE.match(self.text, start)
        return start if space is None else space.end()


class Openers:
    """The openers that begin a block of their own, first to last. Those in code, in quotes, within a line are none."""

    def __init__(self, text: str) -> None:
        """Start before the first."""
        self._text = text
        self._code = Code()
        self._read = 0
        self._behind = -1
        """Where the block ends that was read last, until the next opener was looked at."""

    def after(self, place: int) -> "re.Match[str] | None":
        """Give the next one from `place` on; what lies between it and the one before is read as Markdown."""
        if place > self._read:  # a block that was read is no Markdown
            self._read = self._behind = place
        while (found := OPENER.search(self._text, place)) is not None:
            between = self._text[self._read : found.start()]
            close = self._read == self._behind and not between.strip() and "\n" not in between
            self._code.feed(between)
            self._read, place, self._behind = found.start(), found.end(), -1
            if close or self._code.block_start:
                self._read = place  # a second one may stand right behind a wrapper
                return found
        return None


def begun(literal: str) -> str:
    """Write the pattern of every beginning of the literal, but for the empty one."""
    first, *rest = map(re.escape, literal)
    return first + "".join(f"(?:{char}" for char in rest) + ")?" * len(rest)
