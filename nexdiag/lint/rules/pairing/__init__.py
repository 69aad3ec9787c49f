"""Rules on tool calls and what answers them. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.pairing import orphan_tool_result, unanswered_tool_call

RULES: tuple[Rule, ...] = (orphan_tool_result.RULE, unanswered_tool_call.RULE)
