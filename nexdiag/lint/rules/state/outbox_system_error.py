"""A question ended in an error that the system wrote into the outbox.

## What it does

Finds rows of the role `system-error`. Equal errors, but for their numbers, are one finding that counts them. One
after which the same question was answered is a remark.

## Why it is bad

It is what the user saw instead of an answer. A client that prints the first row of its request id shows it also where
a retry succeeded after it.

## Example

```json
{"inbox": [{"id": 1, "timestamp": "2026-05-20T14:03:12Z", "role": "user", "content": "hi", "request_id": "a"}],
 "outbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:14Z", "role": "system-error", "content": "error 503", "request_id": "a"}]}
```

## Instead

```json
{"inbox": [{"id": 1, "timestamp": "2026-05-20T14:03:12Z", "role": "user", "content": "hi", "request_id": "a"}],
 "outbox": [
  {"id": 1, "timestamp": "2026-05-20T14:03:14Z", "role": "coordinator", "content": "hello", "request_id": "a"}]}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import RowSeen, StateSeen

_NUMBERS = re.compile(r"\d+")
_LONG = 200


def _state(state: StateSeen) -> Iterator[Fault]:
    answered = {row.word("request_id") for row in state.outbox if row.word("role") == "coordinator"} - {""}
    alike: dict[tuple[str, bool], list[RowSeen]] = {}
    for row in state.outbox:
        if row.word("role") == "system-error":
            kind = _NUMBERS.sub("#", row.word("content")[:_LONG])
            alike.setdefault((kind, row.word("request_id") in answered), []).append(row)
    for (_, mended), rows in alike.items():
        row = rows[0]
        more = (f"{len(rows) - 1} more like it, the last at {rows[-1].place}",) if len(rows) > 1 else ()
        yield Fault(
            summary=f"the system answered with an error: {both_ends(row.word('content'), _LONG)}",
            fix="nothing: the question was answered later"
            if mended
            else "see what the endpoint said (record it: nexdiag capture), and ask again",
            pointer=row.place,
            evidence=(row.shown(), *more),
            weight=Severity.INFO if mended else None,
        )


RULE = Rule(
    name="outbox-system-error",
    code="NX853",
    family="state",
    page=__doc__ or "",
    state=_state,
)
