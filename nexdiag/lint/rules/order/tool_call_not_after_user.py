"""A tool call follows neither the user nor the result of a tool.

## What it does

Finds an assistant message that calls a tool where the message before it is neither the user's nor a tool's: the
assistant's, a system message, or none.

## Why it is bad

Gemini refuses it. It happens when a window slides over the history and its first message is then a call, when text and
call of one answer are stored as two messages, and when parallel calls are.

## Example

```json
{"request": {"model": "gemini-3-pro", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "Let me see."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "42"}]},
 "status": 400, "response": {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message":
  "Please ensure that function call turn comes immediately after a user turn or after a function response turn."}}}
```

## Instead

```json
{"request": {"model": "gemini-3-pro", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "Let me see.", "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "42"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import CALLS, TOOL, USER


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at, now, before = history.at, history.now, history.before
    if before is not None and before.traits & (USER | TOOL):
        return
    follows = "nothing" if before is None else f"a message of role {before.role}"
    yield Fault(
        summary=f"messages[{at}] calls a tool, and follows {follows}",
        fix=f"merge messages[{at}] into the assistant message before it"
        if before is not None and before.role == now.role
        else f"put the user message that led to the call before messages[{at}]",
        at=at,
        pointer=history.pointer(at, now.calls[0].where),
        evidence=(*((before.shown(at - 1),) if before else ()), now.shown(at)),
        facts={"index": str(at), "previous": (before.role or "") if before else ""},
        about=(now.raw, before.raw if before else b""),
    )


RULE = Rule(
    name="tool-call-not-after-user",
    code="NX111",
    family="order",
    page=__doc__ or "",
    arriving=_arriving,
    on=CALLS,
    wires=("chat", "anthropic"),  # on the Responses wire each parallel call is an item of its own
    telling=patterns(r"function call turns? comes? immediately after"),
    unknown=None,  # it is Gemini's alone
)
