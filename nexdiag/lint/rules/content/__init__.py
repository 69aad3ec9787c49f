"""Rules on what a message says, and in which shape. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.content import (
    content_and_calls_both,
    content_and_thinking_both,
    content_array_unsupported,
    content_part_unsupported,
    empty_assistant_message,
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
    content_and_calls_both.RULE,
    empty_assistant_message.RULE,
    content_part_unsupported.RULE,
)
