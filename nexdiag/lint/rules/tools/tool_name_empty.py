"""A tool, or a tool call in the history, has no name.

## What it does

Finds tools whose name is missing, empty or no text, and calls in the history that name no tool.

## Why it is bad

Services refuse the request. An empty name in the history comes from a stream whose first piece, the one with the name,
was lost or overwritten; it fails in every later turn too.

## Example

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "", "parameters": {"type": "object", "properties": {}}}}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import GIVES_NAME, NAMELESS, TOOL, CallSeen, MessageSeen
from nexdiag.lint.seen.tools import ToolSeen, tools_of


def _check(case: Case) -> Iterator[Fault]:
    tools = tools_of(case.view)
    if not tools.tools:
        return
    yield from tools.once("tool-name-empty", case.profile.limits, lambda: map(_fault, filter(_nameless, tools.tools)))


def _nameless(tool: ToolSeen) -> bool:
    return not tool.name or not tool.name.strip()


def _fault(tool: ToolSeen) -> Fault:
    return Fault(
        summary=f"the tool at {tool.pointer} has no name" if tool.name is None else f"{tool.pointer}/name is empty",
        fix="give the tool a name, or leave it out",
        pointer=f"{tool.pointer}/name",
        facts={"tool": str(tool.at), "name": ""},
        ids=tool.spelled,
    )


def _arriving(case: Case) -> Iterator[Fault]:
    now, at = case.history.now, case.history.at
    if case.profile.limits.tool_result_name and now.traits & TOOL and now.value.get("name") == "":
        yield Fault(
            summary=f"messages[{at}] gives the tool's name as an empty text",
            fix=f"leave name out of messages[{at}]",
            at=at,
            pointer=case.history.pointer(at, "/name"),
            evidence=(now.shown(at),),
            facts={"index": str(at), "tool": "0", "name": ""},
            about=(now.raw, b"result"),
        )
    for call in now.calls:
        place = "" if call.name.strip() else _place(now, call)
        if place:
            yield Fault(
                summary=f"messages[{at}] calls a tool without a name",
                fix=f"put the name that the model gave into messages[{at}], or drop the call and what answers it",
                at=at,
                pointer=case.history.pointer(at, place),
                evidence=(now.shown(at),),
                facts={"index": str(at), "tool": "0", "name": ""},
                about=(now.raw, (call.id or "").encode("utf-8", "replace")),
            )


def _place(message: MessageSeen, call: CallSeen) -> str:
    """Where the name should stand; empty for calls that need none (a local shell, a custom tool)."""
    if call.where.startswith("/content"):
        return f"{call.where}/name"
    if not call.where:
        return "/name" if message.value.get("type") in ("function_call", "custom_tool_call") else ""
    entries = message.value.get("tool_calls")
    entry = entries[int(call.where.rpartition("/")[2])] if isinstance(entries, list) else entries
    kind = entry.get("type") if isinstance(entry, dict) else None
    return f"{call.where}/function/name" if kind in (None, "function", "") else ""


RULE = Rule(
    name="tool-name-empty",
    code="NX502",
    family="tools",
    page=__doc__ or "",
    needs=frozenset({"tools", "functions"}),
    check=_check,
    arriving=_arriving,
    on=NAMELESS | GIVES_NAME,
    telling=patterns(
        r"\bname'?: empty string",
        r"(?:function|custom|tool_use|tools?\W+\d+)\W{0,2}\.name\b.{0,60}(?:field required|at least 1|missing"
        r"|is required)",
        r"missing required parameter: .{0,60}\bname\b",
        r"tool_?use block missing required .?name",
        r"function name was\s+but must be",
        r"(?:function|tool)[ _]name (?:is |must not be |cannot be |should not be )?(?:empty|missing|required|blank)",
        r"name of the (?:function|tool)\b.{0,40}(?:empty|missing|required)",
        r"invalid (?:function|tool) name.{0,20}empty",
        r"function_?(?:call|response)['\"`]?s?\.?(?:'s)? ?name\b\W{0,3}(?:name )?(?:cannot|can't|must not) be"
        r" (?:empty|blank)",
    ),
    suspects=patterns(r"function/name/arguments cannot be empty"),
    words=patterns(
        r"\bname\b.{0,60}(?:empty|at least 1|required|min_?length|non-?empty|too short|should match|does not match"
        r"|blank)",
        r"(?:empty|missing|invalid|required).{0,60}\bname\b",
        r"function name was",
        r"missing field .name",
    ),
)
