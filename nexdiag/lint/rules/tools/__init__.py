"""Rules on the definitions of tools, and the choice among them. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.tools import (
    empty_tools_array,
    server_tools_not_enabled,
    too_many_tools,
    tool_choice_without_tools,
    tool_description_too_long,
    tool_name_empty,
    tool_name_format,
    tool_not_declared,
    tool_schema_invalid,
    tools_unsupported,
)

RULES: tuple[Rule, ...] = (
    tool_name_format.RULE,
    tool_name_empty.RULE,
    tool_description_too_long.RULE,
    tool_schema_invalid.RULE,
    too_many_tools.RULE,
    empty_tools_array.RULE,
    tool_not_declared.RULE,
    tool_choice_without_tools.RULE,
    server_tools_not_enabled.RULE,
    tools_unsupported.RULE,
)
