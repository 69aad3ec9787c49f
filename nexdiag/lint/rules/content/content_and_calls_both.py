"""A message of the assistant has both a text and tool calls.

## What it does

Finds an assistant's message with tool calls whose content is not empty, for servers that take one or the other. Most
take both, and models do say something before they call: where nothing is known of the server, its own words tell.

## Why it is bad

Models of Mistral with a tokenizer before version 7 have no place for a text beside a call: mistral-common refuses the
request. It happens when a chat that was begun with another model goes on with one of these.

## Example

```json
{"server": "mistral-v3", "request": {"model": "mistral-7b-instruct-v0.3", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "I will count.", "tool_calls": [
    {"id": "call00001", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call00001", "content": "42"}]},
 "status": 400, "response": {"object": "error", "message":
  "Assistant message must have either content or tool_calls, but not both."}}
```

## Instead

```json
{"server": "mistral-v3", "request": {"model": "mistral-7b-instruct-v0.3", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "call00001", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call00001", "content": "42"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import BOTH


def _arriving(case: Case) -> Iterator[Fault]:
    history, now = case.history, case.history.now
    if not now.content or now.role != "assistant" or not now.value.get("tool_calls"):
        return
    at = history.at
    yield Fault(
        summary=f"messages[{at}] has both content and tool_calls",
        fix=f'send "" as the content of messages[{at}], and its text, if it is needed, in the message before',
        at=at,
        pointer=history.pointer(at, "/content"),
        evidence=(now.shown(at),),
        facts={"index": str(at)},
        about=(now.raw, b"both"),
    )


RULE = Rule(
    name="content-and-calls-both",
    code="NX309",
    family="content",
    page=__doc__ or "",
    arriving=_arriving,
    on=BOTH,
    wires=("chat",),
    words=patterns(  # said of a message that has neither as well
        r"either content or tool_calls, but not both",
        r"\bcontent\b.{0,30}\btool_calls\b.{0,40}\b(?:not both|both|mutually exclusive|together|same time)\b",
    ),
    unknown=None,  # most servers take it
)
