"""Rules on what an agent loop does from request to request. One rule a file."""

from nexdiag.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
