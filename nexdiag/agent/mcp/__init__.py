"""Tools of MCP servers, over stdio. The one place that imports `mcp`, and only if a server is configured."""
