"""The user's regular expressions of what does not count: text → expression, or a clear refusal. Pure.

They run over whatever a client sends, and Python's `re` cannot be interrupted. So an expression is taken only where a
bound of its cost can be told from how it is written (`matching.ambiguity`), and it is tried on texts of bounded length.
"""

import re
from collections.abc import Callable, Iterator

from nexdiag.core.errors import UsageError
from nexdiag.replay.matching.ambiguity import cost

PIECE = 2048
"""Characters that an expression is tried on at once. Longer texts are cut, at the ends of lines where there are any."""
_BUDGET = 5e7
"""Steps of `re` for one piece, at most: a few of them are a microsecond where a text is hostile, most are much less."""


def expression(text: str, rule: str) -> re.Pattern[str]:
    """The expression. Raises `UsageError` for one that is none, or that cannot be used."""
    hint = "write a Python regular expression of what does not count, such as /messages/*/content=[0-9]+ ms"
    try:
        ready = re.compile(text)
        steps = cost(text, PIECE)
        if steps <= _BUDGET and ready.search("") is not None:
            raise UsageError(f"the expression of the rule {rule!r} fits the empty text", hint=hint)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(f"the rule {rule!r} ends in no regular expression: {error}", hint=hint) from error
    if steps > _BUDGET:
        what = f"the expression of the rule {rule!r} may fit one text in many ways: that may take for ever"
        raise UsageError(what, hint="write a+ or (?:ab)+, not (?:a+)+; say what stands between: x[^y]*y, not .*x.*y")
    return ready


def endless(pattern: str) -> bool:
    """Whether an expression may take too long on some text, as far as can be told; also for what is none."""
    try:
        re.compile(pattern)
        return cost(pattern, PIECE) > _BUDGET
    except (re.error, RecursionError, OverflowError):
        return True


def replaced(found: re.Pattern[str], by: Callable[[re.Match[str]], str], text: str) -> str:
    """The text with all that fits replaced. In a text longer than `PIECE`, nothing fits across the end of a piece."""
    if len(text) <= PIECE:
        return found.sub(by, text)
    return "".join(found.sub(by, piece) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    """Whole lines, as many as there is room for; of a line that is longer, as much as there is room for."""
    start = 0
    while start < len(text):
        end = start + PIECE
        if end < len(text):
            line = text.rfind("\n", start, end)
            end = line + 1 if line >= 0 else end
        yield text[start:end]
        start = end
