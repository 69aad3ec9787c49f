"""The request names a tool that it does not declare.

## What it does

Compares the tool that `tool_choice` names with the tools that the request declares. Calls in the history of tools that
are gone by now are reported only where the server refused them.

## Why it is bad

A server cannot force a tool that it does not know: hosted services refuse the request, others choose freely. It happens
when a list of tools is filtered and the choice is not, or when a prefix is put before the one and not before the other.

## Example

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}],
  "tool_choice": {"type": "function", "function": {"name": "clock"}}}}
```

## Instead

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}],
  "tool_choice": {"type": "function", "function": {"name": "now"}}}}
```

## Who refuses it
"""

from collections.abc import Iterator
from difflib import get_close_matches

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import listed, quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.tools import ToolsSeen, tools_of
from nexdiag.lint.seen.view import REFUSED_HERE


def _check(case: Case) -> Iterator[Fault]:
    view, tools = case.view, tools_of(case.view)
    if tools.known and tools.tools and "tool_choice" in view.fields:
        name, place = _chosen(view.fields.get("tool_choice"))
        if name and name not in tools.names:
            near = get_close_matches(name, sorted(tools.names), n=1)
            meant = f"did you mean {quote(near[0])}? " if near else ""
            yield Fault(
                summary=f"tool_choice names the tool {quote(name)}, which is not in {tools.list_name}",
                fix=f"{meant}declare the tool, or choose one that is declared",
                pointer=f"/tool_choice{place}",
                evidence=(f"declared: {listed(sorted(tools.names))}",),
                facts={"name": name},
                ids=(f"'{name}'", f'"{name}"', f"`{name}`"),
            )
    if view.refused and RULE.explains(view.said.words, view.status):
        yield from _in_history(case, tools)


def _in_history(case: Case, tools: ToolsSeen) -> Iterator[Fault]:
    """The calls of tools that are not declared any more: harmless, but for the server that just refused them."""
    if not tools.known:
        return
    for at, message in enumerate(case.history.messages):
        for call in message.calls:
            if call.name and call.name not in tools.names:
                yield Fault(
                    summary=f"messages[{at}] calls the tool {quote(call.name)}, which the request does not declare",
                    fix="send the definitions of all tools that the history calls",
                    at=at,
                    pointer=case.history.pointer(at, call.where),
                    evidence=(message.shown(at),),
                    facts={"name": call.name, "index": str(at)},
                    ids=(f"'{call.name}'", f'"{call.name}"', f"`{call.name}`"),
                    needs_words=True,
                )
                return


def _chosen(choice: object) -> tuple[str, str]:
    """The name of the tool that a choice forces, and where in it that stands; empty for a choice by word."""
    if not isinstance(choice, dict):
        return "", ""
    inner, place = choice, "/name"
    for key in ("function", "custom"):
        if isinstance(choice.get(key), dict):
            inner, place = choice[key], f"/{key}/name"
    name = inner.get("name")
    return (name, place) if isinstance(name, str) else ("", "")


RULE = Rule(
    name="tool-not-declared",
    code="NX507",
    family="tools",
    page=__doc__ or "",
    needs=frozenset({"tool_choice", REFUSED_HERE}),
    check=_check,
    telling=patterns(
        r"(?:tool|function)\b.{0,200}\bnot (?:found|present|specified|declared|defined|included|listed) in .{0,10}"
        r"(?:the )?(?:request'?s? )?\W?tools",
        r"tool.choice.{0,200}(?:not (?:found|match|present|declared|in tools)|does not match|no such tool"
        r"|unknown tool)",
        r"tool.choice.{0,60}(?:tool|function).{0,200}(?:not found|does not exist|not provided)",
        r"no (?:function|tool) named .{1,200} (?:specified|declared|found|defined|provided)",
        r"(?:tool|function)\b.{0,200}\bnot found in (?:the )?(?:provided |available |list of )?.{0,5}"
        r"(?:tools|functions)\b",
        r"\brequested (?:tool|function)s?\b.{0,80}(?:does not|do not|doesn't) exist\b",  # Groq
        r"toolconfig field must be defined",
        r"requires? .{0,20}tools.{0,20} (?:param|parameter|to be set|to be provided).{0,80}(?:tool_?use|tool calls"
        r"|history)",
    ),
    elsewhere=Severity.WARNING,  # where it is not refused the choice is lost
)
