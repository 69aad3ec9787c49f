"""Rules on an executor's state directory. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.state import (
    chat_alias_ambiguous,
    compaction_lost_messages,
    inbox_duplicate_request,
    inbox_unanswered,
    journal_duplicate_message,
    journal_sequence_gap,
    journal_unmatched_tool_id,
    journal_without_end,
    log_line_unreadable,
    outbox_duplicate_answer,
    outbox_id_gap,
    outbox_system_error,
    restart_storm,
    stale_lock,
    state_line_unreadable,
)

RULES: tuple[Rule, ...] = (
    chat_alias_ambiguous.RULE,
    compaction_lost_messages.RULE,
    inbox_duplicate_request.RULE,
    inbox_unanswered.RULE,
    journal_duplicate_message.RULE,
    journal_sequence_gap.RULE,
    journal_unmatched_tool_id.RULE,
    journal_without_end.RULE,
    log_line_unreadable.RULE,
    outbox_duplicate_answer.RULE,
    outbox_id_gap.RULE,
    outbox_system_error.RULE,
    restart_storm.RULE,
    stale_lock.RULE,
    state_line_unreadable.RULE,
)
