"""The value of tool_choice is none that this dialect knows.

## What it does

Finds words that the server does not know (`any`, where `required` is meant), and the object of one dialect in another:
`{"type": "tool", "name": ...}` is Anthropic's, `{"type": "function", "function": {"name": ...}}` that of chat
completions, `{"type": "function", "name": ...}` that of Responses.

## Why it is bad

The request is refused, or the choice is passed over without a word. Gateways and clients that speak several dialects
forget to translate this one field.

## Example

```json
{"status": 400, "request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}],
  "tool_choice": "any"},
 "response": {"error": {"message": "tool_choice: expected one of `none`, `auto`, `required` or a tool"}}}
```

## Instead

```json
{"status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Time?"}],
  "tools": [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}],
  "tool_choice": "required"}}
```

## Who refuses it
"""

from collections.abc import Iterator
from typing import Any

from nexdiag.core.endpoint import Wire
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import kind_of
from nexdiag.lint.seen.tools import tools_of

_STANDARD = ("none", "auto", "required")
_SOMEWHERE = (*_STANDARD, "any", "validated")
"""Words that one server or another knows."""
_INNER = ("function", "custom")
_RIGHT = {
    "chat": '{"type": "function", "function": {"name": ...}}',
    "responses": '{"type": "function", "name": ...}',
    "anthropic": '{"type": "tool", "name": ...}',
}


def _check(case: Case) -> Iterator[Fault]:
    fields = case.view.fields
    if "tool_choice" not in fields:
        return
    value = fields.get("tool_choice")
    if value == "auto" and not case.view.refused and case.view.wire == "chat":  # as most requests have it
        return
    wire, choices = _dialect(case), case.profile.limits.tool_choices
    told = case.view.refused and RULE.explains(case.view.said.words, case.view.status)
    wrong = _wrong(value, wire, choices)
    if not told and (wrong is None or value is None):  # only a few servers mind a null
        return
    sure = isinstance(value, str) and (value not in choices if choices else value not in _SOMEWHERE)
    yield Fault(
        summary=f"tool_choice is {shorten(str(value))}, {wrong or 'which this server does not take'}",
        fix=_repair(value, wire),
        pointer="/tool_choice",
        evidence=(f"tool_choice is {shorten(str(value), 200)}",),
        facts={"value": shorten(str(value))},
        needs_words=not (sure or kind_of(value) not in ("string", "object") or _refused(case)),
    )


def _dialect(case: Case) -> Wire:
    """That of the request; a body without an address may show it by its tools alone."""
    ours = any(tool.schema_field == "input_schema" for tool in tools_of(case.view).tools)
    return "anthropic" if ours and case.view.wire == "chat" else case.view.wire


def _refused(case: Case) -> bool:
    return case.profile.refusal("tool-choice-invalid-value", case.model, case.view.wire) is not None


def _wrong(value: Any, wire: Wire, choices: tuple[str, ...]) -> str | None:  # noqa: ANN401 - JSON is anything
    """What is wrong with it; None where it may be right."""
    if isinstance(value, dict):
        return None if _fits(value, wire) else f"which is no choice of this dialect: {_RIGHT[wire]}"
    if not isinstance(value, str):
        return f"of type {kind_of(value)}"
    if wire == "anthropic":
        return "a text, where Messages wants an object"
    known = choices or _STANDARD
    if value in known or (value in _STANDARD and choices):  # a usual word that this server lacks is another fault
        return None
    return f"which is none of {', '.join(known)}"


def _fits(value: dict[str, Any], wire: Wire) -> bool:
    kind = value.get("type")
    if wire == "anthropic":
        return kind in ("auto", "any", "none") or (kind == "tool" and isinstance(value.get("name"), str))
    if kind == "allowed_tools":
        return True
    if wire == "chat":
        return any(isinstance(value.get(name), dict) for name in _INNER)
    return kind not in (None, "tool", "any", "auto", "none") and not any(name in value for name in _INNER)


def _repair(value: Any, wire: Wire) -> str:  # noqa: ANN401 - JSON is anything
    if isinstance(value, dict):
        word = {"any": '"required"', "auto": '"auto"', "none": '"none"'}.get(str(value.get("type")))
        return f"send {word}" if word and wire != "anthropic" else f"send {_RIGHT[wire]}"
    if wire == "anthropic":
        kind = "any" if value == "required" else value if value in ("auto", "none") else "auto"
        return f'send {{"type": "{kind}"}}'
    if value is None:
        return "leave tool_choice out"
    return 'send "required"' if value == "any" else f'send "auto", "none", "required", or {_RIGHT[wire]}'


_OTHERS = r"(?:only allowed when|tools\W{0,3} must be set|no (?:function|tool) named|not found|does not match any of)"

RULE = Rule(
    name="tool-choice-invalid-value",
    code="NX707",
    family="params",
    page=__doc__ or "",
    needs=frozenset({"tool_choice"}),
    check=_check,
    telling=patterns(
        # not where the value is fine, but the tools are missing, or the one that it names
        *(
            rf"\A(?!.*{_OTHERS}).*(?:{words})"
            for words in (
                r"tool_choice\W{0,3}(?:: )?expected one of",
                r"tool_choice\b.{0,60}(?:should be|must be|expected|not one of|input should|invalid (?:value|type))",
                r"tool_choice(?:\.type)?\b.{0,20}(?:is invalid|field required|input tag)",
                r"(?:invalid|unknown|unexpected) (?:value|type|input|variant)\b.{0,60}tool_choice",
                r"(?:invalid|unrecognized|incorrectly formatted) .{0,3}tool.choice",
                r"allowed .{0,20}values for .?tool_choice",
                r"expected field .{0,40} in .?tool_choice",
                r"is not one of \[[^\]]{0,200}\] - 'tool_choice",
            )
        ),
        r"unknown variant .any., expected",
    ),
)
