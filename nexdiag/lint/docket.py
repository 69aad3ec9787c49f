"""The docket: what was found in a recording so far, each fault once, and what the server's answers made of it."""

from nexdiag.core.endpoint import Profile
from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.lint.no_answer import NO_ANSWER
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.unexplained import UNEXPLAINED
from nexdiag.lint.verdict import heard_line, reason, severity, singled_out
from nexdiag.lint.view import View

Key = tuple[str, tuple[bytes, ...] | str, int]
_RANKS = {Severity.ERROR: 2, Severity.WARNING: 3, Severity.INFO: 4}
_CONFIRMED, _FAILED = 0, 1


class Entry:
    """One fault, from the first exchange that carried it on."""

    def __init__(self, rule: Rule, fault: Fault, seen: View) -> None:
        """At the first exchange."""
        self.rule = rule
        self.fault = fault
        self.accepted = False
        """Whether the server let a request pass that carried it."""
        self._first = seen
        self._repeats = -1
        self._words: str | None = None
        self._heard: str | None = None
        self._confirmed = False

    def carried(self, seen: View) -> None:
        """An exchange carries the fault."""
        self._repeats += 1
        self.accepted = self.accepted or seen.accepted

    def told(self, seen: View) -> None:
        """The server spoke of this exchange; the first words count."""
        if self._heard is None and seen.said.words:
            self._words = None if seen.logged else seen.said.words
            self._heard = heard_line(seen.said.words, seen.status, logged=seen.logged)

    def confirm(self, seen: View) -> None:
        """The server refused this exchange, in words that the rule explains."""
        self._confirmed = True
        self.told(seen)

    def finding(self, profile: Profile) -> Finding | None:
        """What is to be reported; None if it does not matter on this server."""
        weight = self.fault.weight or severity(self.rule, profile, accepted=self.accepted)
        if self._confirmed:
            weight = Severity.ERROR
        if weight is None:
            return None
        why = (self._heard,) if self._heard else reason(self.rule, profile)
        place = Location(
            turn=self._first.turn,
            session=self._first.session,
            exchange=self._first.exchange,
            message_index=self.fault.at,
            pointer=self.fault.pointer,
        )
        return Finding(
            rule=self.rule.name,
            code=self.rule.code,
            severity=weight,
            summary=self.fault.summary,
            location=place,
            evidence=(*self.fault.evidence, *why),
            fix=self.fault.fix,
            refused=self._confirmed,
            server_words=self._words,
            facts=self.fault.facts,
            repeats=self._repeats,
        )

    def order(self, weight: Severity) -> tuple[int, bool, int, int, str]:
        """Sorting key, the cause first: confirmed, then failures without explanation, then by severity and place."""
        failed = weight is Severity.ERROR and (self.rule is UNEXPLAINED or self.rule is NO_ANSWER)
        rank = _CONFIRMED if self._confirmed else _FAILED if failed else _RANKS[weight]
        named = self._confirmed and singled_out(self.fault, self._words or "")
        return (rank, not named, self._first.exchange or 0, self.fault.at or 0, self.rule.code)


class Docket:
    """All entries of one recording."""

    def __init__(self, profile: Profile) -> None:
        """Start empty."""
        self._profile = profile
        self._entries: dict[Key, Entry] = {}

    def enter(self, rule: Rule, fault: Fault, seen: View, number: int) -> Entry:
        """The entry of this fault, which `seen` carries; `number` tells apart equal faults of one request."""
        key = (rule.name, fault.about or fault.summary, number)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(rule, fault, seen)
        entry.carried(seen)
        return entry

    def findings(self) -> tuple[Finding, ...]:
        """What is to be reported, the cause first."""
        weighed = [(entry, found) for entry in self._entries.values() if (found := entry.finding(self._profile))]
        weighed.sort(key=lambda pair: pair[0].order(pair[1].severity))
        return tuple(found for _, found in weighed)
