"""One recording under judgement, exchange by exchange. Each text is read once: a chat that grows is not read again.

look      the rules look at an exchange: Faults
confirm   the recorded answer explains itself by one of them, or by none
weigh     the docket says how much each matters: Findings, the cause first
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from itertools import chain as joined
from typing import TYPE_CHECKING

from nexdiag.core.body import Link
from nexdiag.core.endpoint import Profile
from nexdiag.core.exchange import REFUSED
from nexdiag.core.finding import Finding, Severity
from nexdiag.core.turn import ToolRun
from nexdiag.lint import gist, rules
from nexdiag.lint.chain import Chain
from nexdiag.lint.docket import Docket, Entry
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.rules.order.template_refuses import RULE as TEMPLATE_REFUSES
from nexdiag.lint.rules.refusal.unexplained_refusal import UNEXPLAINED, for_now, request_key, unexplained
from nexdiag.lint.seen import view
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import MessageSeen, message_of, read_message
from nexdiag.lint.seen.past import Past
from nexdiag.lint.seen.view import View

if TYPE_CHECKING:  # it brings jinja2, which nobody needs who gives no template
    from nexdiag.lint.template.chat_template import ChatTemplate

Found = tuple[Rule, Fault]
Place = tuple[str, str, str, str, bytes]
"""Session, context, and the digest of a link."""
_KEPT_THERE = frozenset({"previous_response_id", "conversation"})
"""Fields by which a request on the Responses wire leaves its beginning to the server."""
Look = Callable[[Case], Iterable[Fault]]
_EXPLAINED = "explained"
_OF_THE_ACCOUNT = re.compile(
    r"\b(?:organi[sz]ation|verif(?:y|ied)|billing|quota|credits?|balance|subscription|plan|region|country|policy|policies"
    r"|content (?:management|filter)|rate limit|api key|permission|unauthori[sz]ed|overloaded|capacity)\b",
    re.IGNORECASE,
)
"""Words of a refusal that is about who asks, or when, and not about what was sent."""
_SHAPES = 1024
"""Kinds of exchanges for which it is remembered which rules look at them."""


class Judging:
    """The rules, the docket, and where each chat of the recording stands."""

    def __init__(self, profile: Profile, runs: Iterable[ToolRun] = (), template: "ChatTemplate | None" = None) -> None:
        """Before the first exchange; `runs` are the tool runs of the recording, `template` is the model's own."""
        self._template = template
        self._docket = Docket(profile)
        self._profile = profile
        self._past = Past(runs)
        self._following = [(rule, rule.following()) for rule in rules.ALL if rule.following]
        self._hoping: dict[tuple[object, ...], list[Entry]] = {}
        """By its request, what was refused for the moment without an explanation: it may pass when it is sent again."""
        self._chains: dict[Place, tuple[Chain, int]] = {}
        """By each link of a chat's messages: the chat, and how many of its messages the link ends."""

    def take(self, seen: View) -> Iterable[Entry]:
        """Judge the next exchange; give what it carries."""
        chain, case = self._read(seen)
        found = _looked(case, chain)
        if seen.refused and not _explained(found, chain, seen) and _read_gist(seen):
            found = _looked(case, chain)
        following = ((rule, fault) for rule, follows in self._following for fault in follows.take(case))
        found += [(rule, fault) for rule, fault in following if rule.concerns is None or rule.concerns(seen)]
        kept = [(rule, fault) for rule, fault in found if not fault.needs_words or _explains(rule, seen)]
        if self._template is not None:
            kept = _as_the_template_says(kept, chain)
        passing = [self._docket.enter(rule, fault, case, number) for rule, fault, number in _numbered(kept)]
        for entry in passing:
            entry.carried(seen)
        chain.take(seen)
        if seen.accepted and self._hoping:
            for entry in self._hoping.pop(request_key(seen), ()):
                entry.mended()
        if seen.refused:
            self._explain(seen, [*chain.entries, *passing], case)
        self._past.take(seen)
        return joined(chain.entries, passing)

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
        likeliest = gist.likeliest(seen.said.words, {entry.rule.name for entry in confirmed})
        confirmed = [entry for entry in confirmed if likeliest in (None, entry.rule.name)]
        for entry in _freshest(confirmed):
            entry.confirm(seen)
        if confirmed or (view.is_rpc(seen) and (seen.status or 0) < REFUSED):
            return  # in JSON-RPC an error is an answer like another
        silent = not seen.said.tells
        presumed: list[Entry] = []
        if silent or _OF_THE_ACCOUNT.search(seen.said.words) is None:
            presumed = self._docket.weighing(entries, Severity.ERROR, None if silent else seen.status)
        if silent and not presumed:
            presumed = self._docket.weighing(entries, Severity.WARNING) or self._docket.advisory(entries)
        for entry in _freshest(presumed):
            entry.presume(seen)
        if not presumed or not silent:
            entry = self._docket.enter(UNEXPLAINED, unexplained(seen, _unshown(seen)), case, 0)
            entry.carried(seen)
            entry.told(seen)
            if seen.exchange is not None and for_now(seen.status):
                self._hoping.setdefault(request_key(seen), []).append(entry)

    def _read(self, seen: View) -> tuple[Chain, Case]:
        """The messages of a request, those of earlier exchanges included; what is wrong with the new ones is found."""
        last = seen.fields.last_link(seen.list_name) if seen.exchange is not None else None
        if last is None:
            chain = Chain(History(seen.list_name))
            return chain, self._arrive(map(message_of, _entries(seen)), chain, seen)
        new: list[Link] = []
        where = (seen.session, *seen.context)
        link: Link | None = last
        known: tuple[Chain, int] | None = None
        while link is not None and (known := self._chains.get((*where, link.digest))) is None:
            new.append(link)
            link = link.before
        chain = Chain(History(seen.list_name)) if known is None else known[0].upto(known[1])
        for one in new:
            self._chains[*where, one.digest] = (chain, one.depth)
        return chain, self._arrive((read_message(link.raw) for link in reversed(new)), chain, seen)

    def _arrive(self, messages: Iterable[MessageSeen], chain: Chain, seen: View) -> Case:
        """New messages of a chat, one after another: those rules look that messages of such traits concern."""
        history = chain.history
        case = Case(seen, history, self._profile, self._past, self._template)
        deaf: frozenset[str] | None = None
        looking: dict[int, tuple[tuple[Rule, Look], ...]] = {}
        for message in messages:
            if deaf is None:
                deaf = _deaf(case)
            history.add(message)
            looks = looking.get(message.traits)
            if looks is None:
                looks = looking[message.traits] = _arriving(message.traits, seen.wire, deaf)
            for rule, look in looks:
                for fault in look(case):
                    self._enter(rule, fault, case, chain)
        return case

    def _enter(self, rule: Rule, fault: Fault, case: Case, chain: Chain) -> None:
        """A fault of a message: every later request of the chat carries it."""
        if fault.needs_words:
            chain.silent.append((rule, fault))
            return
        entry = self._docket.enter(rule, fault, case, chain.number(rule, fault))
        entry.stays(chain)
        chain.entries.append(entry)


