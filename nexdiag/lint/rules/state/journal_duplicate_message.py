"""A message stands in the journal twice.

## What it does

Finds a message that is equal to the one before it, and a second result of the same call. Two questions that have
request ids of their own are two questions, whatever their words.

## Why it is bad

A session that is resumed sends both: two user messages in a row, or two results for one call, and strict servers
refuse the request and every later one. The reference executor's loop writes a message once when it is made, and
again before it calls the model; each retry writes it once more.

## Example

```json
{"journal": [
  {"seq": 1, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "hi"}]},
  {"seq": 2, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "hi"}]},
  {"seq": 3, "entry_type": "message", "role": "assistant", "content": [{"type": "text", "text": "hello"}]}]}
```

## Instead

```json
{"journal": [
  {"seq": 1, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "hi"}]},
  {"seq": 2, "entry_type": "message", "role": "assistant", "content": [{"type": "text", "text": "hello"}]}]}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import RowSeen, StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    before: RowSeen | None = None
    results: dict[str, RowSeen] = {}
    for row in state.entries("message"):
        ids = [str(one.get("tool_use_id")) for one in row.blocks if one.get("type") == "tool_result"]
        again = next((one for one in ids if one in results), None)
        if before is not None and _equal(before, row):
            yield _fault(row, before, "is equal to")
        elif again is not None:
            yield _fault(row, results[again], f"answers the call {shorten(again, 40)} again, after")
        for one in (block.get("id") for block in row.blocks if block.get("type") == "tool_use"):
            results.pop(str(one), None)  # an id may begin anew with a call of its own
        results |= dict.fromkeys(ids, row)
        before = row


def _equal(before: RowSeen, row: RowSeen) -> bool:
    ids = before.word("request_id"), row.word("request_id")
    if all(ids) and ids[0] != ids[1]:
        return False
    return bool(row.blocks) and all(before.fields.get(key) == row.fields.get(key) for key in ("role", "content"))


def _fault(row: RowSeen, before: RowSeen, how: str) -> Fault:
    return Fault(
        summary=f"the message at {row.place} {how} that at {before.place}",
        fix="write each message once, when it is made; leave the copy out when the session is resumed",
        pointer=row.place,
        evidence=(before.shown(), row.shown()),
    )


RULE = Rule(
    name="journal-duplicate-message",
    code="NX860",
    family="state",
    page=__doc__ or "",
    state=_state,
)
