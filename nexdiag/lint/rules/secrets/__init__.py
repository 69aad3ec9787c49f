"""Rules on secrets. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.secrets import secret_in_recording

RULES: tuple[Rule, ...] = (secret_in_recording.RULE,)
