"""Rules on the parameters of a request. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.params import stream_options_unsupported

RULES: tuple[Rule, ...] = (stream_options_unsupported.RULE,)
