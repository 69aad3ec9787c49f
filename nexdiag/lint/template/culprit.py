"""Which message makes a template raise: the last one of the shortest beginning that it refuses in the same words.

The message that has to change is not always the one that it raises at: where a call is not answered, that is the
message that called.
"""

from collections.abc import Callable, Sequence
from typing import Any

from nexdiag.lint.template.outcome import Outcome, Refused

_SINGLY = 48
"""How many beginnings are tried one by one, from the end; among the rest the search halves."""


def culprit(count: int, refused: Refused, ask: Callable[[int], Outcome]) -> int | None:
    """The index of the message at which the template begins to refuse; `ask` renders the first so many messages.

    None, if it refuses in these words with no message at all.
    """

    def same(length: int) -> bool:
        outcome = ask(length)
        return isinstance(outcome, Refused) and outcome.words == refused.words

    shortest = count
    while shortest > max(0, count - _SINGLY) and same(shortest - 1):
        shortest -= 1
    if shortest == count - _SINGLY and shortest > 0:
        low, high = 0, shortest  # what is longer is known to be refused
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if same(middle) else (middle + 1, high)
        shortest = high
    return shortest - 1 if shortest > 0 else None


def to_change(at: int | None, upto: Callable[[int], Sequence[dict[str, Any]]]) -> int | None:
    """The message that has to change, where the template raises at that one; `upto` gives the first so many."""
    if not at:
        return at
    before, then = upto(at), upto(at + 1)
    if before and then and then[-1].get("role") in ("user", "assistant") and before[-1].get("tool_calls"):
        return at - 1
    return at
