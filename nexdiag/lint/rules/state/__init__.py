"""Rules on an executor's state directory. One rule a file."""

from nexdiag.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
