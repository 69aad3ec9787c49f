"""Rules on the parameters of a request. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.params import (
    max_tokens_param,
    sampling_param_unsupported,
    stream_options_unsupported,
    tool_choice_invalid_value,
    tool_choice_unsupported,
    unknown_message_field,
    unknown_param,
)

RULES: tuple[Rule, ...] = (
    stream_options_unsupported.RULE,
    max_tokens_param.RULE,
    sampling_param_unsupported.RULE,
    unknown_param.RULE,
    unknown_message_field.RULE,
    tool_choice_unsupported.RULE,
    tool_choice_invalid_value.RULE,
)
