r"""The model makes the same call again and again.

## What it does

Finds the third call in a row of the same tool with the same arguments, within one turn. Where the results differ, the
model waits for something, and that is none.

## Why it is bad

Each round costs a request with the whole history, and none of them tells anything new: the model goes round in circles
until the limit of calls ends the turn. Often the tool's result does not say that it is done, or is an error that the
model cannot mend.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Make it."},
  {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "c1", "content": "ok"},
  {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c2", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "c2", "content": "ok"},
  {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c3", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "c3", "content": "ok"},
  {"role": "assistant", "content": "Done."},
  {"role": "user", "content": "Thanks."}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Make it."},
  {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "c1", "content": "done: nothing is left to do"},
  {"role": "assistant", "content": "Done."},
  {"role": "user", "content": "Thanks."}]}}
```

## Who refuses it
"""

import json
from collections.abc import Iterator

from nexdiag.codec import jsontext
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import quote, shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ANSWERS, CallSeen, MessageSeen

_ROW = 3
_FAR = 64
"""Messages that are looked back on: three calls and their answers are fewer, whatever is said between."""


def _arriving(case: Case) -> Iterator[Fault]:
    """When an answer comes: by then it is known whether it tells anything new."""
    messages, run = case.history.messages, 0
    if len(messages) < 2 * _ROW:
        return
    said: str | None = None
    made: list[int] = []
    for at in range(len(messages) - 1, max(-1, len(messages) - 1 - _FAR), -1):
        message = messages[at]
        if message.answers:
            said = _said(message) if said is None else said
            if _said(message) != said:
                break
        elif message.calls:
            if made and not _alike(messages[made[0]], message):
                break
            made.append(at)
            run += len(message.calls)
            if run > _ROW:  # told when there were three
                return
        elif message.role != "assistant":
            break
    if run == _ROW and len(made) == _ROW:
        yield _fault(case, made)


def _fault(case: Case, made: list[int]) -> Fault:
    history, at = case.history, made[0]
    call = history.messages[at].calls[0]
    return Fault(
        summary=f"messages[{at}] calls {shorten(call.name, 60)} for the third time in a row, with the same arguments",
        fix="let the result say what is done and what is left; end the turn when a call repeats without news",
        at=at,
        pointer=history.pointer(at, call.where),
        evidence=(
            *(history.messages[place].shown(place) for place in reversed(made)),
            f"the result each time: {quote(history.now.text or str(history.now.content))}",
        ),
        facts={"name": call.name, "index": str(at)},
        weight=Severity.WARNING,  # it explains no refusal
        about=tuple(history.messages[place].raw for place in made),
    )


def _alike(*made: MessageSeen) -> bool:
    """Whether the calls of messages are the same; of one that makes more than a row, the first ones stand for all."""
    return len({_same(call) for message in made for call in message.calls[: _ROW + 1]}) == 1


def _same(call: CallSeen) -> tuple[str, str]:
    """Name and arguments, however these were spelt."""
    value = call.arguments
    try:
        value = jsontext.read(value) if isinstance(value, str) else value
        return call.name, json.dumps(value, sort_keys=True, default=str)
    except (ValueError, RecursionError):
        return call.name, str(call.arguments)


def _said(message: MessageSeen) -> str:
    """What the tool said, without the id of the call."""
    return message.text or str(message.value.get("content", message.value.get("output")))


RULE = Rule(
    name="repeated-identical-call",
    code="NX970",
    family="loop",
    page=__doc__ or "",
    arriving=_arriving,
    on=ANSWERS,
    unknown=Severity.WARNING,
    elsewhere=Severity.WARNING,  # no server refuses it
)
