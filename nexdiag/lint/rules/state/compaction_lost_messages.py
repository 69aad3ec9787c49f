"""A compaction stands for messages that it does not sum up.

## What it does

Finds a `compaction` entry behind whose number messages disappear when the session is resumed, though its summary is
empty, a remark on a tool result that was shortened, or a failure; and one that reaches beyond itself. Where the
reference executor kept its last two messages beside the summary but numbered them as summed up, it is a remark.

## Why it is bad

Who resumes the session leaves out everything up to that number: the model has forgotten the conversation, and no error
says so.

## Example

```json
{"journal": [
  {"seq": 1, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "hi"}]},
  {"seq": 2, "entry_type": "message", "role": "assistant", "content": [{"type": "text", "text": "hello"}]},
  {"seq": 3, "entry_type": "compaction", "compacted_through_seq": 2,
   "summary": "microcompact: -5120 bytes (~1300 tokens)", "original_message_count": 2, "original_token_count": 90}]}
```

## Instead

```json
{"journal": [
  {"seq": 1, "entry_type": "message", "role": "user", "content": [{"type": "text", "text": "hi"}]},
  {"seq": 2, "entry_type": "message", "role": "assistant", "content": [{"type": "text", "text": "hello"}]},
  {"seq": 3, "entry_type": "compaction", "compacted_through_seq": 0,
   "summary": "microcompact: -5120 bytes (~1300 tokens)", "original_message_count": 2, "original_token_count": 90}]}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import RowSeen, StateSeen

_KEPT = 2
"""Messages that the reference keeps beside a summary."""


def _state(state: StateSeen) -> Iterator[Fault]:
    messages: list[int] = []
    for row in state.entries("message", "compaction"):
        number = row.number("seq") or 0
        if row.fields.get("entry_type") == "message":
            messages.append(number)
            continue
        through = row.number("compacted_through_seq") or 0
        gone = sum(one <= through for one in messages)
        why = _why(row, number, through)
        if gone and why:
            yield _fault(row, f"{gone} messages before it are left out on resuming, and {why}", None)
        elif gone == len(messages) > _KEPT and "turn" not in row.fields:  # ours says its turn, and keeps none
            what = f"it counts as summed up the last {_KEPT} messages too, which were kept word for word"
            yield _fault(row, what, Severity.INFO)


def _why(row: RowSeen, number: int, through: int) -> str:
    summary = row.word("summary").strip()
    if through > number > 0:
        return f"it reaches to {through}, beyond its own number {number}"
    if not summary:
        return "its summary is empty"
    if row.word("fallback_reason"):
        return f"no summary was made ({shorten(row.word('fallback_reason'), 60)})"
    return "its summary is a remark" if summary.lower().startswith("microcompact") else ""


def _fault(row: RowSeen, what: str, weight: Severity | None) -> Fault:
    return Fault(
        summary=f"the compaction at {row.place}: {what}",
        fix="let compacted_through_seq be the number of the last entry that the summary holds; 0 if it holds none",
        pointer=row.place,
        evidence=(row.shown(row.word("summary") or "an empty summary"),),
        weight=weight,
    )


RULE = Rule(
    name="compaction-lost-messages",
    code="NX862",
    family="state",
    page=__doc__ or "",
    state=_state,
)
