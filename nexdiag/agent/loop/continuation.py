"""An answer in parts: what was cut off at its token limit is continued, and told as one. Pure.

Models are bad at going on exactly where they stopped: most repeat some words. What a part begins with and the text
before it ends with is told once.
"""

from collections.abc import Sequence

from nexdiag.core.message import Message

CONTINUE = "[Your answer was cut off at its token limit. Go on exactly where it stopped, and repeat nothing.]"
"""What the model is told, in a message of the user. A journal that has it is known to hold an answer in parts."""
_LONGEST = 1200
"""Characters of the end of a text that are looked for again."""
_SHORTEST = 4
_FEWEST_BYTES = 6
"""Less than this is no repetition: a space, an indentation, a bracket."""


def overlap(before: str, text: str) -> int:
    """How many characters at the beginning of `text` repeat the end of `before`."""
    tail = before[-_LONGEST:]
    for length in range(min(len(tail), len(text)), _SHORTEST - 1, -1):
        if tail.endswith(text[:length]):
            return length if len(text[:length].encode(errors="replace")) >= _FEWEST_BYTES else 0
    return 0


def joined(parts: Sequence[str]) -> str:
    """The parts as one text."""
    whole = ""
    for part in parts:
        whole += part[overlap(whole, part) :]
    return whole


def open_parts(messages: Sequence[Message]) -> list[str]:
    """The parts of the answer that a conversation breaks off in: it ends with our wish to go on."""
    parts: list[str] = []
    place = len(messages) - 1
    while place > 0 and messages[place].role == "user" and messages[place].content == CONTINUE:
        parts.insert(0, messages[place - 1].text)
        place -= 2
    return parts


class Seam:
    """Lets the text of a continuation through, as it comes, without what it repeats."""

    def __init__(self, before: str) -> None:
        """`before` is what was told already."""
        self._before = before
        self._held = ""
        self._open = not before

    def feed(self, text: str) -> str:
        """What can be told now."""
        if self._open:
            return text
        self._held += text
        return "" if self._may_grow() else self.close()

    def close(self) -> str:
        """What was held back, as nothing more will come."""
        self._open = True
        held, self._held = self._held, ""
        return held[overlap(self._before, held) :]

    def _may_grow(self) -> bool:
        """Whether more text could make the repetition longer: all of it stands somewhere near the end of `before`."""
        tail = self._before[-_LONGEST:]
        return len(self._held) < len(tail) and self._held in tail
