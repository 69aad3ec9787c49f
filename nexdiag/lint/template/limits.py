"""How much a template may do: fuel that loops, calls and texts burn, and how large anything may grow.

Jinja2's sandbox keeps a template from the machine, and bounds nothing. Here everything that repeats or grows burns
fuel before it does so; when the tank is empty the rendering ends, whoever wrote it.
"""

from collections.abc import Iterable, Iterator
from typing import Any

FUEL = 30_000_000
"""Units for one rendering: a unit is one node of the syntax tree run once, or 256 characters moved. Three seconds or
four; a template that looks through all messages at each message burns 24 million of them for 1000 messages."""
LONGEST_TEXT = 8_000_000
"""Characters of any text that a template makes."""
LONGEST_LIST = 500_000
MOST_TEXT = 250_000_000
"""Characters of all texts together: what is made may be kept."""
LARGEST_BITS = 2048
"""Of an integer."""
_CHARACTERS = 256
_LOOK_IN = 8
"""What it costs to look into a value, for each entry."""
_DEEPEST = 200


class ExhaustedError(Exception):
    """The template wants more than it may have: nobody can say whether it would refuse."""


class Fuel:
    """What is left for one rendering."""

    __slots__ = ("_moved", "left")

    def __init__(self, amount: int = FUEL) -> None:
        """A full tank."""
        self.left = amount
        self._moved = 0

    def burn(self, amount: int) -> None:
        """Use up some. Raises ExhaustedError if there is not as much."""
        self.left -= amount
        if self.left < 0:
            raise ExhaustedError("the template works without end")

    def text(self, length: int) -> None:
        """A text of that length is about to be made or read."""
        if length > LONGEST_TEXT:
            raise ExhaustedError(f"the template makes a text of {length} characters")
        self._moved += length
        if self._moved > MOST_TEXT:
            raise ExhaustedError(f"the template works on more than {MOST_TEXT} characters")
        self.burn(1 + length // _CHARACTERS)

    def entries(self, length: int) -> None:
        """A list of that length is about to be made."""
        if length > LONGEST_LIST:
            raise ExhaustedError(f"the template makes a list of {length} entries")
        self.burn(1 + length)

    def touch(self, value: object) -> None:
        """An operation that looks at all of a text, or at the entries of a list but not into them."""
        if isinstance(value, str):
            self.text(len(value))
        elif isinstance(value, list | tuple | dict):
            self.burn(1 + len(value))
        else:
            self.burn(1)

    def walk(self, value: object, depth: int = 0) -> None:
        """An operation that looks at all that is in a value: a list of lists of itself is larger than it seems."""
        if depth > _DEEPEST:
            raise ExhaustedError(f"the template makes a value of more than {_DEEPEST} levels")
        self.burn(_LOOK_IN)
        if isinstance(value, str):
            self.text(len(value))
        elif isinstance(value, dict):
            for key, entry in value.items():
                self.walk(key, depth + 1)
                self.walk(entry, depth + 1)
        elif isinstance(value, list | tuple):
            for entry in value:
                self.walk(entry, depth + 1)

    def listed(self, values: Iterable[Any]) -> list[Any]:
        """The entries of anything that can be iterated over, whose number nobody knows before."""
        return list(self._counted(values))

    def _counted(self, values: Iterable[Any]) -> Iterator[Any]:
        for number, value in enumerate(values):
            if number >= LONGEST_LIST:
                raise ExhaustedError(f"the template makes a list of more than {LONGEST_LIST} entries")
            self.burn(1)
            yield value
