"""The conversation does not begin with the user.

## What it does

Finds a request whose first message after the system prompt is not the user's: the assistant's, or a tool message.

## Why it is bad

Chat templates that are written for turns begin with the user, and so do some hosted services. Where a template checks
it, it says "roles must alternate", although no two messages of one role follow each other. It happens when a greeting
opens the chat, when another agent speaks first, and when a window slides over the history and cuts off its beginning.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "system", "content": "You are the planner."},
  {"role": "assistant", "content": "Hello, I am the coder."},
  {"role": "user", "content": "Go on."}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "system", "content": "You are the planner. The coder greeted you."},
  {"role": "user", "content": "Go on."}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import FIRST, TOOL


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at, now, before = history.at, history.now, history.before
    if now.role not in ("assistant", "tool", "function"):
        return
    yield Fault(
        summary=f"the conversation begins with messages[{at}], which is of role {now.role}",
        fix=f"put a user message before messages[{at}], or move its text into the system prompt",
        at=at,
        pointer=history.pointer(at, "/role"),
        evidence=(*((before.shown(at - 1),) if before else ()), now.shown(at)),
        facts={"index": str(at), "role": now.role},
        about=(now.raw,),
        needs_words=bool(now.traits & TOOL),  # by itself it is an answer to a call that nobody made
    )


RULE = Rule(
    name="first-message-not-user",
    code="NX103",
    family="order",
    page=__doc__ or "",
    arriving=_arriving,
    on=FIRST,
    wires=("chat", "anthropic"),  # a request of the Responses wire may go on where another ended
    telling=patterns(
        r"first (?:non-system )?message (?:\([^)]{0,60}\) ?)?(?:of \S{1,100} )?must\b.{0,30}\buser",
        r"conversation must start with a user message",
    ),
    words=patterns(
        r"roles? (?:must|should) (?:be )?alternat",
        r"must alternate between",
        r"should alternate with",
        r"multiturn requests alternate",
        r"role of message with (?:even|odd) index",
        r"length of messages must be an odd number",
        r"角色需交替出现",
        r"unexpected role ['\"`]?assistant['\"`]? after role ['\"`]?system",
    ),
)
