"""Rules on the content of messages. One rule a file."""

from nexdiag.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
