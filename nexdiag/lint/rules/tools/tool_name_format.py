"""A tool's name has characters that servers do not take, or is too long.

## What it does

Finds names of tools that do not fit the pattern of the server: nearly all hosted services take letters, digits, `_` and
`-`, up to 64. It looks at the tools that the request declares, and at the calls in its history.

## Why it is bad

The service refuses the whole request. Bridges to MCP make such names: they join the server's name and the tool's with a
slash, a dot or a space, or make them too long. A bad name in the history fails in every later turn too.

## Example

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "time/now",
    "parameters": {"type": "object", "properties": {}}}}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "time-now",
    "parameters": {"type": "object", "properties": {}}}}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from nexdiag.core.endpoint import Limits
from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import CALLS, GIVES_NAME, TOOL
from nexdiag.lint.seen.tools import ToolSeen, tools_of

_USUAL = "[a-zA-Z0-9_-]{1,64}"
_LONGEST = 64


@lru_cache(maxsize=64)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text or _USUAL)


def _check(case: Case) -> Iterator[Fault]:
    tools = tools_of(case.view)
    if not tools.tools:
        return
    limits, view = case.profile.limits, case.view
    if view.refused and any(pattern.search(view.said.words) for pattern in RULE.telling):
        yield from _refused(tools.tools, limits, view.said.words)
        return
    yield from tools.once(
        "tool-name-format", limits, lambda: (_fault(tool, limits) for tool in _bad(tools.tools, limits))
    )


def _refused(tools: tuple[ToolSeen, ...], limits: Limits, words: str) -> Iterator[Fault]:
    """The names that do not fit; where all seem to, the one that the words point at."""
    bad = list(_bad(tools, limits)) or [
        tool for tool in tools if tool.name and any(place in words for place in (*tool.spelled, tool.name))
    ]
    yield from (_fault(tool, limits) for tool in bad)


def _bad(tools: tuple[ToolSeen, ...], limits: Limits) -> Iterator[ToolSeen]:
    fits = _pattern(limits.tool_name).fullmatch
    return (tool for tool in tools if tool.name and not fits(tool.name))


def _fault(tool: ToolSeen, limits: Limits) -> Fault:
    name = tool.name or ""
    return Fault(
        summary=f"the tool's name {quote(name)} {_wrong(name, limits)}",
        fix=f"name it {quote(_repaired(name, limits))}, and send the old name only to the tool itself",
        pointer=f"{tool.pointer}/name",
        evidence=(f"{tool.pointer}/name is {quote(name)}",),
        facts={"name": name, "pattern": f"^{limits.tool_name or _USUAL}$", "tool": str(tool.at)},
        ids=(*tool.spelled, f"name was {name} but"),
    )


def _arriving(case: Case) -> Iterator[Fault]:
    now, at, limits = case.history.now, case.history.at, case.profile.limits
    if limits.tool_result_name and now.traits & TOOL:
        yield from _of_result(case)
    fits = _pattern(limits.tool_name).fullmatch
    for call in now.calls:
        if not call.name or fits(call.name):
            continue
        inner = "/function/name" if call.where.startswith("/tool_calls") else "/name"
        yield Fault(
            summary=f"messages[{at}] calls a tool whose name {quote(call.name)} {_wrong(call.name, limits)}",
            fix=f"name it {quote(_repaired(call.name, limits))} in the history too, as in tools",
            at=at,
            pointer=case.history.pointer(at, call.where + inner),
            evidence=(now.shown(at),),
            facts={"index": str(at), "name": call.name, "pattern": f"^{limits.tool_name or _USUAL}$", "tool": "0"},
            about=(now.raw, call.name.encode("utf-8", "replace")),
        )


def _of_result(case: Case) -> Iterator[Fault]:
    """The name that a tool message gives beside the id of the call."""
    now, at, limits = case.history.now, case.history.at, case.profile.limits
    name = now.value.get("name")
    if isinstance(name, str) and name and not _pattern(limits.tool_result_name).fullmatch(name):
        yield Fault(
            summary=f"messages[{at}] gives the tool's name as {quote(name)}, which {_wrong(name, limits)}",
            fix=f"leave name out of messages[{at}], or write {quote(_repaired(name, limits))}",
            at=at,
            pointer=case.history.pointer(at, "/name"),
            evidence=(now.shown(at),),
            facts={"index": str(at), "name": name, "pattern": f"^{limits.tool_result_name}$", "tool": "0"},
            about=(now.raw, name.encode("utf-8", "replace")),
        )


def _wrong(name: str, limits: Limits) -> str:
    if len(name) > _LONGEST and _pattern(limits.tool_name).fullmatch(name[:_LONGEST]):
        return f"has {len(name)} characters, more than {_LONGEST}"
    strange = sorted(set(re.sub("[a-zA-Z0-9_-]", "", name)))
    return f"has {quote(''.join(strange), 20)} in it" if strange else "does not fit the server's pattern"


def _repaired(name: str, limits: Limits) -> str:
    """A name of the usual form, as near as may be."""
    plain = re.sub("[^a-zA-Z0-9_-]+", "_", name)[:_LONGEST].strip("_") or "tool"
    return plain if _pattern(limits.tool_name).fullmatch(plain) else f"t_{plain}"[:_LONGEST]


RULE = Rule(
    name="tool-name-format",
    code="NX501",
    family="tools",
    page=__doc__ or "",
    needs=frozenset({"tools", "functions"}),
    check=_check,
    arriving=_arriving,
    on=CALLS | GIVES_NAME,
    telling=patterns(
        r"toolspec\.name\W{0,3}failed to satisfy constraint",
        r"\bname'?: string (?:does not match|too long)",
        r"(?:custom|function|tool_use|tools?\W+\d+(?:\.\w+)?)\W{0,2}\.name\b.{0,40}(?:should match pattern"
        r"|does not match"
        r"|at most)",
        r"function name was .{1,300}? but must be",
        r"invalid (?:function|tool) name\b(?!.{0,20}empty)",
        r"(?:function|tool)[ _]names? (?!was\s+but).{0,300}"
        r"(?:must (?:only )?(?:contain|match|be|consist|start)|pattern|at most 64)",
        r"(?:tool|function) name (?:is )?too long|工具名称过长",
        r"does not match .{0,5}\^?\[a-zA-Z0-9_\\?-\].{0,80}name",
    ),
    words=patterns(r"\bname\b.{0,300}\^\[?a-zA-Z", r"\^\(?\[?a-zA-Z0-9_.{0,30}.{0,200}\bname\b"),
)
