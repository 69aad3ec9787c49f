"""The one table of rules: each family lists its own. A new rule is a new module, and a line in its family."""

from difflib import get_close_matches
from functools import cache

from nexdiag.core.errors import UsageError
from nexdiag.lint.rule import Rule
from nexdiag.lint.rules import (
    answer,
    arguments,
    content,
    context,
    endpoint,
    ids,
    loop,
    order,
    pairing,
    params,
    reasoning,
    refusal,
    request,
    rpc,
    secrets,
    state,
    stream,
    tools,
)
from nexdiag.lint.rules.refusal.unexplained_refusal import UNEXPLAINED

_FAMILIES = (
    answer,
    arguments,
    content,
    context,
    endpoint,
    ids,
    loop,
    order,
    pairing,
    params,
    reasoning,
    refusal,
    request,
    rpc,
    secrets,
    state,
    stream,
    tools,
)
EXPLAINED: tuple[Rule, ...] = tuple(
    sorted((rule for family in _FAMILIES for rule in family.RULES), key=lambda rule: rule.code)
)
"""All rules that have a page, by code: what `nexdiag rule` lists."""
ALL: tuple[Rule, ...] = tuple(rule for rule in EXPLAINED if rule is not UNEXPLAINED)
"""All rules that look for a fault, by code."""


def find(name_or_code: str) -> Rule:
    """The rule of that name or code.

    Raises UsageError if there is none.
    """
    wanted = _plain(name_or_code)
    for rule in EXPLAINED:
        if wanted in (rule.name, rule.code.lower()):
            return rule
    raise _unknown(wanted)


@cache
def chosen(select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    """The rules that are wanted: each word is a rule's name, its code or the beginning of it, or a family.

    Raises UsageError for a word that is none of these.
    """
    wanted = {rule.name for word in select for rule in _meant(word)} or {rule.name for rule in EXPLAINED}
    unwanted = {rule.name for word in ignore for rule in _meant(word)}
    return tuple(rule for rule in EXPLAINED if rule.name in wanted - unwanted)


def _meant(word: str) -> list[Rule]:
    plain = _plain(word)
    meant = [
        rule
        for rule in EXPLAINED
        if plain in (rule.name, rule.family) or (plain.startswith("nx") and rule.code.lower().startswith(plain))
    ]
    if not meant:
        raise _unknown(plain)
    return meant


def _unknown(wanted: str) -> UsageError:
    known = [name for rule in EXPLAINED for name in (rule.name, rule.code.lower())]
    near = get_close_matches(wanted, dict.fromkeys([*known, *(rule.family for rule in EXPLAINED)]), n=3, cutoff=0.5)
    told = " or ".join(name.upper() if name.startswith("nx") else name for name in near)
    meant = f"did you mean {told}? " if near else ""
    return UsageError(f"unknown rule {wanted!r}", hint=f"{meant}nexdiag rule lists them")


def _plain(word: str) -> str:
    """As names are written here: `Role_Alternation` is one too."""
    return word.strip().lower().replace("_", "-")
