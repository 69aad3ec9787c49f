"""Rules on the arguments of tool calls. One rule a file."""

from nexdiag.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
