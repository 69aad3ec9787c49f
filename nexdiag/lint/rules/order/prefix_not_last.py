"""A message in the middle of the conversation is marked as the beginning of the answer.

## What it does

Finds an assistant's message with `prefix` set that is not the last one.

## Why it is bad

The mark means that the answer goes on where this message ends: only the last one can be so. Mistral refuses it
elsewhere, in this request and in every later one of the chat. It happens when a message that was once sent as a
beginning goes into the history with its mark.

## Example

```json
{"server": "mistral-v15", "request": {"model": "m", "messages": [
  {"role": "user", "content": "A poem."},
  {"role": "assistant", "content": "Roses", "prefix": true},
  {"role": "user", "content": "Go on."}]}}
```

## Instead

```json
{"server": "mistral-v15", "request": {"model": "m", "messages": [
  {"role": "user", "content": "A poem."},
  {"role": "assistant", "content": "Roses are red."},
  {"role": "user", "content": "Go on."}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import AFTER_EXTRA, EXTRA


def _arriving(case: Case) -> Iterator[Fault]:
    """What arrives makes the message before it one that is not the last."""
    history, before = case.history, case.history.before
    if before is None or not before.traits & EXTRA or before.role != "assistant":
        return
    if before.value.get("prefix") is not True:
        return
    at = history.at - 1
    yield Fault(
        summary=f"messages[{at}] is marked as the beginning of the answer, and is not the last message",
        fix=f"leave prefix out of messages[{at}]",
        at=at,
        pointer=history.pointer(at, "/prefix"),
        evidence=(before.shown(at), "prefix true", history.now.shown(at + 1)),
        facts={"index": str(at)},
        about=(before.raw, b"prefix"),
    )


RULE = Rule(
    name="prefix-not-last",
    code="NX113",
    family="order",
    page=__doc__ or "",
    arriving=_arriving,
    on=AFTER_EXTRA,
    wires=("chat",),
    telling=patterns(r"prefix\b.{0,20} must be (?:the )?last message"),
    unknown=None,  # what `prefix` means is known of few
)
