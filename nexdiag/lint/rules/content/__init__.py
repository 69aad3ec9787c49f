"""Rules on what a message says, and in which shape. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.content import (
    content_and_thinking_both,
    content_array_unsupported,
    empty_content,
    empty_tool_calls_array,
    image_unsupported,
    missing_content,
    null_content,
    special_tokens_in_content,
)

RULES: tuple[Rule, ...] = (
    empty_content.RULE,
    null_content.RULE,
    missing_content.RULE,
    content_array_unsupported.RULE,
    image_unsupported.RULE,
    empty_tool_calls_array.RULE,
    special_tokens_in_content.RULE,
    content_and_thinking_both.RULE,
)
