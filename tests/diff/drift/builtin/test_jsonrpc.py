"""The published shape of JSON-RPC as MCP speaks it, against the types of MCP's SDK."""

import typing
from typing import Any

import mcp.types
from drifting import against, exchange, recorded, response, told
from published import Published, unlike
from pydantic import TypeAdapter

from nexdiag.diff.drift.builtin import SHAPES
from nexdiag.diff.drift.declared import Declared

EXCEPTIONS = {
    ": null by the types": "MCP's own schema has no null, and the client in TypeScript refuses it",
    "[type=text]/type: not required by the types": "it has a default for who makes one; who reads has to find it",
}


def asked(method: str, answered: dict[str, object], **params: object) -> set[tuple[str, str, str]]:
    """What is wrong with one round trip."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return told(
        against(recorded(exchange(0, body, response({"jsonrpc": "2.0", "id": 1, **answered}), url="http://h/mcp")))
    )


def test_a_call_of_a_tool_is_of_the_shape() -> None:
    """Arguments and structured results may hold anything."""
    result = {"content": [{"type": "text", "text": "5"}], "structuredContent": {"sum": 5}, "isError": False}
    assert asked("tools/call", {"result": result}, name="add", arguments={"a": 1}) == set()


def test_faults_of_results_and_errors_are_found() -> None:
    """A result without its list, an error without its code."""
    at = "[method=tools/list]/result"
    assert asked("tools/list", {"result": {"tool": []}}) == {
        ("error", "removed", f"{at}/tools"),
        ("info", "added", f"{at}/tool"),
    }
    assert asked("tools/list", {"error": {"message": "no"}}) == {("warning", "removed", "/error/code")}


def _methods() -> dict[str, Any]:
    """What clients send, by method."""
    members = (*typing.get_args(mcp.types.ClientRequest), *typing.get_args(mcp.types.ClientNotification))
    return {typing.get_args(one.model_fields["method"].annotation)[0]: one for one in members}


def _held(table: Declared, model: object) -> list[str]:
    return Published(TypeAdapter(model).json_schema(by_alias=True)).disagreements(table)


def test_the_tables_say_what_the_types_of_the_sdk_say() -> None:
    """Every method of a client: its parameters and its result, field by field."""
    asked, answered = SHAPES["request", "jsonrpc", "json"], SHAPES["response", "jsonrpc", "json"]
    methods = _methods()
    assert {f"[method={one}]" for one in methods} == set(asked.below)
    lines = []
    for method, model in methods.items():
        params = model.model_fields["params"].annotation
        name = model.__name__.replace("Request", "Result")
        lines += _held(asked.below[f"[method={method}]"].below["/params"], params)
        if name.endswith("Result"):
            result = getattr(mcp.types, name, mcp.types.EmptyResult)
            lines += _held(answered.below[f"[method={method}]"].below["/result"], result)
    lines += _held(SHAPES["error", "jsonrpc", "*"], mcp.types.JSONRPCError)
    assert unlike(lines, EXCEPTIONS) == []
