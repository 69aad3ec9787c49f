"""Nothing answers a tool call.

## What it does

Finds an assistant message with a tool call that no later message answers. It looks at the request as it was sent:
an answer that comes late, behind other messages, is another fault. The order in which parallel calls are answered
does not matter.

## Why it is bad

Hosted services refuse the request, and every later one, because the call stays in the history. Local servers let it
pass, and the model waits for an answer or makes one up. It happens when a tool run is cancelled or fails without a
word, when only some of several parallel calls are answered, and when a gateway turns the tool's output into a user
message.

## Example

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Scan the host."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "scan", "arguments": "{}"}}]},
  {"role": "user", "content": "Never mind."}]}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Scan the host."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "scan", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "cancelled by the user"},
  {"role": "user", "content": "Never mind."}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import listed
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case


def _ending(case: Case) -> Iterator[Fault]:
    history = case.history
    for at, calls in history.unanswered().items():
        asking = history.messages[at]
        after = history.messages[at + 1] if at + 1 < len(history.messages) else None
        ids = [call.id for call in calls if call.id is not None]
        names = listed([call.name or "a tool" for call in calls])
        named = f" ({listed(ids)})" if ids else ""
        yield Fault(
            summary=f"messages[{at}] calls {names}{named}, and no later message answers",
            fix=f"put one tool message for each call right after messages[{at}]; a cancelled run is an answer too",
            at=at,
            pointer=f"/messages/{at}/tool_calls",
            evidence=(
                asking.shown(at),
                after.shown(at + 1) if after else f"messages[{at}] is the last",
            ),
            facts={"index": str(at), "ids": ", ".join(ids), "next": str(at + 1)},
            about=(asking.raw,),
            ids=tuple(ids),
        )


RULE = Rule(
    name="unanswered-tool-call",
    code="NX202",
    family="pairing",
    page=__doc__ or "",
    ending=_ending,
    telling=patterns(
        r"must be followed by tool messages",
        r"tool_use.? ids were found without",
        r"not the same number of function calls and responses",
        r"number of function response parts is equal",
    ),
    elsewhere=Severity.WARNING,  # local servers let it pass, and the model waits for an answer or makes one up
)
