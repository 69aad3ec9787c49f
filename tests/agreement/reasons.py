"""Why two judges may disagree: in which direction, where, and over what. Nothing else is excused."""

import re
from collections.abc import Iterable

import msgspec

THEY = "they refuse, we do not"
WE = "we refuse, they do not"
FIRST = "the cause is not named first"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One way to disagree."""

    differs: str
    where: str
    """Versions or templates, with blanks between."""

    words: str = ""
    """What the other side says begins or goes on so: a regular expression. Nothing, where it takes the request."""

    rules: frozenset[str] = frozenset()
    """Where only we refuse: our errors are of these rules, and of no other."""

    def fits(self, differs: str, where: str, words: str, rules: Iterable[str]) -> bool:
        """Whether this is what happened."""
        if differs != self.differs or where not in self.where.split():
            return False
        return set(rules) <= self.rules if differs == WE else re.search(self.words, words) is not None
