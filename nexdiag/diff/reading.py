"""What every part of a comparison shares: how strictly it reads, what it sets aside, and which ids are one. Pure."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange
from nexdiag.diff.aside import Asides, Ids, without_secrets
from nexdiag.diff.words import words

RUN, REPLAY = "run", "replay"
Views = Callable[[Exchange, Exchange], tuple[object, object]]
"""Both request bodies as values, with marks (`⟦date⟧`) for what is volatile in requests."""
_PROSE = 100_000
"""Characters of a model's words in two live runs that are compared word by word; what comes later is told whole."""
_MARK = re.compile(r"⟦(\w+)")


class Reading:
    """One comparison's way of reading."""

    def __init__(self, mode: str, asides: Asides, views: Views | None = None) -> None:
        """Nothing has been read yet."""
        self.mode = mode
        self.asides = asides
        self.views = views
        self.ids = Ids()
        self.answers = True
        self.logs = True
        """Whether both have them: where one has none, nothing is known of it."""
        self.replies = True
        """Whether both tell what a turn's user was told."""
        self._prose = _PROSE

    @property
    def live(self) -> bool:
        """Whether two live runs are compared: what a model made up has no weight by itself."""
        return self.mode == RUN

    def prose(self, aspect: str, one: Difference) -> Difference:
        """A model's words in two live runs: of no weight, and after a while without the words that differ."""
        self._prose -= sum(len(text) for text in (one.left, one.right) if isinstance(text, str))
        if self._prose < 0:
            return msgspec.structs.replace(one, aspect=aspect, quiet=True)
        return made(aspect, one, quiet=True)


def made(aspect: str, one: Difference, *, quiet: bool = False) -> Difference:
    """The difference with what it is about, and word by word where it is long."""
    told = words(one.left, one.right) if one.kind == "changed" else ()
    return msgspec.structs.replace(one, aspect=aspect, words=told, quiet=quiet)


def fact(aspect: str, pointer: str, left: Any, right: Any, *, quiet: bool = False) -> Difference:  # noqa: ANN401 - any value
    """A difference between two values of which None is an absence."""
    kind = "added" if left is None else "removed" if right is None else "changed"
    return made(aspect, Difference(pointer=pointer, left=left, right=right, kind=kind), quiet=quiet)


def rule_of(left: object, right: object) -> str:
    """The rule that has set something aside in a view, by its mark."""
    found = _MARK.search(f"{left!r}{right!r}")
    return found[1] if found else "request"


def secret_alone(left: object, right: object) -> bool:
    """Whether two texts differ in nothing but which secret was redacted."""
    return isinstance(left, str) and left != right and without_secrets(left) == without_secrets(right)
