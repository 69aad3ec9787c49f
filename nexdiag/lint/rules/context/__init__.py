"""Rules on the context window. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.context import context_overflow, context_silently_truncated, max_tokens_exceeds_context

RULES: tuple[Rule, ...] = (context_overflow.RULE, max_tokens_exceeds_context.RULE, context_silently_truncated.RULE)
