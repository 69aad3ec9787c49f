"""The user's regular expressions of what does not count: text → expression, or a clear refusal. Pure.

They run over whatever a client sends. Refused is what may take time without end on a text that almost fits: a
repetition within a repetition (`(a+)+`), and a choice within one whose branches may begin alike (`(a|ab)*`). What is
left may cost the square of a text's length (`.*x.*y`): say what stands between, not `.*`.
"""

import re
import re._constants as kinds  # type: ignore[import-not-found]  # the standard library has no types for it
import re._parser as parser  # type: ignore[import-not-found]  # the only one who reads patterns as `re` does
from typing import Any

from nexdiag.core.errors import UsageError

_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT)
_MOST = 8
"""Turns of a repetition whose number is not fixed, that may stand within another."""


def expression(text: str, rule: str) -> re.Pattern[str]:
    """The expression. Raises `UsageError` for one that is none, or that cannot be used."""
    hint = "write a Python regular expression of what does not count, such as /messages/*/content=[0-9]+ ms"
    try:
        ready, tree = re.compile(text), parser.parse(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(f"the rule {rule!r} ends in no regular expression: {error}", hint=hint) from error
    if ready.search("") is not None:
        raise UsageError(f"the expression of the rule {rule!r} fits the empty text", hint=hint)
    if _endless(tree, within=False):
        what = f"the expression of the rule {rule!r} has a repetition within a repetition, which may take for ever"
        raise UsageError(what, hint="write (?:ab)+ or a+, not (?:a+)+; or make the inner one possessive: a++")
    return ready


def _endless(tree: Any, *, within: bool) -> bool:  # noqa: ANN401 - the tree of the standard library's parser
    return any(_endless_here(kind, value, within) for kind, value in tree)


def _endless_here(kind: Any, value: Any, within: bool) -> bool:  # noqa: ANN401 - likewise
    if kind in _REPEATS:
        least, most, inner = value
        loose = most != least and most > 1
        if within and loose and most > _MOST:
            return True
        return _endless(inner, within=within or most > _MOST)
    if kind is kinds.BRANCH:
        branches = value[1]
        return (within and not _apart(branches)) or any(_endless(branch, within=within) for branch in branches)
    if kind is kinds.SUBPATTERN:
        return _endless(value[3], within=within)
    alone = {kinds.ASSERT: 1, kinds.ASSERT_NOT: 1, kinds.POSSESSIVE_REPEAT: 2}
    if kind in alone:
        return _endless(value[alone[kind]], within=False)
    return kind is kinds.ATOMIC_GROUP and _endless(value, within=False)


def _apart(branches: Any) -> bool:  # noqa: ANN401 - likewise
    """Whether each branch begins with a letter of its own, so that at most one of them can fit."""
    firsts = [branch[0] if len(branch) else None for branch in branches]
    letters = [first[1] for first in firsts if first is not None and first[0] is kinds.LITERAL]
    return len(set(letters)) == len(firsts)
