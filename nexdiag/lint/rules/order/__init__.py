"""Rules on the order of messages and their roles. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.order import empty_messages, role_alternation

RULES: tuple[Rule, ...] = (role_alternation.RULE, empty_messages.RULE)
