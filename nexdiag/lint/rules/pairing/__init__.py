"""Rules on tool calls and what answers them. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.pairing import (
    dropped_tool_result,
    duplicate_tool_result,
    orphan_tool_result,
    split_parallel_tool_calls,
    tool_call_id_mismatch,
    tool_result_not_adjacent,
    tool_use_not_last_in_turn,
    unanswered_tool_call,
)

RULES: tuple[Rule, ...] = (
    orphan_tool_result.RULE,
    unanswered_tool_call.RULE,
    tool_result_not_adjacent.RULE,
    tool_use_not_last_in_turn.RULE,
    split_parallel_tool_calls.RULE,
    dropped_tool_result.RULE,
    duplicate_tool_result.RULE,
    tool_call_id_mismatch.RULE,
)
