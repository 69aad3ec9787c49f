"""The docket: what was found in a recording so far, each fault once, and what the server's answers made of it."""

from collections.abc import Iterable
from typing import Protocol

from nexdiag.core.endpoint import Profile, Wire
from nexdiag.core.finding import Finding, Location, Origin, Severity
from nexdiag.lint.profiles.templates import RULES as TEMPLATE_RULES
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.rules.refusal.no_answer import NO_ANSWER
from nexdiag.lint.rules.refusal.unexplained_refusal import UNEXPLAINED
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import View
from nexdiag.lint.verdict import heard_line, reason, severity, singled_out

Key = tuple[str, tuple[bytes, ...] | str, int, str, tuple[str, str, str]]
Weights = dict[tuple[str, bool, str, Wire], Severity | None]
"""By rule, whether it was let pass, model and wire: how much such a fault matters."""
_RANKS = {Severity.ERROR: 3, Severity.WARNING: 4, Severity.INFO: 5}
_OF_THE_REQUEST = frozenset({400, 422, 500})
"""With these a request is refused for what is in it, whichever of them the server itself uses: gateways change them."""
_CONFIRMED, _PRESUMED, _FAILED = 0, 1, 2


class Chat(Protocol):
    """What an entry asks of a chat whose messages hold its fault (`chain.Chain`)."""

    taken: int
    """How many requests it had so far."""
    accepted: int
    """The number of the last one that the server let pass; 0 if there was none."""


class Entry:
    """One fault, from the first exchange that carried it on."""

    def __init__(self, rule: Rule, fault: Fault, case: Case, known: Weights) -> None:
        """At the first exchange; `known` is what faults of its kind were found to weigh, shared by all entries."""
        self._known = known
        self.rule = rule
        self.fault = fault
        self.first: View = case.view
        self._origin = _origin(fault, case)
        self._model = case.model
        self._chains: list[tuple[Chat, int]] = []
        """The chats whose messages hold it, and after how many of their requests it came in."""
        self._carried = 0
        self._passed = False
        self._words: str | None = None
        self._plain = ""
        self._heard: str | None = None
        self._confirmed = False
        self._presumed = False
        self._by_template = ""
        self._param = ""
        self._mended = 0
        self._templated = case.template is not None

    @property
    def accepted(self) -> bool:
        """Whether the server let a request pass that carried it."""
        return self._passed or any(chain.accepted > since for chain, since in self._chains)

    def carried(self, seen: View) -> None:
        """An exchange carries the fault, and the next one may not."""
        self._carried += 1
        self._passed = self._passed or seen.accepted

    def stays(self, chain: Chat) -> None:
        """The fault is in a message: every later request of the chat carries it too."""
        if all(known is not chain for known, _ in self._chains):
            self._chains.append((chain, chain.taken))

    def mended(self) -> None:
        """One of the requests that carried it passed when it was sent again."""
        self._mended += 1

    @property
    def outlived(self) -> bool:
        """Whether every request that carried it passed when it was sent again."""
        return 0 < self._carried == self._mended

    def told(self, seen: View) -> None:
        """The server spoke of this exchange; the first words count."""
        if self._heard is None and seen.said.words:
            self._words = None if seen.logged else seen.said.shown
            self._plain = seen.said.words
            self._param = seen.said.param
            self._heard = heard_line(seen.said.shown, seen.status, logged=seen.logged)

    def confirm(self, seen: View) -> None:
        """The server refused this exchange, in words that the rule explains."""
        self._confirmed = True
        self.told(seen)

    def confirm_by_template(self, words: str) -> None:
        """The model's own template refuses this very request, in words that the rule explains."""
        self._by_template = f'the chat template says: "{words}"'

    def presume(self, seen: View) -> None:
        """The server refused this exchange, in words that say nothing, or that no rule knows."""
        self._presumed = True
        self.told(seen)

    def weight(self, profile: Profile) -> Severity | None:
        """How much it matters on this server, for all that is known by now; None for not at all."""
        if self._confirmed or self._by_template:
            return Severity.ERROR
        if self.outlived:
            return Severity.INFO
        if self._templated and self.rule.name in TEMPLATE_RULES:
            return None
        if self.fault.weight is not None:
            return None if self.accepted and self.rule.silent_if_accepted else self.fault.weight
        key = (self.rule.name, self.accepted, self._model, self.first.wire)
        if key not in self._known:
            accepted, model, wire = key[1:]
            self._known[key] = severity(self.rule, profile, accepted=accepted, model=model, wire=wire)
        known = self._known[key]
        return Severity.WARNING if known is None and self._presumed else known

    def refused_with(self, profile: Profile) -> int | None:
        """The status with which this server is known to refuse it."""
        refusal = profile.refusal(self.rule.name, self._model, self.first.wire)
        return None if refusal is None else refusal.status

    def finding(self, profile: Profile) -> Finding | None:
        """What is to be reported; None if it does not matter on this server."""
        weight = self.weight(profile)
        if weight is None:
            return None
        place = Location(
            turn=self.first.turn,
            session=self.first.session,
            exchange=self.first.exchange,
            message_index=self.fault.at,
            pointer=self.fault.pointer,
        )
        because = self._by_template
        if not because and not self._confirmed and self.fault.weight is None:
            because = "; ".join(reason(self.rule, profile, model=self._model, wire=self.first.wire))
        why = tuple(said for said in (because, self._heard or "") if said)
        return Finding(
            rule=self.rule.name,
            code=self.rule.code,
            severity=weight,
            summary=self.fault.summary + ("; it passed when it was sent again" if self.outlived else ""),
            location=place,
            evidence=(*self.fault.evidence, *why),
            because=because,
            fix=self.fault.fix,
            refused=self._confirmed,
            server_words=self._words,
            facts=self.fault.facts,
            repeats=max(0, self._carried + sum(chain.taken - since for chain, since in self._chains) - 1),
            origin=self._origin,
        )

    def order(self, weight: Severity) -> tuple[int, bool, int, int, str]:
        """Sorting key, the cause first: confirmed, then presumed, then failures without explanation, then the rest."""
        failed = weight is Severity.ERROR and (self.rule is UNEXPLAINED or self.rule is NO_ANSWER)
        rank = _FAILED if failed else _RANKS[weight]
        if self._confirmed or self._presumed or self._by_template:
            rank = _CONFIRMED if self._confirmed else _PRESUMED
        named = self._confirmed and singled_out(self.fault, self._plain, self._param)
        return (rank, not named, self.first.exchange or 0, self.fault.at or 0, self.rule.code)


