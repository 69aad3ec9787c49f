r"""Two messages of the same speaker follow each other.

## What it does

Finds a user message right after a user message, or an assistant message right after an assistant message. Messages
that call tools and messages that answer calls stand between: after them either role may speak. A system message
stands between as well.

## Why it is bad

Many chat templates are written for turns: user, assistant, user, assistant. Where the template checks it, the
server refuses the whole request; where it does not check, two turns can be glued together without a mark between
them. Clients run into it when they add a reminder, a warning or a denial as a user message of its own.

Beware of the words: templates say "roles must alternate" also of a conversation that begins with the assistant, and
of a system message for which they have no place. This rule fires only if two messages really follow each other.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "<reminder>The list is empty.</reminder>"},
  {"role": "user", "content": "What is next?"}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "<reminder>The list is empty.</reminder>\n\nWhat is next?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case

_IN_TURN = ("user", "assistant")


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    if len(history.messages) < len(_IN_TURN):
        return
    before, now = history.messages[-2:]
    if now.role not in _IN_TURN or now.role != before.role or not (now.talks and before.talks):
        return
    at = len(history.messages) - 1
    yield Fault(
        summary=f"messages[{at - 1}] and messages[{at}] are both {now.role}",
        fix=f"merge messages[{at}] into messages[{at - 1}], with a blank line between their texts",
        at=at,
        pointer=f"/messages/{at}/role",
        evidence=(before.shown(at - 1), now.shown(at)),
        facts={"index": str(at), "role": now.role},
        about=(before.raw, now.raw),
    )


RULE = Rule(
    name="role-alternation",
    code="NX101",
    family="order",
    page=__doc__ or "",
    arriving=_arriving,
    words=patterns(r"roles? must alternate", r"must alternate between"),  # with several causes: they tell nothing alone
    elsewhere=Severity.INFO,
)
