"""JSON-RPC 2.0 as MCP speaks it: as the types of MCP's Python SDK 2.3 have it (`mcp.types`: 2026-07-28 and before).

A test walks those types and holds these tables equal, but for what it lists with a reason: null is taken by them and
not by MCP's own schema. An answer that only promises one (a task, a question) lacks what a whole one
holds, and is told.
"""

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
_PAGE = "nextCursor str"
_KEPT = "ttlMs int cacheScope str=public|private resultType str"
_ASKED = "inputResponses obj requestState str"
_WHO = "{0}/name str! {0}/version str! {0}/title str {0}/description str {0}/websiteUrl str {0}/icons list"
_TOOL = (
    "tools/*/name str! tools/*/title str tools/*/description str tools/*/inputSchema obj! tools/*/outputSchema obj "
    "tools/*/annotations obj tools/*/icons list tools/*/execution obj tools/*/_meta obj"
)
_RESULTS = {
    "initialize": "protocolVersion str! capabilities obj! instructions str serverInfo obj! "
    + _WHO.format("serverInfo"),
    "ping": "resultType str",
    "tools/list": f"tools list! tools/* obj {_TOOL} {_PAGE} {_KEPT}",
    "tools/call": "content list! content/* obj content/*[type=text] obj content/*[type=text]/type str! "
    "content/*[type=text]/text str! content/*[type=text]/annotations obj content/*[type=text]/_meta obj "
    "content/*[type=image] obj content/*[type=audio] obj content/*[type=resource] obj "
    "content/*[type=resource_link] obj structuredContent any isError bool resultType str",
    "resources/list": f"resources list! {_PAGE} {_KEPT}",
    "resources/templates/list": f"resourceTemplates list! {_PAGE} {_KEPT}",
    "resources/read": f"contents list! {_KEPT}",
    "resources/subscribe": "resultType str",
    "resources/unsubscribe": "resultType str",
    "prompts/list": f"prompts list! {_PAGE} {_KEPT}",
    "prompts/get": "messages list! description str resultType str",
    "completion/complete": "completion obj! resultType str",
    "logging/setLevel": "resultType str",
    "server/discover": f"supportedVersions list! capabilities obj! instructions str {_KEPT}",
    "subscriptions/listen": "resultType str",
}
"""The fields of each result; all may carry `_meta`."""
_PARAMS = {
    "initialize": f"protocolVersion str! capabilities obj! clientInfo obj! {_WHO.format('clientInfo')}",
    "ping": "",
    "tools/list": "cursor str",
    "tools/call": f"name str! arguments obj task obj {_ASKED}",
    "resources/list": "cursor str",
    "resources/templates/list": "cursor str",
    "resources/read": f"uri str! {_ASKED}",
    "resources/subscribe": "uri str!",
    "resources/unsubscribe": "uri str!",
    "prompts/list": "cursor str",
    "prompts/get": f"name str! arguments obj {_ASKED}",
    "completion/complete": "ref obj! argument obj! context obj",
    "logging/setLevel": "level str!=debug|info|notice|warning|error|critical|alert|emergency",
    "server/discover": "",
    "subscriptions/listen": "notifications obj!",
    "notifications/initialized": "",
    "notifications/cancelled": "requestId str|int reason str",
    "notifications/progress": "progressToken str|int! progress num! total num message str",
    "notifications/roots/list_changed": "",
}


def _table(methods: dict[str, str], holder: str) -> str:
    rows = []
    for method, fields in methods.items():
        at, words = f"[method={method}]", fields.split()
        answered = holder == "result" or not method.startswith("notifications/")
        rows.append(_ENVELOPE.format(at, "!" if answered else ""))
        needed = "!" if holder == "result" or any(word.endswith("!") for word in words) else ""
        rows += [f"{at}/{holder} obj{needed}", f"{at}/{holder}/_meta obj"]
        rows += [
            f"{at}/{holder}/{name} {what.replace('=', ' ')}" for name, what in zip(words[::2], words[1::2], strict=True)
        ]
        rows += [f"{at}/method str!"] if holder == "params" else []
    return "\n".join(rows)


TABLES = {
    ("response", "json"): _table(_RESULTS, "result"),
    ("response", "stream"): _table(_RESULTS, "result"),
    ("error", "*"): _ERROR,
    ("request", "json"): _table(_PARAMS, "params"),
}
