"""The request declares more tools than the server takes.

## What it does

Counts the tools of the request. Where the server is not known, more than 128 are a warning: that is the limit of most
hosted services.

## Why it is bad

The whole request is refused. It happens when all tools of several MCP servers are sent at once; a model with so many
to choose from also chooses badly.

## Example

```json
{"status": 400, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}],
  "tools": "<142 tool definitions>"},
 "response": {"error": {"message": "Invalid 'tools': array too long. Expected an array with maximum length 128."}}}
```

## Instead

```json
{"status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}],
  "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.tools import tools_of

_USUAL = 128
_STATED = re.compile(
    r"(?:maximum length|at most|max(?:imum)?(?: of| is)?|number of items is|more than|limit(?: of| is)?|up to)"
    r" (\d{1,4})\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\blength (\d{1,5}) instead|\bgot (\d{1,5})\b", re.IGNORECASE)


def _check(case: Case) -> Iterator[Fault]:
    tools, stated = tools_of(case.view), case.profile.limits.tools
    if not tools.sent:
        return
    most = _USUAL if stated is None else stated
    if tools.known and tools.count > most:
        yield _fault(tools.count, most, tools.list_name)
    elif case.view.refused and RULE.explains(words := case.view.said.words, case.view.status):
        limit, counted = _STATED.search(words), _COUNTED.search(words)
        count = tools.count or int((counted and (counted[1] or counted[2])) or 0)
        yield _fault(count, int(limit[1]) if limit else most, tools.list_name)


def _fault(count: int, most: int, list_name: str) -> Fault:
    counted = f"declares {count} tools" if count else "declares too many tools"
    return Fault(
        summary=f"the request {counted}, the limit is {most}",
        fix=f"send at most {most}: leave out the servers and tools that the task does not need",
        pointer=f"/{list_name}",
        facts={"count": str(count), "limit": str(most)},
    )


RULE = Rule(
    name="too-many-tools",
    code="NX505",
    family="tools",
    page=__doc__ or "",
    needs=frozenset({"tools", "functions"}),
    check=_check,
    telling=patterns(
        r"'?(?:tools|functions)'?: array too long",
        r"'(?:tools|functions)' ?: maximum number of items",
        r"too many (?:tools|functions)\b",
        r"\b(?:tools|functions)\b\W{0,3} ?(?:list )?should have at most",
        r"(?:number of|maximum|at most|more than|up to)\b.{0,40}\b(?:tools|functions|function declarations)\b.{0,60}"
        r"(?:exceed|allowed|support|limit|maximum|request|\d)",
        r"exceed.{0,48}(?:number|limit|maximum).{0,20}\b(?:tools|functions|function declarations)\b",
    ),
)
