"""Rules on the definitions of tools, and the choice among them. One rule a file."""

from nexdiag.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
