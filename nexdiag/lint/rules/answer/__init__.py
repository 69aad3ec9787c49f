"""Rules on answers, streamed or whole. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.answer import (
    client_conversion,
    error_body_in_200,
    error_misclassified,
    error_shape,
    finish_reason_mismatch,
    model_tool_call_failed,
    response_args_not_string,
    response_shape_mismatch,
    think_tags_in_content,
    tool_call_leaked_as_text,
    usage_missing,
)

RULES: tuple[Rule, ...] = (
    error_body_in_200.RULE,
    finish_reason_mismatch.RULE,
    tool_call_leaked_as_text.RULE,
    response_args_not_string.RULE,
    response_shape_mismatch.RULE,
    error_shape.RULE,
    model_tool_call_failed.RULE,
    client_conversion.RULE,
    error_misclassified.RULE,
    think_tags_in_content.RULE,
    usage_missing.RULE,
)
