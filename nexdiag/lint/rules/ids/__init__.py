"""Rules on the ids of calls and messages. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.ids import (
    duplicate_tool_call_id,
    message_id_collision,
    tool_call_id_format,
    tool_call_id_reused_across_turns,
)

RULES: tuple[Rule, ...] = (
    duplicate_tool_call_id.RULE,
    tool_call_id_reused_across_turns.RULE,
    tool_call_id_format.RULE,
    message_id_collision.RULE,
)
