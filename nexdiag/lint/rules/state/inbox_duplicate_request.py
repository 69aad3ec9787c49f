"""Two rows of the inbox have the same request id.

## What it does

Finds a question that was written into the inbox more than once. One that was asked again after an error is none.

## Why it is bad

A program that reads row by row asks the model twice, and the user sees the same question and two answers. It happens
when a daemon appends what its client has appended already, and when a client retries without looking.

## Example

```json
{"inbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:12.118Z", "role": "user", "content": "hi", "request_id": "a"},
  {"id": 2, "timestamp": "2026-05-20T14:03:12.119Z", "role": "user", "content": "hi", "request_id": "a"}],
 "outbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:14Z", "role": "coordinator", "content": "hello", "request_id": "a"}]}
```

## Instead

```json
{"inbox": [{"id": 1, "timestamp": "2026-05-20T14:03:12.118Z", "role": "user", "content": "hi", "request_id": "a"}],
 "outbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:14Z", "role": "coordinator", "content": "hello", "request_id": "a"}]}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import RowSeen, StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    failed = {row.word("request_id") for row in state.outbox if row.word("role") == "system-error"}
    first: dict[str, RowSeen] = {}
    for row in state.questions:
        request = row.word("request_id")
        if not request or request in failed:
            continue
        earlier = first.setdefault(request, row)
        if earlier is not row:
            same = earlier.word("content") == row.word("content")
            yield Fault(
                summary=f"the request id {shorten(request, 60)} stands in {earlier.place} and in {row.place}"
                + ("" if same else ", with other words"),
                fix="look for the request id under the inbox's lock before appending a row",
                pointer=row.place,
                evidence=(earlier.shown(), row.shown()),
                weight=Severity.INFO if same and state.ours else None,  # it is answered once
            )


RULE = Rule(
    name="inbox-duplicate-request",
    code="NX851",
    family="state",
    page=__doc__ or "",
    state=_state,
)
