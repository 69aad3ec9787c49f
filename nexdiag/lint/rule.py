"""What a rule is made of: it finds faults in requests, and knows the words with which servers refuse them.

A rule says what is so. What a server thinks of it is the profile's to say, and how much that matters is verdict's.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

import msgspec

from nexdiag.core.endpoint import Wire
from nexdiag.core.finding import Severity
from nexdiag.lint import gist
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ANY
from nexdiag.lint.seen.view import View

if TYPE_CHECKING:
    from nexdiag.lint.seen.state import StateSeen


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found in one request, before anybody asked what this server thinks of it."""

    summary: str
    fix: str
    at: int | None = None
    """The message that has to change."""
    last: int | None = None
    """The last message that it takes, where that is behind `at`: without it there is no such fault."""
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


class Following(Protocol):
    """What a rule remembers of one recording: made when judging begins, shown each exchange in order."""

    def take(self, case: Case) -> "Iterable[Fault]":
        """Look at the next exchange, its whole history read."""
        ...

    def end(self) -> "Iterable[tuple[View, Fault]]":
        """The recording is over: faults that only now are known, each with the exchange at which it stands."""
        ...


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. At least one of its ways to look is given."""

    name: str
    code: str
    family: str
    page: str
    """The docstring of its module: one line, and the page of the documentation."""
    check: Callable[[Case], Iterable[Fault]] | None = None
    """Looks at a whole exchange: address, parameters, tools, answer. The history is read to the end of the request."""
    arriving: Callable[[Case], Iterable[Fault]] | None = None
    """Looks at the newest message, with those before it: what is wrong with it stays wrong, whatever follows. It is
    called once for each message of a chat, however often that is sent: by nothing but message and profile may it judge.
    """
    on: int = ANY
    """Which messages `arriving` is called for: those that have one of these traits (seen/message.py)."""
    ending: Callable[[Case], Iterable[Fault]] | None = None
    """Looks at the history as it was sent: what is wrong with it may be mended by a later message."""
    following: Callable[[], Following] | None = None
    """Looks at the exchanges of a recording one after another, and remembers."""
    state: "Callable[[StateSeen], Iterable[Fault]] | None" = None
    """Looks at an executor's state directory."""
    needs: frozenset[str] = frozenset()
    """What there must be one of, that `check` and `ending` can find anything: fields of the request by their names, and
    facts of the exchange (REFUSED_HERE and the others of seen/view.py). Where none of them is, they are not called.
    Empty for a rule that looks at every exchange.
    """
    listens: Callable[[Case], bool] | None = None
    """Whether `arriving` can find anything in the messages of such an exchange: asked once, before they are read; None
    for always.
    """
    wires: tuple[Wire, ...] = ("chat", "responses", "anthropic")
    """The dialects of which it is so."""
    concerns: Callable[[View], bool] | None = None
    """Whether such an exchange is its business; None for any. What it finds elsewhere does not count."""
    words: tuple[re.Pattern[str], ...] = ()
    """Words of servers that this fault explains, where the request shows it."""
    telling: tuple[re.Pattern[str], ...] = ()
    """Words that only this fault explains: they count also where the request is not known."""
    suspects: tuple[re.Pattern[str], ...] = ()
    """Words that have several causes, of which this one is the most frequent: where the request is not known, it is
    named as such. They count as `words` too."""
    last_resort: bool = False
    """Explains a refusal only where no other fault does."""
    consequence_of: tuple[str, ...] = ()
    """Rules whose finding, at the same exchange or before it, makes this one its consequence."""
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
        said = fits and any(pattern.search(words) for pattern in (*self.words, *self.telling, *self.suspects))
        return said or gist.means(words, self.name)

    def tells(self, words: str, status: int | None) -> bool:
        """Whether nothing else than this fault explains such a refusal, or nothing as often."""
        told = self.explains(words, status) and any(
            pattern.search(words) for pattern in (*self.telling, *self.suspects)
        )
        return told or gist.means(words, self.name, first=True)


def patterns(*texts: str) -> tuple[re.Pattern[str], ...]:
    """Expressions for servers' words, matched anywhere and without case."""
    return tuple(re.compile(text, re.IGNORECASE | re.DOTALL) for text in texts)