class Docket:
    """All entries of one recording."""

    def __init__(self, profile: Profile) -> None:
        """Start empty."""
        self._profile = profile
        self._entries: dict[Key, Entry] = {}
        self._known: Weights = {}

    def enter(self, rule: Rule, fault: Fault, case: Case, number: int) -> Entry:
        """The entry of this fault; `number` tells apart equal faults of one request."""
        session = case.view.session if fault.at is not None else ""
        key = (rule.name, fault.about or fault.summary, number, session, case.view.context)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(rule, fault, case, self._known)
        return entry

    def weighing(self, entries: Iterable[Entry], weight: Severity, status: int | None = None) -> list[Entry]:
        """Those of the entries that matter so much, and that a refusal may be about: one with that status, if any."""
        return [
            entry
            for entry in entries
            if entry.fault.weight is None
            and entry.weight(self._profile) is weight
            and (status is None or _same_kind(status, entry.refused_with(self._profile)))
        ]

    def advisory(self, entries: Iterable[Entry]) -> list[Entry]:
        """Those of the entries that would matter on a server that nobody knows: this one may be another inside."""
        return [
            entry
            for entry in entries
            if entry.fault.weight is None and entry.rule.unknown is not None and not entry.accepted
        ]

    def findings(self) -> tuple[Finding, ...]:
        """What is to be reported, the cause first, its consequences told with it."""
        weighed = [(entry, found) for entry in self._entries.values() if (found := entry.finding(self._profile))]
        weighed.sort(key=lambda pair: pair[0].order(pair[1].severity))
        return _folded([(entry.rule, found) for entry, found in weighed])


def _same_kind(status: int, stated: int | None) -> bool:
    """Whether a status may be that of a fault which the server is known to refuse with another."""
    return stated in (None, status) or {status, stated} <= _OF_THE_REQUEST


def _origin(fault: Fault, case: Case) -> Origin | None:
    if fault.at is None or not 0 <= fault.at < len(case.history.messages):
        return None
    return case.past.made(case.history.messages[fault.at])


def _folded(weighed: list[tuple[Rule, Finding]]) -> tuple[Finding, ...]:
    """The findings without those that are a consequence of one before them; that one counts them."""
    causes = {rule.name for rule, _ in weighed}
    kept: list[Finding] = []
    for rule, found in weighed:
        cause = None
        if not found.refused and not causes.isdisjoint(rule.consequence_of):
            cause = next((one for one in kept if one.rule in rule.consequence_of and _before(one, found)), None)
        if cause is None:
            kept.append(found)
            continue
        place = kept.index(cause)
        kept[place] = cause.with_consequence(found)
    return tuple(kept)


def _before(cause: Finding, found: Finding) -> bool:
    same = cause.location.session == found.location.session
    return same and (cause.location.exchange or 0) <= (found.location.exchange or 0)
