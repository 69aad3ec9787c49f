"""Rules on JSON-RPC, as MCP speaks it. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.rpc import jsonrpc_id_mismatch, jsonrpc_schema_drift

RULES: tuple[Rule, ...] = (jsonrpc_schema_drift.RULE, jsonrpc_id_mismatch.RULE)
