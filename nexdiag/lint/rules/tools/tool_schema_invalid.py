"""The parameters of a tool are no JSON Schema that the server takes.

## What it does

Looks into the parameters of each tool: for keywords that the server does not know, objects without properties, arrays
without items, properties that are a list, types that do not exist. What is refused by some servers only is reported
where the server is known to refuse it, or did.

## Why it is bad

One bad schema and the whole request is refused. Schemas that tools bring along (MCP, pydantic, zod) use more of JSON
Schema than many servers read; languages with one type for lists and maps write `[]` for an empty object.

## Example

```json
{"status": 400, "request": {"model": "m", "messages": [{"role": "user", "content": "Namespaces?"}],
  "tools": [{"type": "function", "function": {"name": "list", "parameters": {"type": "object"}}}]},
 "response": {"error": {
  "message": "Invalid schema for function 'list': In context=(), object schema missing properties."}}}
```

## Instead

```json
{"status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Namespaces?"}],
  "tools": [{"type": "function", "function": {"name": "list", "parameters": {"type": "object", "properties": {}}}}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterable, Iterator

from nexdiag.core.endpoint import Limits
from nexdiag.lint.quoting import listed, quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.schema import Flaw, flaws
from nexdiag.lint.seen.tools import ToolSeen, ToolsSeen, tools_of

Found = tuple[ToolSeen, Flaw]

_FIXES = {
    "parameters": 'give it parameters: {"type": "object", "properties": {}}',
    "valid": "write what JSON Schema knows",
    "grammar": "write what JSON Schema knows",
    "enum": "name at least one value, or leave the enum out",
    "object": "write properties as an object: {} where there are none",
    "properties": 'add "properties": {}',
    "inner": "add the properties of the object within",
    "items": 'say what the array holds: "items": {"type": "string"}',
    "filled-properties": "leave parameters out where a tool takes none, or give it one property",
    "denied": "take the keyword out of the schema before it is sent to this server",
    "bounds": "leave the bound out, and check the length when the tool runs",
    "loose": "make pattern and required fit what the server reads",
}
_MEANS = {"valid": ("valid", "grammar"), "grammar": ("grammar", "enum")}
"""What a server refuses besides: no grammar can be built of some schemas that are not valid, and of an empty enum."""
_ABOUT = (
    (r"non-empty for object", ("filled-properties", "properties", "inner")),
    (r"missing properties|\.properties\b.{0,20}required", ("properties", "inner", "parameters")),
    (r"missing items|\bitems\b.{0,3} ?missing|items: ", ("items",)),
    (r"unmarshal (?:array|string|number|bool)\b.{0,200}properties", ("object",)),
    (r"grammar|samplers|schema conversion|repetitions", ("bounds", "loose")),
    (r"property is not defined", ("loose",)),
)
"""By which words a server means which kind of flaw."""
_ONE_OF_THEM = re.compile(r"\bfor function ['\"`]?([\w.-]+)", re.IGNORECASE)
_KEYWORD = re.compile(
    r"unknown name \W{0,4}([$\w]+)|keyword \W{0,4}([$\w]+)|'([$\w]+)' is not (?:permitted|supported)", re.IGNORECASE
)


def _check(case: Case) -> Iterator[Fault]:
    tools = tools_of(case.view)
    if not tools.tools:
        return
    if case.view.refused and RULE.explains(words := case.view.said.words, case.view.status):
        yield from _refused(tools, words, case.profile.limits)
    elif case.profile.known:
        limits = case.profile.limits
        yield from tools.once("tool-schema-invalid", limits, lambda: _grouped(_stated(tools, limits)))


def _looked(tools: ToolsSeen, denied: tuple[str, ...]) -> Iterator[Found]:
    for tool in tools.tools:
        if not tool.has_schema:
            if tool.takes_schema:
                yield tool, Flaw(kind="parameters", pointer="", text="no parameters at all")
            continue
        for flaw in flaws(tool.schema, denied):
            yield tool, flaw


def _stated(tools: ToolsSeen, limits: Limits) -> Iterator[Found]:
    """What this server is known to refuse."""
    wanted = {kind for want in (*limits.schema_wants, "denied") for kind in _MEANS.get(want, (want,))}
    return ((tool, flaw) for tool, flaw in _looked(tools, limits.schema_keywords_denied) if flaw.kind in wanted)


def _refused(tools: ToolsSeen, words: str, limits: Limits) -> Iterator[Fault]:
    """What the words speak of; else whatever is wrong; else the tool that they name."""
    told = tuple(name for match in _KEYWORD.finditer(words) for name in match.groups() if name)
    found = list(_looked(tools, (*limits.schema_keywords_denied, *told)))
    named = _ONE_OF_THEM.search(words)
    name = named[1].rstrip(".") if named else None
    meant = [tool for tool in tools.tools if tool.name == name or any(place in words for place in tool.spelled)]
    if meant:
        found = [(tool, flaw) for tool, flaw in found if tool in meant]
    kinds = [kind for pattern, several in _ABOUT if re.search(pattern, words, re.IGNORECASE) for kind in several]
    exact = [(tool, flaw) for tool, flaw in found if flaw.keyword in told or flaw.kind in kinds]
    grave = [
        (tool, flaw)
        for tool, flaw in found
        if flaw.kind in (*limits.schema_wants, "valid", "grammar", "object", "denied")
    ]
    if exact or grave or found:
        yield from _grouped(exact or grave or found)
        return
    tool = (meant or tools.tools)[0]
    which = f"of the tool {quote(tool.name or '')}" if meant or len(tools.tools) == 1 else "of one of the tools"
    yield Fault(
        summary=f"the parameters {which} are no schema that this server takes",
        fix="make the schema plain: objects with properties, arrays with items, simple types, no $ref, no large bounds",
        pointer=_pointer(tool, "") if meant or len(tools.tools) == 1 else f"/{tools.list_name}",
    )


def _grouped(found: Iterable[Found]) -> Iterator[Fault]:
    """One fault for each kind of flaw: the same converter made them all."""
    groups: dict[str, list[Found]] = {}
    for tool, flaw in found:
        groups.setdefault(flaw.text if flaw.kind == "denied" else flaw.kind, []).append((tool, flaw))
    for several in groups.values():
        tool, flaw = several[0]
        names = list(dict.fromkeys(one.name or "?" for one, _ in several))
        others = f", and so have {listed(names[1:], 3)}" if len(names) > 1 else ""
        places = [_pointer(one, inner.pointer) for one, inner in several]
        yield Fault(
            summary=f"the parameters of the tool {quote(tool.name or '')} have {shorten(flaw.text)}{others}",
            fix=_FIXES[flaw.kind],
            pointer=places[0],
            evidence=tuple(
                f"{shorten(place, 200)}: {shorten(inner.text)}"
                for place, (_, inner) in zip(places[:3], several, strict=False)
            ),
            facts={
                "tool": str(tool.at),
                "name": tool.name or "",
                "keyword": flaw.keyword,
                "place": flaw.pointer.strip("/").replace("/", "."),
                "reason": flaw.text,
            },
            ids=tool.spelled,
        )


def _pointer(tool: ToolSeen, place: str) -> str:
    return f"{tool.pointer}/{tool.schema_field}{place}" if tool.has_schema else tool.pointer


RULE = Rule(
    name="tool-schema-invalid",
    code="NX504",
    family="tools",
    page=__doc__ or "",
    needs=frozenset({"tools", "functions"}),
    check=_check,
    telling=patterns(
        r"invalid schema for function",
        r"json schema error at #",
        r"(?:object|array) schema missing (?:properties|items)",
        r"unknown name .{1,200} at '?\S*tools\b",
        r"function_?declarations\S{0,10}\.(?:parameters|\w*schema)",
        r"should be non-empty for object",
        r"\bitems: missing field",
        r"failed to parse grammar|json schema conversion failed|unrecognized schema",
        r"invalid .{0,3}parameters.{0,3} schema",
        r"invalid (?:tool|function) (?:input )?(?:json )?schema|invalid json schema for (?:tool|function)",
        r"go struct field \S*tools\.function\.parameters",
        r"tools?\W{1,2}\d+\W{1,2}(?:custom\.|function\.)?(?:input_schema|parameters)\b",
        r"input_schema\b.{0,80}(?:invalid|not support|required|draft)",
        r"must match json schema draft",
        r"(?:tool|function)\S{0,40} ?(?:input )?(?:schema|parameters)\b.{0,60}(?:invalid|not (?:a )?valid|not support"
        r"|must be)",
        r"constraint that has too many states",
        r"(?:tool|function)(?:'s)?\.? ?(?:name or )?parameters (?:is|are) (?:empty|missing|required)",
        r"parameters\b.{0,80}discriminator value\b.{0,20}expected ['\"`]object",
    ),
    unknown=None,
)
