"""A session's lock names a process that is gone.

## What it does

Finds a `.handler.pid` whose process does not live, or is another one by now that only got the same number.

## Why it is bad

Its holder was killed, or crashed: look for what it left undone. The next one to take the session removes the lock;
programs that only look whether the file is there refuse to work.

## Example

```json
{"lock": {"pid": 41240, "since": "2026-05-20T14:03:12Z", "kind": "chat-nex", "held": false}}
```

## Instead

```json
{"lock": {"pid": 41240, "since": "2026-05-20T14:03:12Z", "kind": "chat-nex", "held": true}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    if state.lock is not None and not state.lock.held:
        yield Fault(
            summary=f"the session is locked by {state.lock}, which is gone",
            fix="start the service, or remove the file if nobody works on the session",
            pointer=state.lock.file,
            evidence=(f"{state.lock.file}: {state.lock}", "no such process lives"),
        )


RULE = Rule(
    name="stale-lock",
    code="NX856",
    family="state",
    page=__doc__ or "",
    state=_state,
)
