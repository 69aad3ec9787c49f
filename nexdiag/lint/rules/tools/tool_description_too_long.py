"""A tool's description is longer than the server takes.

## What it does

Finds descriptions of tools that have more characters than the server is known to take. Where no limit is known it says
nothing, unless the server refused the request in such words.

## Why it is bad

The whole request is refused for one long description; tools of MCP servers often carry a manual in it.

## Example

```json
{"status": 400, "request": {"model": "m", "messages": [{"role": "user", "content": "Think."}],
  "tools": [{"type": "function", "function": {"name": "think", "description": "A long text.",
    "parameters": {"type": "object", "properties": {}}}}]},
 "response": {"error": {"message": "Invalid 'tools[0].function.description': string too long."}}}
```

## Instead

```json
{"status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Think."}],
  "tools": [{"type": "function", "function": {"name": "think", "description": "Short.",
    "parameters": {"type": "object", "properties": {}}}}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.tools import ToolSeen, tools_of

_ONCE = 1024
"""What OpenAI took until 2025."""
_STATED = re.compile(r"(?:maximum length|at most|max(?:imum)?(?: of)?|limit(?: of)?) (\d{2,6})\b", re.IGNORECASE)


def _check(case: Case) -> Iterator[Fault]:
    tools, limits = tools_of(case.view), case.profile.limits
    if not tools.tools:
        return
    if case.view.refused and RULE.explains(case.view.said.words, case.view.status):
        yield from _refused(tools.tools, case.view.said.words)
    elif limits.tool_description is not None:
        most = limits.tool_description
        yield from tools.once(
            "tool-description-too-long",
            limits,
            lambda: (_fault(t, most) for t in tools.tools if len(t.description) > most),
        )


def _refused(tools: tuple[ToolSeen, ...], words: str) -> Iterator[Fault]:
    """The tool that the words name; else those that are too long by the limit of the words."""
    stated = _STATED.search(words)
    most = int(stated[1]) if stated else _ONCE
    named = [tool for tool in tools if any(place in words for place in tool.spelled)]
    longest = max(tools, key=lambda tool: len(tool.description))
    for tool in named or [tool for tool in tools if len(tool.description) > most] or [longest]:
        yield _fault(tool, most)


def _fault(tool: ToolSeen, most: int) -> Fault:
    length = len(tool.description)
    return Fault(
        summary=f"the description of the tool {quote(tool.name or '')} has {length} characters, the limit is {most}",
        fix=f"shorten it to {most} characters; what is longer belongs into the system message",
        pointer=f"{tool.pointer}/description",
        evidence=(f"{tool.pointer}/description begins {quote(tool.description)}",),
        facts={"tool": str(tool.at), "name": tool.name or "", "length": str(length), "limit": str(most)},
        ids=tool.spelled,
    )


RULE = Rule(
    name="tool-description-too-long",
    code="NX503",
    family="tools",
    page=__doc__ or "",
    needs=frozenset({"tools", "functions"}),
    check=_check,
    telling=patterns(
        r"(?:tools?|functions?)\b.{0,60}\bdescription\b.{0,20}(?:string too long|should have at most|too long|exceed)",
        r"(?:tool|function)s?\b.{0,60}\bdescription\b.{0,60}(?:maximum length|at most \d+ char|max(?:imum)? \d+ char)",
        r"description of (?:the )?(?:tool|function)\b.{0,60}(?:too long|exceed|at most)",
    ),
    unknown=None,
)
