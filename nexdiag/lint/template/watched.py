"""Texts that remember how a template used them: so llama.cpp finds out what a template can take."""

from typing import Self


class Watched(str):
    """A text under observation."""

    __slots__ = ("as_list", "typed", "used")

    used: bool
    """The template reached for it."""
    as_list: bool
    """It was used as only a list of parts is: by index, in a loop, or filtered."""
    typed: bool
    """The template asked whether it is a text."""

    def __new__(cls, text: str) -> Self:
        """Not used so far."""
        made = super().__new__(cls, text)
        made.used = made.as_list = made.typed = False
        return made


class WatchedParts(list[object]):
    """An empty list of parts under observation."""

    as_list = False


def reached(value: object) -> None:
    """A template has got hold of a value."""
    if isinstance(value, Watched):
        value.used = True


def listed(value: object) -> None:
    """A template treats a value as a list."""
    if isinstance(value, Watched | WatchedParts):
        value.as_list = True


def deep(value: object) -> None:
    """A template uses all that is in a value."""
    reached(value)
    if isinstance(value, dict):
        for entry in value.values():
            deep(entry)
    elif isinstance(value, list | tuple):
        for entry in value:
            deep(entry)
