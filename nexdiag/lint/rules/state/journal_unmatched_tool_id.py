"""A call in the journal has no result, or a result no call.

## What it does

Pairs the `tool_use` blocks of a journal with its `tool_result` blocks, by their ids. The calls of a turn that is
under way are not looked at.

## Why it is bad

A process that was killed between a call and its result leaves the call alone. A session that is resumed from there
sends a call that nothing answers, or a result that nobody asked for, and the server refuses the whole history.

## Example

```json
{"journal": [
  {"seq": 1, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "hi"}]},
  {"seq": 2, "entry_type": "message", "role": "assistant", "content": [
    {"type": "tool_use", "id": "c1", "name": "ls", "input": {}}]},
  {"seq": 3, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "never mind"}]},
  {"seq": 4, "entry_type": "message", "role": "assistant", "content": [{"type": "text", "text": "ok"}]}]}
```

## Instead

```json
{"journal": [
  {"seq": 1, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "hi"}]},
  {"seq": 2, "entry_type": "message", "role": "assistant", "content": [
    {"type": "tool_use", "id": "c1", "name": "ls", "input": {}}]},
  {"seq": 3, "entry_type": "message", "role": "user", "content": [
    {"type": "tool_result", "tool_use_id": "c1", "content": "a.txt"}]},
  {"seq": 4, "entry_type": "message", "role": "assistant", "content": [{"type": "text", "text": "One file."}]}]}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import JOURNAL, RowSeen, StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    waiting: dict[str, tuple[RowSeen, str]] = {}
    made: set[str] = set()
    last: RowSeen | None = None
    for row in state.entries("message"):
        for block in row.blocks:
            if block.get("type") == "tool_use":
                waiting[str(block.get("id"))] = (row, str(block.get("name")))
                made.add(str(block.get("id")))
            elif block.get("type") == "tool_result":
                answered = str(block.get("tool_use_id"))
                waiting.pop(answered, None)
                if answered not in made and JOURNAL not in state.partial:
                    yield _stray(row, answered)
        last = row if row.word("role") == "assistant" else last
    for call_id, (row, name) in waiting.items():
        if not (state.held and row is last):
            yield _alone(row, call_id, name)


def _alone(row: RowSeen, call_id: str, name: str) -> Fault:
    return Fault(
        summary=f"nothing answers the call {shorten(call_id, 40)} of {shorten(name, 40)}",
        fix="when the session is resumed, answer the call: from its tool_execution entry, or as interrupted",
        pointer=row.place,
        evidence=(row.shown(),),
    )


def _stray(row: RowSeen, call_id: str) -> Fault:
    return Fault(
        summary=f"the result of {shorten(call_id, 40)} answers a call that nobody made",
        fix="when the session is resumed, leave the result out, or put its call back before it",
        pointer=row.place,
        evidence=(row.shown(),),
    )


RULE = Rule(
    name="journal-unmatched-tool-id",
    code="NX861",
    family="state",
    page=__doc__ or "",
    state=_state,
)
