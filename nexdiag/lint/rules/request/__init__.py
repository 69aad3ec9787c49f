"""Rules on the shape of a request. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.request import malformed_request

RULES: tuple[Rule, ...] = (malformed_request.RULE,)
