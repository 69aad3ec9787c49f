"""The table of subjects and complaints."""

import re

from nexdiag.lint.rules import ALL
from nexdiag.lint.subjects import KIN, ROWS

NAMES = {rule.name for rule in ALL}


def test_every_row_names_a_rule() -> None:
    """And so do those that are told in the same words; no rule is its own kin."""
    assert {rule for rule, _ in ROWS} <= NAMES
    assert {*KIN, *(kin for several in KIN.values() for kin in several)} <= NAMES
    assert not [rule for rule, several in KIN.items() if rule in several]


def test_every_expression_is_one() -> None:
    """What they cost is `test_patterns`' to say."""
    assert all(re.compile(one) for _, all_of in ROWS for one in all_of)
