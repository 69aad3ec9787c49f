"""Rules on reasoning that goes back to the server. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.reasoning import (
    reasoning_content_missing,
    reasoning_content_rejected,
    thinking_block_missing,
    thinking_block_modified,
    thinking_block_unexpected,
    thought_signature_missing,
)

RULES: tuple[Rule, ...] = (
    reasoning_content_missing.RULE,
    reasoning_content_rejected.RULE,
    thinking_block_missing.RULE,
    thinking_block_unexpected.RULE,
    thought_signature_missing.RULE,
    thinking_block_modified.RULE,
)
