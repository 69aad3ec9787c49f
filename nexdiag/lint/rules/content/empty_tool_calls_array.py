"""The list of tool calls of a message is empty.

## What it does

Finds a message with `tool_calls` that is an empty list.

## Why it is bad

OpenAI, Azure and DashScope want the field left out where there is no call, and refuse the request and every later one.
It happens when the SDK's parsed answer, in which the list is there and empty, is put into the history as it is.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "What color is the sky?"},
  {"role": "assistant", "content": "Blue.", "tool_calls": []},
  {"role": "user", "content": "Why?"}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "What color is the sky?"},
  {"role": "assistant", "content": "Blue."},
  {"role": "user", "content": "Why?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ASSISTANT, NO_CALLS


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at, now = history.at, history.now
    if not now.traits & ASSISTANT or now.value.get("tool_calls") != []:
        return
    yield Fault(
        summary=f"tool_calls of messages[{at}] is an empty list",
        fix=f"leave tool_calls out of messages[{at}]",
        at=at,
        pointer=history.pointer(at, "/tool_calls"),
        evidence=(now.shown(at), "tool_calls []"),
        facts={"index": str(at)},
        about=(now.raw,),
    )


RULE = Rule(
    name="empty-tool-calls-array",
    code="NX306",
    family="content",
    page=__doc__ or "",
    arriving=_arriving,
    on=NO_CALLS,
    wires=("chat",),
    telling=patterns(
        r"tool_calls['\"`]?: (?:empty array|\[\] is too short)",
        r"empty tool_calls",
        r"\[\] is too short - ['\"`]messages\.\S{0,20}tool_calls",
    ),
    words=patterns(
        r"\btool_calls\b.{0,80}\b(?:empty|too short|at least (?:1|one)|minimum|non-empty)\b",
        r"\b(?:empty|too short|at least (?:1|one))\b.{0,80}\btool_calls\b",
    ),
    silent_if_accepted=True,
)
