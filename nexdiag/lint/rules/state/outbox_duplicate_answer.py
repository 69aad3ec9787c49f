"""One question has several answers in the outbox.

## What it does

Finds a second answer to a request id. An error before the answer is the story of a retry, and no second answer.

## Why it is bad

Which answer the user sees is luck: a client prints the first row that has its request id. The model was asked, and
paid, more than once: after a crash between the answer and the cursor, or because two programs served the same chat.

## Example

```json
{"inbox": [{"id": 1, "timestamp": "2026-05-20T14:03:12Z", "role": "user", "content": "hi", "request_id": "a"}],
 "outbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:14Z", "role": "coordinator", "content": "hello", "request_id": "a"},
  {"id": 2, "timestamp": "2026-05-20T14:03:19Z", "role": "coordinator", "content": "Hi there.", "request_id": "a"}]}
```

## Instead

```json
{"inbox": [{"id": 1, "timestamp": "2026-05-20T14:03:12Z", "role": "user", "content": "hi", "request_id": "a"}],
 "outbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:14Z", "role": "coordinator", "content": "hello", "request_id": "a"}]}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import RowSeen, StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    first: dict[str, RowSeen] = {}
    for row in state.outbox:
        request = row.word("request_id")
        if not request or row.word("role") == "system-error":
            continue
        earlier = first.setdefault(request, row)
        if earlier is not row:
            yield Fault(
                summary=f"{row.place} answers {shorten(request, 60)} again: {earlier.place} did",
                fix="look for an answer under the outbox's lock before writing one; let one process own a chat",
                pointer=row.place,
                evidence=(earlier.shown(), row.shown()),
            )


RULE = Rule(
    name="outbox-duplicate-answer",
    code="NX852",
    family="state",
    page=__doc__ or "",
    state=_state,
)