def _entries(seen: View) -> list[object]:
    """The messages of a request that came as a value; a text under `input` is one message of the user."""
    if seen.list_name == "input" and isinstance(text := seen.fields.get("input"), str):
        return [{"role": "user", "content": text}]
    return seen.fields.entries(seen.list_name)


@lru_cache(maxsize=_SHAPES)
def _arriving(traits: int, wire: str, deaf: frozenset[str]) -> tuple[tuple[Rule, Look], ...]:
    """The rules that look at a message with such traits."""
    looking = (rule for rule in rules.ALL if rule.on & traits and wire in rule.wires and rule.name not in deaf)
    return tuple((rule, rule.arriving) for rule in looking if rule.arriving)


@cache
def _choosy() -> tuple[Rule, ...]:
    """The rules that say of an exchange whether its messages are their business."""
    return tuple(rule for rule in rules.ALL if rule.arriving and (rule.concerns or rule.listens))


def _deaf(case: Case) -> frozenset[str]:
    """The rules that look at no message of this exchange."""
    return frozenset(
        rule.name
        for rule in _choosy()
        if (rule.concerns is not None and not rule.concerns(case.view))
        or (rule.listens is not None and not rule.listens(case))
    )


@cache
def _wanted() -> frozenset[str]:
    """What any rule needs of an exchange as a whole."""
    return frozenset(name for rule in rules.ALL for name in rule.needs)


