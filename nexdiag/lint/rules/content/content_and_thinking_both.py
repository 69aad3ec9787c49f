"""A message that calls a tool has both a text and thoughts.

## What it does

Finds an assistant's message with tool calls that has a text as its content and reasoning in a field of its own. Most
servers take it: where nothing is known of the server, its own words tell.

## Why it is bad

The template of gpt-oss has one place for what is said before a call, and refuses two texts. It happens when a client
keeps the answers of several models in one form.

## Example

```json
{"request": {"model": "gpt-oss-20b", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "Let me see.", "thinking": "I must count.", "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "42"}]},
 "status": 400, "response": {"error": {"message":
  "Cannot pass both content and thinking in an assistant message with tool calls!"}}}
```

## Instead

```json
{"request": {"model": "gpt-oss-20b", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "42"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import EXTRA

_THOUGHTS = ("thinking", "reasoning_content", "reasoning")
"""Fields that servers hand to the template as the message's thoughts."""


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at, now = history.at, history.now
    field = next((name for name in _THOUGHTS if _said(now.value.get(name))), None)
    if field is None or not now.calls or not now.text.strip():
        return
    yield Fault(
        summary=f"messages[{at}] calls a tool, and has both content and {field}",
        fix=f"put the content and the {field} of messages[{at}] into one of the two, and leave the other out",
        at=at,
        pointer=history.pointer(at, f"/{field}"),
        evidence=(now.shown(at), f"{field} {quote(str(now.value[field])[:1000])}"),
        facts={"index": str(at), "field": field},
        about=(now.raw,),
    )


def _said(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


RULE = Rule(
    name="content-and-thinking-both",
    code="NX308",
    family="content",
    page=__doc__ or "",
    arriving=_arriving,
    on=EXTRA,
    wires=("chat",),
    telling=patterns(r"cannot pass both content and thinking"),
    unknown=None,  # most servers take it
)
