"""The server was started without what it needs to let a model call tools.

## What it does

Tells a refusal that is about the server's own set-up, not about the request: vLLM without `--enable-auto-tool-choice`
and `--tool-call-parser`, llama.cpp without `--jinja`. The server's words tell it; a request alone does not.

## Why it is bad

Every request with tools fails, whatever is in it; without tools all is well. No change of the request mends it.

## Example

```json
{"status": 400, "request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}]},
 "response": {"object": "error",
  "message": "tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set"}}
```

## Instead

```json
{"status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import REFUSED_HERE

_FLAG = re.compile(r"--[a-z][a-z-]{2,40}")


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if not view.refused or not RULE.explains(view.said.words, view.status):
        return
    flags = list(dict.fromkeys(_FLAG.findall(view.said.words)))
    wanted = f"with {' and '.join(flags[:3])}" if flags else "with its tool calling enabled"
    place = next((name for name in ("tools", "functions", "tool_choice") if name in view.fields), None)
    yield Fault(
        summary="the server was started without tool calling",
        fix=f"start the server {wanted}; no change of the request mends it",
        pointer=None if place is None else f"/{place}",
        facts={"flags": " ".join(flags[:3])},
    )


RULE = Rule(
    name="server-tools-not-enabled",
    code="NX509",
    family="tools",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    check=_check,
    telling=patterns(
        r"requires? .{0,40}--(?:enable-auto-tool|tool-call-parser|jinja|enable-tool)",
        r"--(?:enable-auto-tool-choice|tool-call-parser|jinja)\b.{0,80}(?:to be set|flag|required|must|not (?:set"
        r"|enabled)|enable)",
        r"(?:set|use|pass|launch|start|run|add|enable|with)\b.{0,60}--(?:enable-auto-tool-choice|tool-call-parser"
        r"|jinja)\b",
        r"\btool.?call(?:ing|s)?.?parser\b.{0,60}(?:not|required|must|missing|none|set)",
        r"unsupported tool.call.parser",
        r"(?:tool|function) call(?:ing|s)? (?:is |are )?(?:not enabled|disabled) (?:on|for|in|by) (?:this|the) server",
    ),
)
