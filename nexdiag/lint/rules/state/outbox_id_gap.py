"""The ids of the outbox do not follow each other.

## What it does

Finds rows whose id is not the one after that of the row before: rows are missing, or an id was given twice. Where old
mail was set aside, or only the end of the file was read, it finds ids that were given twice alone.

## Why it is bad

Readers keep the last id that they saw: a row whose id is not above it is never shown, and a row that is gone was an
answer to somebody. It happens when two programs write without a lock, and when a file is edited or cut.

## Example

```json
{"outbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:14Z", "role": "coordinator", "content": "hello", "request_id": "a"},
  {"id": 4, "timestamp": "2026-05-20T14:05:14Z", "role": "coordinator", "content": "bye", "request_id": "d"}]}
```

## Instead

```json
{"outbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:14Z", "role": "coordinator", "content": "hello", "request_id": "a"},
  {"id": 2, "timestamp": "2026-05-20T14:05:14Z", "role": "coordinator", "content": "bye", "request_id": "d"}]}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import OUTBOX, RowSeen, StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    before: RowSeen | None = None
    spoiled = False
    for row in state.outbox:
        number = row.number("id")
        if number is None:  # a spoiled row had an id too
            spoiled = True
            continue
        last = 0 if before is None else before.number("id") or 0
        gap = number > last + 1 and not spoiled and not state.rotated and OUTBOX not in state.partial
        if gap or (before is not None and number <= last):
            yield _fault(row, before, number, last)
        before, spoiled = row, False


def _fault(row: RowSeen, before: RowSeen | None, number: int, last: int) -> Fault:
    missing = f"{last + 1}" if number == last + 2 else f"{last + 1} to {number - 1}"
    lost = number > last
    where = f"{before.place} has the id {last}" if before is not None else "it is the first row"
    return Fault(
        summary=f"the id {number} follows {last}: {f'rows {missing} are missing' if lost else 'readers pass over it'}",
        fix="look for the missing answers in a copy or in the journal; write rows under a lock alone",
        pointer=row.place,
        evidence=(where, row.shown()),
    )


RULE = Rule(
    name="outbox-id-gap",
    code="NX854",
    family="state",
    page=__doc__ or "",
    state=_state,
)
