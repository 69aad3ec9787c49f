"""A message of the assistant has neither a text nor a tool call.

## What it does

Finds an assistant's message without tool calls whose content is empty, null or missing, for servers that say so in
these words. Where a server looks at the content alone, it is empty-content, null-content or missing-content.

## Why it is bad

mistral-common refuses it for models with a tokenizer before version 7, and so every later request of the chat. It
happens when an answer that was broken off, or whose tool calls were thrown away, is kept in the history.

## Example

```json
{"server": "mistral-v3", "request": {"model": "mistral-7b-instruct-v0.3", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": ""},
  {"role": "user", "content": "Are you there?"}]}}
```

## Instead

```json
{"server": "mistral-v3", "request": {"model": "mistral-7b-instruct-v0.3", "messages": [
  {"role": "user", "content": "How many rows? Are you there?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ASSISTANT, NO_TEXT


def _arriving(case: Case) -> Iterator[Fault]:
    history, now = case.history, case.history.now
    if not now.traits & ASSISTANT or now.content or now.value.get("tool_calls"):
        return
    at = history.at
    yield Fault(
        summary=f"messages[{at}] is the assistant's, and has neither content nor tool_calls",
        fix=f"leave messages[{at}] out",
        at=at,
        pointer=history.pointer(at),
        evidence=(now.shown(at),),
        facts={"index": str(at), "role": "assistant"},
        about=(now.raw, b"neither"),
    )


RULE = Rule(
    name="empty-assistant-message",
    code="NX310",
    family="content",
    page=__doc__ or "",
    arriving=_arriving,
    on=NO_TEXT,
    wires=("chat",),
    words=patterns(r"must (?:have|contain) either ['\"`]?content['\"`]? or ['\"`]?tool_calls"),
    last_resort=True,  # what the content is, is said by rules of its own
    unknown=None,
)
