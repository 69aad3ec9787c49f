"""A session's journal breaks off within a turn.

## What it does

Finds a life of a session (from one `init` entry to the next, or to the end) that has no `end` entry, and whose last
turn is open: a question without an answer, or a call without what the model made of its result. While somebody
works on the session it is none, and a turn that ended in an error is none. Of a task, whose journal is always closed,
a missing `end` is told by itself.

## Why it is bad

The process was killed or crashed there. What the turn had done by then is done; who resumes the session must ask the
question again, and must not run the tools again.

## Example

```json
{"journal": [
  {"seq": 1, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "hi"}]},
  {"seq": 2, "entry_type": "message", "role": "assistant", "content": [{"type": "text", "text": "hello"}]},
  {"seq": 3, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "go on"}]}]}
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

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import RowSeen, StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    failed = {row.word("request_id") for row in state.outbox if row.word("role") == "system-error"} - {""}
    lives = list(_lives(state))
    for place, life in enumerate(lives):
        last_life = place == len(lives) - 1
        if life[-1].fields.get("entry_type") == "end" or (last_life and state.held):
            continue
        last = next((row for row in reversed(life) if row.fields.get("entry_type") == "message"), None)
        if last is not None and _open(last) and _asked(life) not in failed:
            taken_up = not last_life and any(row.fields.get("entry_type") == "message" for row in lives[place + 1])
            yield _fault(last, "breaks off within a turn", Severity.INFO if taken_up else None)
        elif state.kind == "task-agent" and last_life:
            yield _fault(life[-1], "has no end", Severity.INFO)


def _lives(state: StateSeen) -> Iterator[list[RowSeen]]:
    life: list[RowSeen] = []
    for row in state.journal:
        kind = row.fields.get("entry_type")
        if kind == "init" and life:
            yield life
            life = []
        if isinstance(kind, str):
            life.append(row)
    if life:
        yield life


def _asked(life: list[RowSeen]) -> str | None:
    """The request id of the last question."""
    return next((row.word("request_id") for row in reversed(life) if row.word("request_id")), None)


def _open(row: RowSeen) -> bool:
    """Whether the turn goes on after this message."""
    if row.word("role") != "assistant":
        return True
    return any(block.get("type") == "tool_use" for block in row.blocks)


def _fault(last: RowSeen, what: str, weight: Severity | None) -> Fault:
    return Fault(
        summary=f"the journal {what}: its last message is {last.word('role') or 'an entry'} at {last.place}",
        fix="look in the daemon's log for why the process ended there; then resume the session",
        pointer=last.place,
        evidence=(last.shown(), "no entry `end` follows, and nobody works on the session"),
        weight=weight,
    )


RULE = Rule(
    name="journal-without-end",
    code="NX859",
    family="state",
    page=__doc__ or "",
    state=_state,
)
