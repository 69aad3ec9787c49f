"""A question in the inbox has no row in the outbox.

## What it does

Finds questions that neither an answer nor an error settles. The turn that somebody who lives works on is none of
them. It tells a question that waits from one that is lost: whose id the cursor has passed without an answer.

## Why it is bad

Who asked waits for ever. The reference executor moves its cursor before the turn, so that a crash in between loses the
message; and after a rotation its ids begin anew below the old cursor, so that new messages are never read.

## Example

```json
{"inbox": [{"id": 1, "timestamp": "2026-05-20T14:03:12Z", "role": "user", "content": "hi", "request_id": "a"}]}
```

## Instead

```json
{"inbox": [{"id": 1, "timestamp": "2026-05-20T14:03:12Z", "role": "user", "content": "hi", "request_id": "a"}],
 "outbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:14Z", "role": "coordinator", "content": "hello", "request_id": "a"}]}
```

## Who refuses it
"""

import math
from collections.abc import Iterator

from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import OUTBOX, RowSeen, StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    answered = {row.fields.get("request_id") for row in state.outbox if row.word("request_id")}
    settled = {number for row in state.outbox for number in row.numbers("settles")}
    highest = max((row.number("id") or 0 for row in state.questions), default=0)
    never = math.inf if OUTBOX in state.partial else 0.0  # nothing of it could be read
    begins = min((row.at or 0 for row in state.outbox), default=never) if _lacks_old(state) else 0
    for row in state.questions:
        number = row.number("id") or 0
        if row.word("request_id") in answered or number in settled or row.word("request_id").startswith("heartbeat-"):
            continue
        cursor = state.cursor or 0
        passed = 0 < number <= cursor
        if (passed and state.ours and cursor <= highest) or (row.at or 0) < begins:
            continue
        if state.held and not passed:  # its turn is under way, or comes
            continue
        yield _fault(state, row, passed=passed, restarted=passed and cursor > highest)


def _fault(state: StateSeen, row: RowSeen, *, passed: bool, restarted: bool) -> Fault:
    named = f"question {row.number('id')} ({shorten(row.word('request_id') or 'without a request id', 60)})"
    summary, fix = f"{named} waits for an answer, and nobody works on it", "start the service: it is asked again"
    if restarted:
        summary = f"{named} was never read: the cursor stands at {state.cursor}, behind every id of the inbox"
        fix = "write 0 into .nex-cursor, then start the service; ids must go on when mail is rotated"
    elif passed:
        summary = f"{named} was read, and has no answer: the cursor stands at {state.cursor}"
        fix = "ask it again; move the cursor only when the answer is written"
    return Fault(summary=summary, fix=fix, pointer=row.place, evidence=(row.shown(), "the outbox has no row for it"))


def _lacks_old(state: StateSeen) -> bool:
    """Whether old answers may stand elsewhere."""
    return state.rotated or OUTBOX in state.partial


RULE = Rule(
    name="inbox-unanswered",
    code="NX850",
    family="state",
    page=__doc__ or "",
    state=_state,
)
