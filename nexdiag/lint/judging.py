"""One recording under judgement, exchange by exchange. Each text is read once: a chat that grows is not read again.

look      the rules look at an exchange: Faults
confirm   the recorded answer explains itself by one of them, or by none
weigh     the docket says how much each matters: Findings, the cause first
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from nexdiag.core.body import Link
from nexdiag.core.endpoint import Profile
from nexdiag.core.finding import Finding, Severity
from nexdiag.core.turn import ToolRun
from nexdiag.lint import rules
from nexdiag.lint.chain import Chain
from nexdiag.lint.docket import Docket, Entry
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.rules.refusal.unexplained_refusal import UNEXPLAINED, unexplained
from nexdiag.lint.seen import view
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import MessageSeen, message_of, read_message
from nexdiag.lint.seen.past import Past
from nexdiag.lint.seen.view import View

if TYPE_CHECKING:  # it brings jinja2, which nobody needs who gives no template
    from nexdiag.lint.template.chat_template import ChatTemplate

Found = tuple[Rule, Fault]
Look = Callable[[Case], Iterable[Fault]]


class Judging:
    """The rules, the docket, and where each chat of the recording stands."""

    def __init__(self, profile: Profile, runs: Iterable[ToolRun] = (), template: "ChatTemplate | None" = None) -> None:
        """Before the first exchange; `runs` are the tool runs of the recording, `template` is the model's own."""
        self._template = template
        self._docket = Docket(profile)
        self._profile = profile
        self._past = Past(runs)
        self._following = [(rule, rule.following()) for rule in rules.ALL if rule.following]
        self._chains: dict[bytes, Chain] = {}
        """By the last link of their messages: where the next request of a chat goes on."""

    def take(self, seen: View) -> list[Entry]:
        """Judge the next exchange; give what it carries."""
        chain = self._read(seen)
        case = Case(seen, chain.history, self._profile, self._past, self._template)
        found = [(rule, fault) for rule in _whole(seen.wire) for fault in _looked(rule, case)]
        found += [(rule, fault) for rule, follows in self._following for fault in follows.take(case)]
        found = [(rule, fault) for rule, fault in found if rule.concerns is None or rule.concerns(seen)]
        if seen.refused:
            found += chain.silent
            found += _by_words(seen, [*found, *((entry.rule, entry.fault) for entry in chain.entries)])
        kept = [(rule, fault) for rule, fault in found if not fault.needs_words or _explains(rule, seen)]
        passing = [self._docket.enter(rule, fault, case, number) for rule, fault, number in _numbered(kept)]
        for entry in passing:
            entry.carried(seen)
        chain.take(seen)
        if seen.refused:
            self._explain(seen, [*chain.entries, *passing], case)
        self._past.take(seen)
        return [*chain.entries, *passing]

    def findings(self) -> tuple[Finding, ...]:
        """The recording is over: what is to be reported, the cause first."""
        for rule, follows in self._following:
            for seen, fault in follows.end():
                case = Case(seen, History(), self._profile, self._past)
                self._docket.enter(rule, fault, case, 0).carried(seen)
        return self._docket.findings()

    def _explain(self, seen: View, entries: list[Entry], case: Case) -> None:
        """Find the faults that the refusal is about: by its words; else by what this server is known to refuse."""
        confirmed = [entry for entry in entries if _explains(entry.rule, seen)]
        if any(not entry.rule.last_resort for entry in confirmed):
            confirmed = [entry for entry in confirmed if not entry.rule.last_resort]
        for entry in _freshest(confirmed):
            entry.confirm(seen)
        if confirmed:
            return
        silent = not seen.said.tells
        presumed = self._docket.weighing(entries, Severity.ERROR, None if silent else seen.status)
        if silent and not presumed:
            presumed = self._docket.weighing(entries, Severity.WARNING)
        for entry in _freshest(presumed):
            entry.presume(seen)
        if not presumed or not silent:
            entry = self._docket.enter(UNEXPLAINED, unexplained(seen), case, 0)
            entry.carried(seen)
            entry.told(seen)

    def _read(self, seen: View) -> Chain:
        """The messages of a request, those of earlier exchanges included; what is wrong with the new ones is found."""
        last = seen.fields.last_link(seen.list_name) if seen.exchange is not None else None
        if last is None:
            chain = Chain(History(seen.list_name))
            for value in _entries(seen):
                self._arrive(message_of(value), chain, seen)
            return chain
        new = []
        link: Link | None = last
        while link is not None and link.digest not in self._chains:
            new.append(link)
            link = link.before
        chain = self._chains.pop(link.digest) if link is not None else Chain(History(seen.list_name))
        for link in reversed(new):
            self._arrive(read_message(link.raw), chain, seen)
        self._chains[last.digest] = chain
        return chain

    def _arrive(self, message: MessageSeen, chain: Chain, seen: View) -> None:
        chain.history.add(message)
        looking = _arriving(message.traits, seen.wire)
        if not looking:
            return
        case = Case(seen, chain.history, self._profile, self._past)
        for rule, look in looking:
            if rule.concerns is not None and not rule.concerns(seen):
                continue
            for fault in look(case):
                if fault.needs_words:
                    chain.silent.append((rule, fault))
                else:
                    entry = self._docket.enter(rule, fault, case, chain.number(rule, fault))
                    entry.stays(chain)
                    chain.entries.append(entry)


