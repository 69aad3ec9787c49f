"""Rules on streamed answers. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.stream import (
    client_sse_accumulation,
    client_sse_parser,
    sse_choice_without_delta,
    sse_data_not_json,
    sse_error_in_200,
    sse_missing_finish_reason,
    sse_tool_delta_index_collision,
    sse_tool_delta_no_index,
    sse_truncated_eof,
    sse_usage_chunk_missing_choices,
)

RULES: tuple[Rule, ...] = (
    sse_tool_delta_no_index.RULE,
    sse_tool_delta_index_collision.RULE,
    sse_missing_finish_reason.RULE,
    sse_truncated_eof.RULE,
    sse_error_in_200.RULE,
    sse_data_not_json.RULE,
    sse_usage_chunk_missing_choices.RULE,
    sse_choice_without_delta.RULE,
    client_sse_parser.RULE,
    client_sse_accumulation.RULE,
)
