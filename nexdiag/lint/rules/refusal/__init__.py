"""Failures for which no rule on requests accounts. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.refusal import no_answer, unexplained_refusal

RULES: tuple[Rule, ...] = (unexplained_refusal.UNEXPLAINED, no_answer.NO_ANSWER)
