"""Rules on JSON-RPC, as MCP speaks it. One rule a file."""

from nexdiag.lint.rule import Rule

RULES: tuple[Rule, ...] = ()
