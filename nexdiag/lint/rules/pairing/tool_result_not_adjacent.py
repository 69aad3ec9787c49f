"""Something stands between a tool call and its answer.

## What it does

Finds a message that stands between an assistant's tool call and the message that answers it. Only other answers may
stand there. In the Messages dialect, a text before the `tool_result` blocks of the same message stands between as well.
Parallel calls in several messages are another fault. On the Responses wire it counts only if the server complains.

## Why it is bad

Hosted services want the answers right after the call, and refuse the request: of the call they say that it has no
answer, or of the answer that it follows no call. It happens when a client puts a reminder, a warning or the user's next
words into the history while a tool still runs.

## Example

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
  {"role": "user", "content": "[the context is nearly full]"},
  {"role": "tool", "tool_call_id": "call_1", "content": "a.txt"}]}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "a.txt"},
  {"role": "user", "content": "[the context is nearly full]"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.rules.pairing.orphan_tool_result import RULE as ORPHAN
from nexdiag.lint.rules.pairing.unanswered_tool_call import RULE as UNANSWERED
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import Late
from nexdiag.lint.seen.message import NOTED, PARTS


def _arriving(case: Case) -> Iterator[Fault]:
    for late in case.history.arrived.late:
        yield _between(case, late)
    if case.history.now.role == "user":
        yield from _text_first(case)


def _between(case: Case, late: Late) -> Fault:
    history = case.history
    asking, intruder = history.messages[late.asked], history.messages[late.between]
    at, answer = late.between, history.at
    return Fault(
        summary=f"messages[{at}] stands between the tool call of messages[{late.asked}] and its answer",
        fix=f"move messages[{at}] behind messages[{answer}], so that the answer follows the call",
        at=at,
        pointer=history.pointer(at),
        evidence=(asking.shown(late.asked), intruder.shown(at), history.now.shown(answer)),
        facts={
            "index": str(late.asked),
            "next": str(late.asked + 1),
            "id": late.call.id or "",
            "ids": late.call.id or "",
            "previous": history.messages[answer - 1].role or "",
        },
        about=(asking.raw, intruder.raw),
        ids=(*((late.call.id,) if late.call.id else ()), f"after role '{history.messages[answer - 1].role}'"),
        needs_words=history.list_name == "input",  # Responses matches by id, wherever the answer stands
    )


def _text_first(case: Case) -> Iterator[Fault]:
    """A user message whose results come behind its text, though Messages wants them to come first."""
    history = case.history
    at, now = history.at, history.now
    parts = now.parts
    first = next((place for place, part in enumerate(parts) if part.get("type") == "tool_result"), 0)
    if not first or len(now.answers) == len(history.strays):
        return
    ids = tuple(call_id for call_id in now.answers if call_id)
    yield Fault(
        summary=f"messages[{at}] has text before its tool results: it stands between call and answer",
        fix=f"put the tool_result blocks of messages[{at}] first, and the text behind them",
        at=at,
        pointer=history.pointer(at, "/content/0"),
        evidence=(now.shown(at),),
        facts={"index": str(at - 1), "next": str(at), "id": ids[0] if ids else "", "ids": ", ".join(ids)},
        about=(now.raw, b"text first"),
        ids=ids,
        weight=Severity.WARNING,  # Messages forbids it, but not every server of that dialect looks
    )


RULE = Rule(
    name="tool-result-not-adjacent",
    code="NX203",
    family="pairing",
    page=__doc__ or "",
    arriving=_arriving,
    on=NOTED | PARTS,
    telling=patterns(r"conversation blocks and tool.?result blocks cannot be provided in the same turn"),
    words=(*UNANSWERED.suspects, *ORPHAN.suspects, *ORPHAN.words),
    elsewhere=Severity.WARNING,  # it passes, and templates render an answer that belongs to nothing
)
