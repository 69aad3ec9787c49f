"""The wire of an MCP server in a few lines of Python, for servers that misbehave: `python -ISc PRELUDE + code`."""

PRELUDE = """\
import json, os, signal, subprocess, sys, time
def say(**message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\\n"); sys.stdout.flush()
def hear():
    line = sys.stdin.readline()
    return json.loads(line) if line else os._exit(0)
def answer(message, result): say(id=message["id"], result=result)
TOOL = {"name": "t", "inputSchema": {"type": "object"}}
def greet(version="2025-06-18", tools=(TOOL,)):
    about = {"name": "s", "version": "1"}
    answer(hear(), {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": about})
    hear()
    answer(hear(), {"tools": list(tools)})
"""
LIVES = "[hear() for _ in iter(int, 1)]"
"""Go on hearing, for ever."""
