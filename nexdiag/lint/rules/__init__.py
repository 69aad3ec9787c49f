"""The one table of rules. A new rule is a new module and a new line here."""

from difflib import get_close_matches

from nexdiag.core.errors import UsageError
from nexdiag.lint.no_answer import NO_ANSWER
from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.endpoint import base_url_missing_v1, model_name_prefix
from nexdiag.lint.rules.order import empty_messages, role_alternation
from nexdiag.lint.rules.pairing import orphan_tool_result, unanswered_tool_call
from nexdiag.lint.rules.params import stream_options_unsupported
from nexdiag.lint.rules.request import malformed_request
from nexdiag.lint.rules.secrets import secret_in_recording
from nexdiag.lint.unexplained import UNEXPLAINED

ALL: tuple[Rule, ...] = (
    malformed_request.RULE,
    role_alternation.RULE,
    empty_messages.RULE,
    orphan_tool_result.RULE,
    unanswered_tool_call.RULE,
    base_url_missing_v1.RULE,
    model_name_prefix.RULE,
    stream_options_unsupported.RULE,
    secret_in_recording.RULE,
)
"""All rules that look for a fault in a request, by code."""

EXPLAINED: tuple[Rule, ...] = (UNEXPLAINED, NO_ANSWER, *ALL)
"""All rules that have a page, by code: what `nexdiag rule` lists."""


def find(name_or_code: str) -> Rule:
    """The rule of that name or code.

    Raises UsageError if there is none.
    """
    wanted = name_or_code.strip().lower()
    for rule in EXPLAINED:
        if wanted in (rule.name, rule.code.lower()):
            return rule
    raise _unknown(wanted)


def chosen(select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> tuple[Rule, ...]:
    """The rules that are wanted: each word is a rule's name, its code or the beginning of it, or a family.

    Raises UsageError for a word that is none of these.
    """
    wanted = {rule.name for word in select for rule in _meant(word)} or {rule.name for rule in EXPLAINED}
    unwanted = {rule.name for word in ignore for rule in _meant(word)}
    return tuple(rule for rule in EXPLAINED if rule.name in wanted - unwanted)


def _meant(word: str) -> list[Rule]:
    plain = word.strip().lower()
    meant = [
        rule
        for rule in EXPLAINED
        if plain in (rule.name, rule.family) or (plain.startswith("nx") and rule.code.lower().startswith(plain))
    ]
    if not meant:
        raise _unknown(plain)
    return meant


def _unknown(wanted: str) -> UsageError:
    names = [rule.name for rule in EXPLAINED]
    near = get_close_matches(wanted, [*names, *(rule.code.lower() for rule in EXPLAINED)], n=1, cutoff=0.5)
    meant = f"did you mean {near[0].upper() if near[0].startswith('nx') else near[0]}? " if near else ""
    return UsageError(f"unknown rule {wanted!r}", hint=f"{meant}known: {', '.join(names)}")
