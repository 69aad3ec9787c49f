"""Rules by what somebody remembers of them: a server's words first, then names and pages."""

import re
from functools import cache

from nexdiag.lint.profiles import SERVERS
from nexdiag.lint.rule import Rule
from nexdiag.lint.rules import EXPLAINED
from nexdiag.lint.seen.words import heard

_LONGEST = 2000


def search(text: str) -> list[tuple[Rule, str]]:
    """The rules that fit, the likeliest first, each with why: that it explains these words, or where they stand."""
    said = heard(text[:_LONGEST]).words or text[:_LONGEST]
    wanted = text[:_LONGEST].lower().split()
    found: list[tuple[int, Rule, str]] = []
    for rule in EXPLAINED:
        known = _looks(rule, said, wanted)
        if known is not None:
            found.append((known[0], rule, known[1]))
    return [(rule, why) for _, rule, why in sorted(found, key=lambda one: (one[0], one[1].code))]


def _looks(rule: Rule, said: str, wanted: list[str]) -> tuple[int, str] | None:
    """How near it is, from 0, and why; None for not at all."""
    names = f"{rule.name} {rule.name.replace('-', ' ')} {rule.code.lower()} {rule.family}"
    looks = (
        (_any((*rule.telling, *rule.suspects), said), "explains a refusal in these words"),
        (_any(rule.words, said), "may explain a refusal in these words"),
        (_all(wanted, names), "by its name"),
        (_all(wanted, rule.summary), "by what it is"),
        (_all(wanted, _refusals(rule)), "by the words of a server"),
        (_all(wanted, rule.page), "in its page"),
    )
    return next(((place, why) for place, (fits, why) in enumerate(looks) if fits), None)


def _any(patterns: tuple[re.Pattern[str], ...], said: str) -> bool:
    """Some patterns take any words, because only a status tells: they speak of nothing."""
    return any(pattern.search(said) is not None and pattern.search("zq") is None for pattern in patterns)


def _all(wanted: list[str], text: str) -> bool:
    return all(word in text.lower() for word in wanted)


@cache
def _told() -> dict[str, str]:
    """By rule, the words of all servers that refuse it."""
    words: dict[str, str] = {}
    for server in SERVERS:
        for refusal in (*server.profile.refuses, *(one.refusal for one in server.conditional)):
            words[refusal.rule] = f"{words.get(refusal.rule, '')}\n{heard(refusal.body).words}"
    return words


def _refusals(rule: Rule) -> str:
    return _told().get(rule.name, "")
