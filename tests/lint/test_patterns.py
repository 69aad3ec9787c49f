"""The rules' expressions meet words that anybody may have written: none of them may take long over any."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterable, Iterator

import pytest

from nexdiag.lint import rules, subjects
from nexdiag.lint.rule import Rule

LONGEST = 4000
"""What is kept of a server's words (seen/words.py)."""
SECONDS = 0.2
"""Of the processor: what is bounded takes a hundredth of it, what goes back over all it has read takes more."""
LITERAL = re.compile(r"[A-Za-z_' ]{3,}")
BETWEEN = (" ", "a", "0", '"', "\n", ". ")


def within(value: object) -> Iterator[re.Pattern[str]]:
    """The expressions of a module's value."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, Rule):
        yield from (*value.words, *value.telling, *value.suspects)
    elif isinstance(value, dict):
        yield from (one for pair in value.items() for entry in pair for one in within(entry))
    elif isinstance(value, tuple | list | frozenset):
        yield from (one for entry in value for one in within(entry))


def expressions() -> dict[str, list[re.Pattern[str]]]:
    """Those of all rules, by the module that holds them."""
    found: dict[str, list[re.Pattern[str]]] = {}
    for module in pkgutil.walk_packages(rules.__path__, "nexdiag.lint.rules."):
        held = [one for value in vars(importlib.import_module(module.name)).values() for one in within(value)]
        if held and not module.ispkg:
            found[module.name.removeprefix("nexdiag.lint.rules.")] = list(dict.fromkeys(held))
    rows = sorted({one for _, all_of in subjects.ROWS for one in all_of})
    return found | {
        f"(subjects {part})": [re.compile(one, re.IGNORECASE) for one in rows[part::8]] for part in range(8)
    }


def hostile(pattern: str) -> Iterable[str]:
    """Texts that begin what the expression looks for, again and again, and never end it."""
    found = (one.strip() for one in LITERAL.findall(re.sub(r"\\[A-Za-z]", " ", pattern)))
    literals = [one for one in dict.fromkeys(found) if one][:8]
    pieces = [*BETWEEN, *literals, *(f"{one}{end}" for one in literals for end in BETWEEN)]
    pieces += [f"{first} {second} " for first in literals[:4] for second in literals[:4] if first != second]
    yield from ((piece * (LONGEST // len(piece) + 1))[:LONGEST] for piece in pieces)
    yield from ((one + end * LONGEST)[:LONGEST] for one in literals for end in BETWEEN)


def taken(expression: re.Pattern[str], text: str) -> float:
    """Seconds of the processor, of this process alone."""
    began = time.process_time()
    expression.search(text)
    return time.process_time() - began


@pytest.mark.parametrize("name", sorted(EXPRESSIONS := expressions()))
def test_no_words_keep_an_expression_busy(name: str) -> None:
    """Not even such as are made of its own."""
    for expression in EXPRESSIONS[name]:
        for text in hostile(expression.pattern):
            if taken(expression, text) > SECONDS:  # once may be chance
                assert taken(expression, text) <= SECONDS, (expression.pattern, text[:60])


def test_it_is_found_out() -> None:
    """What goes back over all it has read is seen to."""
    slow = re.compile(r"exceed\w*.{0,40}(?:number|limit|maximum).{0,20}\b(?:tools|functions)\b", re.IGNORECASE)
    assert any(taken(slow, text) > SECONDS for text in hostile(slow.pattern))


def test_the_rules_have_expressions() -> None:
    """Those of this test are all that there are, or nearly."""
    known = {one for held in EXPRESSIONS.values() for one in held}
    assert all({*rule.words, *rule.telling, *rule.suspects} <= known for rule in rules.ALL)
