"""Rules on reasoning that goes back to the server. One rule a file."""

from nexdiag.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
