"""The numbers of a journal's entries do not follow each other.

## What it does

Finds an entry whose `seq` is not the one after that of the entry before: entries are missing, or two have one number.

## Why it is bad

A session is resumed from its journal, and a compaction says by number what it stands for: with entries gone the model
forgets; with numbers given twice it forgets the wrong ones. Two processes that write to one session do that.

## Example

```json
{"journal": [
  {"seq": 1, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "hi"}]},
  {"seq": 5, "entry_type": "message", "role": "assistant", "content": [{"type": "text", "text": "hello"}]}]}
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

from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import JOURNAL, RowSeen, StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    before: RowSeen | None = None
    spoiled: list[RowSeen] = []
    for row in state.journal:
        number = row.number("seq")
        if number is None:
            spoiled.append(row)
            continue
        last = 0 if before is None else before.number("seq") or 0
        known = before is not None or JOURNAL not in state.partial
        if known and number != last + 1:
            yield _fault(row, before, number, last, spoiled)
        before, spoiled = row, []


def _fault(row: RowSeen, before: RowSeen | None, number: int, last: int, spoiled: list[RowSeen]) -> Fault:
    missing = f"{last + 1}" if number == last + 2 else f"{last + 1} to {number - 1}"
    what = f"entries {missing} are missing" if number > last else "a number was given twice, or the order is lost"
    where = f"{before.place} has the number {last}" if before is not None else "it is the first entry"
    return Fault(
        summary=f"the number {number} follows {last}: {what}",
        fix="let one process own a session: take its lock before writing; look for the entries in a copy",
        pointer=row.place,
        evidence=(where, row.shown(), *(f"{one.place} is no entry" for one in spoiled[:3])),
    )


RULE = Rule(
    name="journal-sequence-gap",
    code="NX858",
    family="state",
    page=__doc__ or "",
    state=_state,
)
