"""Parallel tool calls are split over several assistant messages.

## What it does

Finds assistant messages in a row that each call a tool, and whose calls are answered only after the last of them. On
the Responses wire, where each call is an item of its own, that is how parallel calls look, and no fault.

## Why it is bad

Hosted services want the answers right behind the message that calls. The first of the messages is followed by another
assistant message instead, and the request is refused as if its call had no answer. It happens when a client stores
each call of one turn as a message of its own.

## Example

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Do both."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "a", "arguments": "{}"}}]},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_2", "type": "function", "function": {"name": "b", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "A"},
  {"role": "tool", "tool_call_id": "call_2", "content": "B"}]}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Do both."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "a", "arguments": "{}"}},
    {"id": "call_2", "type": "function", "function": {"name": "b", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "A"},
  {"role": "tool", "tool_call_id": "call_2", "content": "B"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.rules.pairing.orphan_tool_result import RULE as ORPHAN
from nexdiag.lint.rules.pairing.unanswered_tool_call import RULE as UNANSWERED
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import NOTED


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    split = history.arrived.split
    if split is None:
        return
    at = split.first + 1
    first, second = history.messages[split.first], history.messages[at]
    ids = [call.id for call in first.calls if call.id is not None]
    through = f"messages[{split.first}] to messages[{split.last}]"
    yield Fault(
        summary=f"{through} hold the parallel calls of one turn, each message its own",
        fix=f"put all tool_calls of {through} into messages[{split.first}], and its answers behind it",
        at=at,
        pointer=history.pointer(at, second.calls[0].where),
        evidence=(first.shown(split.first), second.shown(at), history.now.shown(history.at)),
        facts={"index": str(split.first), "ids": ", ".join(ids), "next": str(at)},
        about=tuple(message.raw for message in history.messages[split.first : split.last + 1]),
        ids=tuple(ids),
    )


RULE = Rule(
    name="split-parallel-tool-calls",
    code="NX205",
    family="pairing",
    page=__doc__ or "",
    arriving=_arriving,
    on=NOTED,
    wires=("chat", "anthropic"),
    words=(*UNANSWERED.suspects, *ORPHAN.suspects, *ORPHAN.words),
    elsewhere=Severity.INFO,  # calls and answers still find each other by their ids
)
