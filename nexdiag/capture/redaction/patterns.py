"""The user's own patterns of what is secret: text → compiled expressions, or a clear refusal. Pure.

A pattern runs over whole bodies, so two sorts of it are refused here: one that fits everything, which would leave no
recording, and one with a repetition within a repetition (`(a+)+`), which may take for ever on a text that almost fits.
What is left may still cost the square of a line's length (`.*x.*y`): say what stands between, not `.*`.
"""

import re
import re._constants as kinds  # type: ignore[import-not-found]  # the standard library has no types for it
import re._parser as parser  # type: ignore[import-not-found]  # the only one who reads patterns as `re` does
from collections.abc import Iterable
from typing import Any

from nexdiag.core.errors import UsageError

_PLAIN = (
    b'{"role":"user","content":"Hello, how are you today?","n":1}',
    b"The quick brown fox jumps over the lazy dog.",
    b"POST /v1/chat/completions HTTP/1.1",
)
"""What no pattern of secrets fits for the most part."""
_MOST = 0.5
_HINT = "write a Python regular expression of what is to be replaced, such as 'cust-[0-9]{6}'"
_REPEATS = (kinds.MAX_REPEAT, kinds.MIN_REPEAT)
_MANY = 50


def compiled(patterns: Iterable[str]) -> tuple[re.Pattern[bytes], ...]:
    """The expressions, for the bytes on the wire. Raises `UsageError` for one that is none, or that cannot be used."""
    return tuple(_compiled(pattern) for pattern in patterns)


def read(pattern: str) -> re.Pattern[bytes]:
    """The expression, tried on nothing yet.

    Raises `UsageError` for one that is none, or that has a repetition within a repetition.
    """
    if not pattern.strip():
        raise UsageError("a pattern to redact is wanted, found an empty one", hint=_HINT)
    try:
        raw = pattern.encode()
        ready, tree = re.compile(raw), parser.parse(raw)
    except (re.error, RecursionError, OverflowError, UnicodeEncodeError) as error:
        raise UsageError(f"the pattern to redact is no regular expression: {error}: {pattern!r}", hint=_HINT) from error
    if _nested(tree, within=False):
        what = "the pattern to redact has a repetition within a repetition, which may take for ever"
        raise UsageError(
            f"{what}: {pattern!r}", hint="write (?:ab)+ or a+, not (?:a+)+; or make the inner one possessive: a++"
        )
    return ready


def _compiled(pattern: str) -> re.Pattern[bytes]:
    ready = read(pattern)
    if ready.search(b"") is not None:
        raise UsageError(f"the pattern to redact fits the empty text: {pattern!r}", hint=_HINT)
    for text in _PLAIN:
        if sum(len(match[0]) for match in ready.finditer(text)) > len(text) * _MOST:
            raise UsageError(f"the pattern to redact fits nearly everything: {pattern!r}", hint=_HINT)
    return ready


def _nested(tree: Any, *, within: bool) -> bool:  # noqa: ANN401 - the tree of the standard library's parser
    """Whether an open repetition stands within another. Possessive and atomic ones cannot be gone back into."""
    return any(_nested_here(kind, value, within) for kind, value in tree)


def _nested_here(kind: Any, value: Any, within: bool) -> bool:  # noqa: ANN401 - likewise
    if kind in _REPEATS:
        open_end = value[1] == kinds.MAXREPEAT or value[1] > _MANY
        return (open_end and within) or _nested(value[2], within=within or open_end)
    if kind is kinds.BRANCH:
        return any(_nested(branch, within=within) for branch in value[1])
    if kind is kinds.SUBPATTERN:
        return _nested(value[3], within=within)
    alone = {kinds.ASSERT: 1, kinds.ASSERT_NOT: 1, kinds.POSSESSIVE_REPEAT: 2}
    if kind in alone:
        return _nested(value[alone[kind]], within=False)
    return kind is kinds.ATOMIC_GROUP and _nested(value, within=False)
