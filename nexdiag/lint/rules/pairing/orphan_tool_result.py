"""A tool message answers a call that nobody made.

## What it does

Finds a tool message that answers no call: no assistant message before it made a call with that id. An answer that
comes late, behind other messages, and a second answer to the same call are other faults.

## Why it is bad

Hosted services refuse the request. Local servers let it pass, and the model sees the output of a tool that it never
called. It happens when the assistant message that made the call is lost: rebuilt from its text alone, or cut off by
a window that slides over the history without looking where turns begin.

## Example

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "tool", "tool_call_id": "call_1", "content": "42"}]}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "42"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import listed, quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    if not history.strays:
        return
    at = len(history.messages) - 1
    now = history.messages[at]
    before = history.messages[at - 1] if at else None
    ids = [call_id for call_id in history.strays if call_id is not None]
    named = f"call {listed(ids)}" if ids else "a call that it does not name"
    yield Fault(
        summary=f"messages[{at}] answers {named}, which no message before it made",
        fix=f"put the assistant message that made the call before messages[{at}], or leave messages[{at}] out",
        at=at,
        pointer=f"/messages/{at}/tool_call_id" if now.role == "tool" and ids else f"/messages/{at}",
        evidence=tuple(
            shown
            for shown in (
                before.shown(at - 1) if before else "",
                now.shown(at),
                f"tool_call_id {quote(ids[0])}" if ids else "",
            )
            if shown
        ),
        facts={"index": str(at), "id": ", ".join(ids), "previous": (before.role or "") if before else ""},
        about=(now.raw,),
        ids=tuple(ids),
    )


RULE = Rule(
    name="orphan-tool-result",
    code="NX201",
    family="pairing",
    page=__doc__ or "",
    arriving=_arriving,
    telling=patterns(
        r"role ['\"]tool['\"] must be a response",
        r"unexpected .?tool_use_id",
        r"unexpected role ['\"]tool['\"] after",
        r"function response turn comes immediately after",
    ),
    words=patterns(r"unexpected tool call id .{0,200} in tool results", r"unexpected role RoleEnum\.tool"),
    elsewhere=Severity.WARNING,  # it passes, and the model reads the output of a tool that it never called
)
