"""JSON-RPC 2.0 as MCP speaks it. Sources: the JSON-RPC 2.0 specification; MCP's schema of 2025-11-25."""

_ENVELOPE = """
{0}                        obj
{0}/jsonrpc                str!  2.0
{0}/id                     str|int{1}
"""
_ERROR = """
/jsonrpc                   str!  2.0
/id                        str|int!?
/error                     obj!
/error/code                int!
/error/message             str!
/error/data                any
"""
_RESULTS = {
    "initialize": "protocolVersion str! capabilities obj! serverInfo obj! serverInfo/name str! serverInfo/version str! "
    "serverInfo/title str instructions str",
    "ping": "",
    "tools/list": "tools list! tools/* obj tools/*/name str! tools/*/title str tools/*/description str "
    "tools/*/inputSchema obj! tools/*/outputSchema obj tools/*/annotations obj tools/*/icons list "
    "tools/*/execution obj nextCursor str",
    "tools/call": "content list! content/* obj content/*[type=text] obj content/*[type=text]/type str! "
    "content/*[type=text]/text str! content/*[type=text]/annotations obj content/*[type=image] obj "
    "content/*[type=audio] obj content/*[type=resource] obj content/*[type=resource_link] obj "
    "structuredContent obj isError bool",
    "resources/list": "resources list! nextCursor str",
    "resources/templates/list": "resourceTemplates list! nextCursor str",
    "resources/read": "contents list!",
    "prompts/list": "prompts list! nextCursor str",
    "prompts/get": "messages list! description str",
    "completion/complete": "completion obj!",
}
"""The fields of each result; all may carry `_meta`."""
_PARAMS = {
    "initialize": "protocolVersion str! capabilities obj! clientInfo obj! clientInfo/name str! clientInfo/version str! "
    "clientInfo/title str",
    "ping": "",
    "tools/list": "cursor str",
    "tools/call": "name str! arguments obj task obj",
    "resources/list": "cursor str",
    "resources/templates/list": "cursor str",
    "resources/read": "uri str!",
    "prompts/list": "cursor str",
    "prompts/get": "name str! arguments obj",
    "completion/complete": "ref obj! argument obj! context obj",
    "notifications/initialized": "",
    "notifications/cancelled": "requestId str|int reason str",
    "notifications/progress": "progressToken str|int! progress num! total num message str",
}


def _table(methods: dict[str, str], holder: str) -> str:
    rows = []
    for method, fields in methods.items():
        at, words = f"[method={method}]", fields.split()
        answered = holder == "result" or not method.startswith("notifications/")
        rows.append(_ENVELOPE.format(at, "!" if answered else ""))
        needed = "!" if holder == "result" or any(word.endswith("!") for word in words) else ""
        rows += [f"{at}/{holder} obj{needed}", f"{at}/{holder}/_meta obj"]
        rows += [f"{at}/{holder}/{name} {what}" for name, what in zip(words[::2], words[1::2], strict=True)]
        rows += [f"{at}/method str!"] if holder == "params" else []
    return "\n".join(rows)


TABLES = {
    ("response", "json"): _table(_RESULTS, "result"),
    ("response", "stream"): _table(_RESULTS, "result"),
    ("error", "*"): _ERROR,
    ("request", "json"): _table(_PARAMS, "params"),
}