def _entries(seen: View) -> list[object]:
    """The messages of a request that came as a value; a text under `input` is one message of the user."""
    if seen.list_name == "input" and isinstance(text := seen.fields.get("input"), str):
        return [{"role": "user", "content": text}]
    return seen.fields.entries(seen.list_name)


@cache
def _arriving(traits: int, wire: str) -> tuple[tuple[Rule, Look], ...]:
    """The rules that look at a message with such traits."""
    looking = (rule for rule in rules.ALL if rule.on & traits and wire in rule.wires)
    return tuple((rule, rule.arriving) for rule in looking if rule.arriving)


@cache
def _whole(wire: str) -> tuple[Rule, ...]:
    """The rules that look at an exchange as a whole."""
    return tuple(rule for rule in rules.ALL if (rule.check or rule.ending) and wire in rule.wires)


def _looked(rule: Rule, case: Case) -> Iterator[Fault]:
    if rule.check:
        yield from rule.check(case)
    if rule.ending and case.history.messages:
        yield from rule.ending(case)


def _by_words(seen: View, found: list[Found]) -> list[Found]:
    """Where the request is not known, the fault that the server's words alone tell."""
    if not seen.refused or not seen.said.tells:
        return []
    said = seen.said.words
    return [
        (rule, _told_fault(rule, said))
        for rule in rules.ALL
        if rule.tells(said, seen.status) and _unseen(rule, seen) and all(rule is not other for other, _ in found)
    ]


def _unseen(rule: Rule, seen: View) -> bool:
    """Whether that on which the rule looks is not known."""
    return not seen.asked if rule.check else not seen.chats


def _told_fault(rule: Rule, said: str) -> Fault:
    at = view.named_index(said)
    return Fault(
        summary=f"the server's words tell of it: {rule.summary[0].lower()}{rule.summary[1:].rstrip('.')}",
        fix="record the request as well, to see where",
        at=at,
        pointer=None if at is None else f"/messages/{at}",
    )


def _numbered(found: list[Found]) -> Iterator[tuple[Rule, Fault, int]]:
    """Each with its number among the equal faults of the request."""
    seen: Counter[object] = Counter()
    for rule, fault in found:
        key = (rule.name, fault.about or fault.summary)
        yield rule, fault, seen[key]
        seen[key] += 1


def _explains(rule: Rule, seen: View) -> bool:
    return seen.refused and rule.explains(seen.said.words, seen.status)


def _freshest(entries: list[Entry]) -> list[Entry]:
    """Those of the faults that a refusal is about: such as no earlier request got away with, if there are any."""
    fresh = [entry for entry in entries if not entry.accepted]
    return fresh or entries