@lru_cache(maxsize=_SHAPES)
def _whole(wire: str, facts: frozenset[str]) -> tuple[tuple[Rule, Look, bool], ...]:
    """The rules that look at an exchange of such facts as a whole, with their looks: whether it is at its messages."""
    looking = (rule for rule in rules.ALL if wire in rule.wires and (not rule.needs or rule.needs & facts))
    looks = ((rule, look, look is rule.ending) for rule in looking for look in (rule.check, rule.ending))
    return tuple((rule, look, ends) for rule, look, ends in looks if look)


def _looked(case: Case, chain: Chain) -> list[Found]:
    """What the rules find that look at an exchange as a whole; of a refused one, what its words tell as well."""
    seen, asked = case.view, bool(chain.history.messages)
    found = [
        (rule, fault)
        for rule, look, ends in _whole(seen.wire, seen.facts(_wanted()))
        if (asked or not ends) and (rule.concerns is None or rule.concerns(seen))
        for fault in look(case)
    ]
    if seen.refused:
        found += chain.silent
        found += _by_words(seen, [*found, *((entry.rule, entry.fault) for entry in chain.entries)])
    return found


def _explained(found: list[Found], chain: Chain, seen: View) -> bool:
    """Whether a rule knows the words for its own, and finds its fault."""
    rules_found = [*(rule for rule, _ in found), *(entry.rule for entry in chain.entries)]
    return any(_explains(rule, seen) for rule in rules_found)


def _read_gist(seen: View) -> bool:
    """Whether words that nothing explains are about something in general: they are marked with it."""
    said = seen.said
    names = gist.read(said.words, seen.status) if said.tells and not view.is_rpc(seen) else ()
    if names:
        seen.take_to_mean(gist.marked(said.words, names))
    return bool(names)


def _by_words(seen: View, found: list[Found]) -> list[Found]:
    """Where the request is not known, the fault that the server's words alone tell."""
    known = seen.asked and seen.chats and _KEPT_THERE.isdisjoint(seen.fields)
    if known or not seen.said.tells:
        return []
    said = seen.said.words
    return [
        (rule, _told_fault(rule, said))
        for rule in rules.ALL
        if rule.tells(said, seen.status) and _unseen(rule, seen) and all(rule is not other for other, _ in found)
    ]


def _unshown(seen: View) -> tuple[str, ...]:
    """The rules whose words these are, though the request as it was recorded shows no such fault."""
    said = seen.said.words
    told = (rule for rule in rules.ALL if rule.telling and rule.explains(said, seen.status))
    return tuple(rule.name for rule in told if any(pattern.search(said) for pattern in rule.telling))


def _unseen(rule: Rule, seen: View) -> bool:
    """Whether that on which the rule looks is not known: not recorded, or kept by the server from earlier requests."""
    if rule.family == "pairing" and not _KEPT_THERE.isdisjoint(seen.fields):
        return True
    return not seen.asked if rule.check else not seen.chats


def _told_fault(rule: Rule, said: str) -> Fault:
    at = view.named_index(said)
    return Fault(
        summary=f"the server's words tell of it: {rule.summary[0].lower()}{rule.summary[1:].rstrip('.')}",
        fix="record the whole request, to see where",
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
    if not seen.refused:
        return False
    known = seen.memo.get((_EXPLAINED, rule.name))  # the same of all its faults in a chat
    if known is None:
        known = seen.memo[_EXPLAINED, rule.name] = rule.explains(seen.said.words, seen.status)
    return known is True


def _as_the_template_says(kept: list[Found], chain: Chain) -> list[Found]:
    """The template's refusal is laid on the faults that explain its words; it stands by itself if none does.

    Where one of them is at the message that makes the template raise, the refusal is about that one.
    """
    refusal = next((one for one in kept if one[0] is TEMPLATE_REFUSES and one[1].weight is None), None)
    words = "" if refusal is None else refusal[1].facts.get("words", "")
    if refusal is None or not words:
        return kept
    faults = [entry for entry in chain.entries if _explains_words(entry.rule, words)]
    faults = [entry for entry in faults if refusal[1].at in (entry.fault.at, entry.fault.last)] or faults
    for entry in faults:
        entry.confirm_by_template(words)
    return [one for one in kept if one is not refusal] if faults else kept


def _explains_words(rule: Rule, words: str) -> bool:
    return rule is not TEMPLATE_REFUSES and not rule.last_resort and rule.explains(words, None)


def _freshest(entries: list[Entry]) -> list[Entry]:
    """Those of the faults that a refusal is about: such as no earlier request got away with, if there are any."""
    fresh = [entry for entry in entries if not entry.accepted]
    return fresh or entries
