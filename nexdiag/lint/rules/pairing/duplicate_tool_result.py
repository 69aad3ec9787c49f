"""A tool call is answered twice.

## What it does

Finds an answer to a call that an earlier message, or an earlier block of the same message, has answered. An id that
was used again for a new call is another fault.

## Why it is bad

One call has one result: Mistral's and Anthropic's services refuse a second one. Others let it pass, and the model reads
the output twice, or two that contradict each other. It happens when a history is written twice into the same journal,
or when a late result comes after a made-up one had taken its place.

## Example

```json
{"server": "Mistral", "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "a1b2c3d4e", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "a1b2c3d4e", "content": "42"},
  {"role": "tool", "tool_call_id": "a1b2c3d4e", "content": "42"}]}}
```

## Instead

```json
{"server": "Mistral", "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "a1b2c3d4e", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "a1b2c3d4e", "content": "42"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.rules.pairing.orphan_tool_result import RULE as ORPHAN
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History, Stray, answer_place
from nexdiag.lint.seen.message import NOTED, MessageSeen


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    for call_id in history.arrived.doubled:
        if call_id is not None and not _called_twice(history, call_id):
            yield _fault(history, history.at, call_id, history.now.raw)
    yield from _too_many(history, history.arrived.over)


def _ending(case: Case) -> Iterator[Fault]:
    yield from _too_many(case.history, case.history.odd_answers()[1])


def _too_many(history: History, over: list[Stray]) -> Iterator[Fault]:
    """Answers to an earlier turn among those of a turn whose calls all have their own."""
    for stray in over:
        if stray.known and stray.id is not None:
            yield _fault(history, stray.at, stray.id, history.messages[stray.at].raw, b"of an earlier turn")


def _fault(history: History, at: int, call_id: str, *about: bytes) -> Fault:
    asked, now = history.asked[call_id], history.messages[at]
    earlier = next(
        (place for place in range(at - 1, asked, -1) if call_id in history.messages[place].answers),
        at,
    )
    first = f"messages[{earlier}] had" if earlier != at else "an earlier block of it has"
    answered = (history.messages[earlier].shown(earlier),) if earlier != at else ()
    return Fault(
        summary=f"messages[{at}] answers call {shorten(call_id)}, which {first} answered",
        fix=f"leave one of the two answers out; if messages[{at}] answers another call, give it that call's id",
        at=at,
        pointer=history.pointer(at, answer_place(now, call_id)),
        evidence=(*answered, now.shown(at)),
        facts={"index": str(at), "id": call_id, "previous": history.messages[at - 1].role or ""},
        about=about,
        ids=(call_id, f"after role '{history.messages[at - 1].role}'"),
    )


def _called_twice(history: History, call_id: str) -> bool:
    """Whether one message made two calls with that id: then that is the fault, and two answers belong to it."""
    asking: MessageSeen = history.messages[history.asked[call_id]]
    entries = asking.value.get("tool_calls")
    calls = [*(entries if isinstance(entries, list) else ()), *asking.parts]
    return [str(call.get("id")) for call in calls if isinstance(call, dict)].count(call_id) > 1


RULE = Rule(
    name="duplicate-tool-result",
    code="NX207",
    family="pairing",
    page=__doc__ or "",
    arriving=_arriving,
    on=NOTED,
    ending=_ending,
    telling=patterns(
        r"duplicate tool.?call.?id .{0,200} in tool results",
        r"must have a single result",
        r"tool_?result blocks .{0,60}contain duplicate ids",
        r"multiple .{0,3}tool_result.{0,3} blocks with",
        r"duplicate (?:function_call_output|tool (?:result|output|response))",
    ),
    words=(*ORPHAN.suspects, *ORPHAN.words),
    elsewhere=Severity.INFO,  # the model reads the output twice
)
