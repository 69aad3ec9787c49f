"""What a rule is made of: it finds faults in requests, and knows the words with which servers refuse them.

A rule says what is so. What a server thinks of it is the profile's to say, and how much that matters is verdict's.
"""

import re
from collections.abc import Callable, Iterable

import msgspec

from nexdiag.core.endpoint import Profile
from nexdiag.core.finding import Severity
from nexdiag.lint.history import History
from nexdiag.lint.view import View


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found in one request, before anybody asked what this server thinks of it."""

    summary: str
    fix: str
    at: int | None = None
    """The message that has to change."""
    pointer: str | None = None
    """JSON pointer into the request body; None where the fault is not in the body."""
    evidence: tuple[str, ...] = ()
    facts: dict[str, str] = msgspec.field(default_factory=dict)
    about: tuple[bytes, ...] = ()
    """The texts of the messages concerned, by which the fault is known again in a later request of the chat."""
    ids: tuple[str, ...] = ()
    """The names by which a server's words would single out this fault among its like."""
    weight: Severity | None = None
    """How much it matters, where that does not depend on the server; None to go by rule and profile."""
    needs_words: bool = False
    """Harmless for all that the request shows: reported only where the recorded answer confirms it."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. At least one of its three ways to look is given."""

    name: str
    code: str
    family: str
    page: str
    """The docstring of its module: one line, and the page of the documentation."""
    check: Callable[[View, Profile], Iterable[Fault]] | None = None
    """Looks at a whole exchange: address, parameters, answer."""
    arriving: Callable[[History], Iterable[Fault]] | None = None
    """Looks at the newest message, with those before it: what is wrong with it stays wrong, whatever follows."""
    ending: Callable[[History], Iterable[Fault]] | None = None
    """Looks at the history as it was sent: what is wrong with it may be mended by a later message."""
    concerns: Callable[[View], bool] | None = None
    """Whether such an exchange is its business; None for any. What it finds elsewhere does not count."""
    words: tuple[re.Pattern[str], ...] = ()
    """Words of servers that this fault explains, where the request shows it."""
    telling: tuple[re.Pattern[str], ...] = ()
    """Words that only this fault explains: they count also where the request is not known."""
    statuses: tuple[int, ...] = ()
    """Only with these the words count; empty for any."""
    unknown: Severity | None = Severity.WARNING
    """How much it matters where nobody knows the server."""
    refused: Severity = Severity.ERROR
    """How much it matters on a server that refuses it, before it did."""
    elsewhere: Severity | None = None
    """How much it matters on a known server that does not refuse it; None for not at all."""
    silent_if_accepted: bool = False
    """Nothing to speak of once a server is known to have let it pass."""

    @property
    def summary(self) -> str:
        """One line, for lists."""
        return self.page.partition("\n")[0]

    def explains(self, words: str, status: int | None) -> bool:
        """Whether this fault explains such a refusal."""
        fits = not self.statuses or status in self.statuses
        return fits and any(pattern.search(words) for pattern in (*self.words, *self.telling))

    def tells(self, words: str, status: int | None) -> bool:
        """Whether nothing else than this fault explains such a refusal."""
        return self.explains(words, status) and any(pattern.search(words) for pattern in self.telling)


def patterns(*texts: str) -> tuple[re.Pattern[str], ...]:
    """Expressions for servers' words, matched anywhere and without case."""
    return tuple(re.compile(text, re.IGNORECASE | re.DOTALL) for text in texts)
