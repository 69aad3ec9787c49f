"""The published shape of JSON-RPC as MCP speaks it."""

from drifting import against, exchange, recorded, response, told


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
