"""Rules on the order of messages and their roles. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.order import (
    assistant_last,
    developer_role,
    empty_messages,
    first_message_not_user,
    multiple_system_messages,
    no_user_message,
    prefill_trailing_whitespace,
    prefix_not_last,
    role_alternation,
    system_not_first,
    system_role_unsupported,
    template_refuses,
    tool_call_not_after_user,
    user_after_tool,
)

RULES: tuple[Rule, ...] = (
    role_alternation.RULE,
    empty_messages.RULE,
    first_message_not_user.RULE,
    system_role_unsupported.RULE,
    system_not_first.RULE,
    multiple_system_messages.RULE,
    developer_role.RULE,
    user_after_tool.RULE,
    assistant_last.RULE,
    prefill_trailing_whitespace.RULE,
    tool_call_not_after_user.RULE,
    no_user_message.RULE,
    prefix_not_last.RULE,
    template_refuses.RULE,
)
