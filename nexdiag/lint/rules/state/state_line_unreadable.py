"""A line of the inbox, the outbox or the journal is no JSON object.

## What it does

Finds lines between others that cannot be read. A torn line at the very end is being written, or its writer died: every
reader passes over it.

## Why it is bad

In the inbox of the reference executor one such line makes every read fail: the chat never answers again, and only its
log says why. In a journal the message is gone when the session is resumed.

## Example

```json
{"inbox": ["hello, is anybody there?"]}
```

## Instead

```json
{"inbox": []}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    for rows in (state.inbox, state.outbox, state.journal):
        bad = [row for row in rows if not row.good]
        if bad:
            more = (f"{len(bad) - 1} more, the last at {bad[-1].place}",) if len(bad) > 1 else ()
            yield Fault(
                summary=f"{len(bad)} {'lines' if len(bad) > 1 else 'line'} of {bad[0].file} cannot be read",
                fix="take the line out; append whole lines under the file's lock alone",
                pointer=bad[0].place,
                evidence=(f"{bad[0].place}: {quote(bad[0].text)}", *more),
            )


RULE = Rule(
    name="state-line-unreadable",
    code="NX864",
    family="state",
    page=__doc__ or "",
    state=_state,
)
