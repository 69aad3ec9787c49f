"""Exchanges → Findings. A recording is judged in order, and each text in it once: a chat that grows is not read again.

look      the rules look at an exchange: Faults
confirm   the recorded answer explains itself by one of them, or by none
weigh     the profile says how much each matters: Findings, the cause first
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from nexdiag.core.body import Link
from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.exchange import Exchange
from nexdiag.core.finding import Finding
from nexdiag.lint import profiles, rules, view
from nexdiag.lint.bare import BareExchange
from nexdiag.lint.docket import Docket, Entry
from nexdiag.lint.history import History, read_message
from nexdiag.lint.no_answer import NO_ANSWER, Unanswered
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.unexplained import UNEXPLAINED, unexplained
from nexdiag.lint.view import View

Found = tuple[Rule, Fault]


def judge(
    cassette: Cassette, profile: Profile, *, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """The findings of a recording, the cause first.

    A fault that stays in the history is found once, at the first exchange that carries it. Raises UsageError for a word
    in `select` or `ignore` that names no rule.
    """
    return _judged((view.of_exchange(exchange) for exchange in cassette.exchanges), profile, select, ignore)


def judge_exchange(
    exchange: Exchange, profile: Profile, *, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """The findings of one exchange; of a request alone, where it has no response."""
    return _judged((view.of_exchange(exchange),), profile, select, ignore)


def judge_bare(
    bare: BareExchange, *, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> tuple[Profile, tuple[Finding, ...]]:
    """The findings of a bare exchange, and the profile of the server that it names."""
    profile = profiles.resolve(bare.server)
    return profile, _judged((view.of_bare(bare),), profile, select, ignore)


def _judged(
    views: Iterable[View], profile: Profile, select: Sequence[str], ignore: Sequence[str]
) -> tuple[Finding, ...]:
    """All rules look, also those that nobody wants to hear of: else a refusal would seem to be without explanation."""
    wanted = {rule.name for rule in rules.chosen(tuple(select), tuple(ignore))}
    judging = _Judging(profile)
    for seen in views:
        judging.take(seen)
    judging.end()
    return tuple(finding for finding in judging.docket.findings() if finding.rule in wanted)


class _Judging:
    """One recording, exchange by exchange."""

    def __init__(self, profile: Profile) -> None:
        self.docket = Docket(profile)
        self._unanswered = Unanswered()
        self._profile = profile
        self._histories: dict[bytes, tuple[History, list[Found]]] = {}
        """By the last link of their messages: where the next request of a chat goes on."""

    def take(self, seen: View) -> None:
        """Judge the next exchange."""
        found = [(rule, fault) for rule in rules.ALL if rule.check for fault in rule.check(seen, self._profile)]
        found += self._in_history(seen)
        found = [(rule, fault) for rule, fault in found if rule.concerns is None or rule.concerns(seen)]
        found += _by_words(seen, found)
        kept = [(rule, fault) for rule, fault in found if not fault.needs_words or _confirmed(rule, seen)]
        entries = [self.docket.enter(rule, fault, seen, number) for rule, fault, number in _numbered(kept)]
        confirmed = [entry for entry in entries if _confirmed(entry.rule, seen)]
        for entry in _freshest(confirmed):
            entry.confirm(seen)
        if seen.refused and not confirmed:
            self.docket.enter(UNEXPLAINED, unexplained(seen), seen, 0).told(seen)
        self._unanswered.take(seen)

    def end(self) -> None:
        """The recording is over: now it is known what was sent again in vain."""
        for seen, fault in self._unanswered.faults():
            self.docket.enter(NO_ANSWER, fault, seen, 0)

    def _in_history(self, seen: View) -> list[Found]:
        """The faults of the messages, those of earlier exchanges included."""
        last = seen.fields.last_link("messages")
        if last is None:
            return []
        new = []
        link: Link | None = last
        while link is not None and link.digest not in self._histories:
            new.append(link)
            link = link.before
        history, found = self._histories.pop(link.digest) if link is not None else (History(), [])
        for link in reversed(new):
            history.add(read_message(link.raw))
            found += [(rule, fault) for rule in rules.ALL if rule.arriving for fault in rule.arriving(history)]
        self._histories[last.digest] = (history, found)
        return found + [(rule, fault) for rule in rules.ALL if rule.ending for fault in rule.ending(history)]


def _by_words(seen: View, found: list[Found]) -> list[Found]:
    """Where the request is not known, the fault that the server's words alone tell."""
    if not seen.refused:
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


def _confirmed(rule: Rule, seen: View) -> bool:
    return seen.refused and rule.explains(seen.said.words, seen.status)


def _numbered(found: list[Found]) -> Iterator[tuple[Rule, Fault, int]]:
    """Each fault, with how many like it stand before it in the same request."""
    before: Counter[tuple[str, tuple[bytes, ...] | str]] = Counter()
    for rule, fault in found:
        like = (rule.name, fault.about or fault.summary)
        yield rule, fault, before[like]
        before[like] += 1


def _freshest(entries: list[Entry]) -> list[Entry]:
    """Those that no accepted request carried before, for these cannot have been the cause; all, if there are none."""
    return [entry for entry in entries if not entry.accepted] or entries
