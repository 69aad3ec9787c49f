"""Rules on the arguments of tool calls. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.arguments import tool_args_not_json, tool_args_not_object, tool_args_wrong_type

RULES: tuple[Rule, ...] = (tool_args_not_json.RULE, tool_args_not_object.RULE, tool_args_wrong_type.RULE)
