"""The model, or the server, takes no tools.

## What it does

Tells a refusal of a request with tools by a model, or a server, that has no place for them: Ollama looks into the
model's template, old servers do not know the field. The server's words tell it; a request alone does not.

## Why it is bad

An agent cannot work with such a model: every request with tools is refused.

## Example

```json
{"status": 400, "request": {"model": "gemma3:27b", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}]},
 "response": {"error": {"message": "registry.ollama.ai/library/gemma3:27b does not support tools"}}}
```

## Instead

```json
{"status": 200, "request": {"model": "gemma3:27b", "messages": [{"role": "user", "content": "What time is it?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.named import refused_paths
from nexdiag.lint.seen.tools import tools_of
from nexdiag.lint.seen.view import REFUSED_HERE

_FIELDS = ("tools", "functions", "tool_choice", "function_call")


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if not view.refused or not RULE.explains(view.said.words, view.status) or tools_of(view).empty:
        return
    paths = refused_paths(view.said.words)
    if paths and not any(path[:1] == path and path[0] in _FIELDS for path in paths):
        return
    place = next((name for name in _FIELDS if name in view.fields), None)
    if place is None and not any(message.calls for message in case.history.messages):
        return
    yield Fault(
        summary=f"the model {quote(case.model)} takes no tools here" if case.model else "the model takes no tools here",
        fix="choose a model that calls tools, or leave tools out",
        pointer=None if place is None else f"/{place}",
        facts={"model": case.model},
        needs_words=True,
    )


RULE = Rule(
    name="tools-unsupported",
    code="NX510",
    family="tools",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    check=_check,
    telling=patterns(
        r"does(?:n.t| not) (?:currently )?support (?:the )?(?:use of )?.?(?:tools?\b(?!.?choice)|function.?call"
        r"|functions\b|tool.?(?:call|use))",
        r"unsupported param(?:eter)?s?:? ?.?(?:tools|functions)\b",
        r"(?:argument|arguments) supplied: (?:[\w, ]*\b)?(?:tools|functions|function_call)\b",
        r"(?:tools?|functions?|(?:tool|function)[ -]?(?:call(?:ing|s)?|use))\W{0,2} (?:is|are) (?:not|un) ?(?:yet "
        r"|currently )?(?:supported|enabled|available|implemented)",
        r"does not support param(?:eter)?s?: .{0,80}\btools\b",
        r"no .{0,30}providers? supports? (?:tool|function) call",
        r"unknown variant .?tool\b.?, expected (?:one of )?.{0,30}\buser\b(?!.{0,60}\btool\b)",
        r"no endpoints found that support (?:tool|function)",
        r"unsupported.{0,30}\b(?:tool (?:use|call)|function call)",
        r"(?:tools?|function.?call(?:ing)?|tool.?call(?:ing|s)?)\W{0,2} unsupported",
        r"(?:without|no|lacks?) (?:support for )?(?:tool|function)[ -](?:call|use)(?:ing)? support",
    ),
    words=patterns(
        r"\b(?:tools|functions)\W{0,3}: extra (?:inputs|fields)",
        r"(?:property|field|parameter|argument|key)\W{1,4}(?:tools|functions)\b\W.{0,30}(?:unsupported|not supported"
        r"|unknown|not permitted)",
        r"unknown (?:field|parameter|argument)\W{1,5}(?:tools|functions)\b",
    ),
)
