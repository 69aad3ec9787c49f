"""The user speaks right after a tool, without the assistant between them.

## What it does

Finds a user message that follows a tool message.

## Why it is bad

Most servers take it. Older checks of Mistral want an assistant's turn between the tool and the user, and templates
that do not count tool messages see two user messages in a row. It happens when the user interrupts a tool loop, and
when a reminder or a warning is added behind the results.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "abcdefghi", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "abcdefghi", "content": "42"},
  {"role": "user", "content": "And columns?"}]},
 "status": 400, "response": {"object": "error", "message": "Unexpected role 'user' after role 'tool'"}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "abcdefghi", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "abcdefghi", "content": "42"},
  {"role": "assistant", "content": "There are 42 rows."},
  {"role": "user", "content": "And columns?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.instead import standing
from nexdiag.lint.seen.message import TOOL, USER


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    before = history.before
    if before is None or not before.traits & TOOL or history.now.answers:
        return
    at, now = history.at, history.now
    owing = standing(history, at)
    yield Fault(
        summary=f"messages[{at}] is the user's, right after the tool message at {at - 1}",
        fix=owing.fix
        if owing
        else f"put an assistant message before messages[{at}], or move its text into the tool message at {at - 1}",
        at=at,
        pointer=history.pointer(at, "/role"),
        evidence=(before.shown(at - 1), now.shown(at)),
        facts={"index": str(at), "role": "user", "previous": "tool"},
        about=(before.raw, now.raw),
    )


RULE = Rule(
    name="user-after-tool",
    code="NX108",
    family="order",
    page=__doc__ or "",
    arriving=_arriving,
    on=USER,
    wires=("chat",),
    telling=patterns(
        r"unexpected role ['\"`]?(?:RoleEnum\.)?user['\"`]? after role ['\"`]?(?:RoleEnum\.)?tool",
        r"cannot specify message if the last entry in (?:the )?chat.?history contains tool.?results",
    ),
    # templates that leave out calls and results see two user messages
    words=patterns(r"roles? (?:must|should) (?:be )?alternat", r"must alternate between"),
    unknown=None,  # most servers take it
    silent_if_accepted=True,
)
