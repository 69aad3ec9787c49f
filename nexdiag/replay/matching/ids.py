"""Ids of tool calls that somebody's random numbers made, told from those that mean something. Pure."""

import re

_LONGEST = 200
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_PREFIX = re.compile(r"(?:[A-Za-z]{2,12}[-_]){0,2}")
_RANDOM = re.compile(r"[A-Za-z0-9_-]{16,}")
_TURNS = re.compile(r"(?<=[0-9])[A-Za-z]|(?<=[A-Za-z])[0-9]")
_FEWEST_TURNS = 3
_MISTRAL = re.compile(r"(?=[^0-9]*[0-9])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9]{9}")
"""Mistral's servers take ids of nine letters and digits alone, so that clients make such ones up."""


def generated(text: str) -> bool:
    """Whether an id is a uuid, or long and random: `call_1` and `functions.add:0` are not, and so they count."""
    rest = text[_PREFIX.match(text).end() :] if len(text) <= _LONGEST else ""  # type: ignore[union-attr]  # it always fits
    if _UUID.fullmatch(rest) or _UUID.fullmatch(text) or _MISTRAL.fullmatch(text):
        return True
    return _RANDOM.fullmatch(rest) is not None and len(_TURNS.findall(rest)) >= _FEWEST_TURNS
