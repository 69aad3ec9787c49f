"""Rules by what somebody remembers of them: a server's words first, then names and pages."""

import re
from functools import cache

from nexdiag.lint import engine
from nexdiag.lint.profiles import SERVERS
from nexdiag.lint.rule import Rule
from nexdiag.lint.rules import ALL, EXPLAINED
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.words import heard

_LONGEST = 2000
_STATUS = re.compile(
    r"\b(?:error|code|status|http(?:/[\d.]+)?)[\W_]{0,4}(?:code[\W_]{0,3})?([45]\d\d)\b|\A\W*([45]\d\d)\b",
    re.IGNORECASE,
)
_UNFOUND = re.compile(r"\W*(?:404\W+)?not found\W*", re.IGNORECASE)
_NOT_FOUND = 404


def search(text: str) -> list[tuple[Rule, str]]:
    """The rules that fit, the likeliest first, each with why: that it explains these words, or where they stand."""
    said = heard(text[:_LONGEST]).words or text[:_LONGEST]
    wanted = text[:_LONGEST].lower().split()
    found: list[tuple[int, Rule, str]] = []
    status = _status(text[:_LONGEST], said)
    blamed = _blamed(text[:_LONGEST], status)
    for rule in EXPLAINED:
        known = (0, f"explains a {status} in these words") if rule is blamed else _looks(rule, said, wanted)
        if known is not None:
            found.append((known[0], rule, known[1]))
    return [(rule, why) for _, rule, why in sorted(found, key=lambda one: (one[0], one[1].code))]


def _status(text: str, said: str) -> int | None:
    """The status that a text tells of; who only says Not Found means one too."""
    told = _STATUS.search(text)
    if told is not None:
        return int(told[1] or told[2])
    return _NOT_FOUND if _UNFOUND.fullmatch(said) else None


def _blamed(text: str, status: int | None) -> Rule | None:
    """The rule by which a refusal with these words would be explained: some words tell only beside their status."""
    if status is None:
        return None
    _, findings = engine.judge_bare(BareExchange(status=status, response=text))
    return next((rule for rule in ALL if findings and rule.name == findings[0].rule), None)


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
    return next(((place, why) for place, (fits, why) in enumerate(looks, start=1) if fits), None)


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
