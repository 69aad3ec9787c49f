"""The model, or the server, does not take this kind of tool_choice.

## What it does

Finds a `tool_choice` that forces a tool (`required`, or one by name) where the profile says that the model refuses
that; a choice by name where only words are read; and any choice that the server refused in such words.

## Why it is bad

Models that think first cannot be forced to call a tool: the request is refused. Clients force a tool to get
structured output, whatever the model.

## Example

```json
{"status": 400, "request": {"model": "deepseek-reasoner", "messages": [{"role": "user", "content": "Plan."}],
  "tools": [{"type": "function", "function": {"name": "todo", "parameters": {"type": "object", "properties": {}}}}],
  "tool_choice": "required"},
 "response": {"error": {"message": "Thinking mode does not support this tool_choice"}}}
```

## Instead

```json
{"status": 200, "request": {"model": "deepseek-reasoner", "messages": [{"role": "user", "content": "Plan."}],
  "tools": [{"type": "function", "function": {"name": "todo", "parameters": {"type": "object", "properties": {}}}}],
  "tool_choice": "auto"}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.named import EXTRA

_FIELDS = ("tool_choice", "function_call")
_FREE = ("none", "auto", None)
_STANDARD = ("none", "auto", "required")


def _check(case: Case) -> Iterator[Fault]:
    fields = case.view.fields
    name = next((name for name in _FIELDS if name in fields), None)
    if name is None:
        return
    value = fields.get(name)
    stated = _stated(case, value)
    if not stated and not case.view.refused:
        return
    shown = shorten(str(value))
    yield Fault(
        summary=f"the request has {name} {shown}, which this model does not take",
        fix=f'send {name} "auto", or turn thinking off for this request' if _forces(value) else f"leave {name} out",
        pointer=f"/{name}",
        evidence=(f"model {shorten(case.model)}, {name} {shown}",),
        facts={"value": shown, "model": case.model},
        needs_words=not stated,
    )


def _forces(value: object) -> bool:
    """Another word than the usual ones is another fault."""
    return value.get("type") not in _FREE if isinstance(value, dict) else value == "required"


def _stated(case: Case, value: object) -> bool:
    """Whether the profile says so of this value."""
    choices = case.profile.limits.tool_choices
    if choices and value in _STANDARD and value not in choices:
        return True
    refused = case.profile.refusal("tool-choice-unsupported", case.model, case.view.wire) is not None
    return refused and _forces(value) and not _thinking_off(case)


def _thinking_off(case: Case) -> bool:
    fields = case.view.fields
    thinking, template = fields.get("thinking"), fields.get("chat_template_kwargs")
    return (
        (isinstance(thinking, dict) and thinking.get("type") == "disabled")
        or fields.get("enable_thinking") is False
        or (isinstance(template, dict) and template.get("enable_thinking") is False)
    )


RULE = Rule(
    name="tool-choice-unsupported",
    code="NX706",
    family="params",
    page=__doc__ or "",
    needs=frozenset(_FIELDS),
    check=_check,
    telling=patterns(
        r"(?:does|do) not support (?:this |the |being set |setting )*.{0,30}tool.?choice",
        r"tool.?choice\b.{0,60}(?:does not support|is not supported|not supported|unsupported|is not "
        r"(?:yet )?implemented)",
        r"go struct field \S*tool_choice",
        r"thinking (?:may not be enabled|cannot be enabled|is not (?:supported|compatible)).{0,40}tool.?choice",
        r"tool.?choice\b.{0,60}(?:incompatible|not compatible|not allowed|cannot be used).{0,40}(?:thinking|reasoning)",
        r"(?:forced|forcing) tool.?(?:use|choice).{0,60}(?:not|incompatible)",
        r"no endpoints found that support .{0,40}tool.?choice",
        r"currently only named tools.{0,20} supported",
        rf"\btool_choice\W{{0,4}}{EXTRA}",
        rf"{EXTRA}.{{0,10}}\btool_choice\b",
        r"loc\W+(?:body\W+)?tool_choice\W.{0,40}extra",
    ),
    unknown=None,
)
