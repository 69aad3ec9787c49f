"""Two tool calls of one message have the same id.

## What it does

Finds an assistant message with two calls under one id: twice in `tool_calls`, twice as a `tool_use` block, or once as
a block and once in `tool_calls`. On the Responses wire it finds a second `function_call` item with the `call_id` of an
earlier one of the same turn. An id that comes again in a later turn is another fault.

## Why it is bad

Nobody can tell which of the two calls a result belongs to. Services that check refuse the request; elsewhere one of
the results is lost. It happens when a converter sends the same call in two forms, and when a stream's pieces are put
together under the wrong index.

## Example

```json
{"server": "Anthropic", "request": {"model": "m", "max_tokens": 99, "messages": [
  {"role": "user", "content": "Read both."},
  {"role": "assistant", "content": [
    {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a"}},
    {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "b"}}]},
  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "A"}]}]}}
```

## Instead

```json
{"server": "Anthropic", "request": {"model": "m", "max_tokens": 99, "messages": [
  {"role": "user", "content": "Read both."},
  {"role": "assistant", "content": [
    {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a"}},
    {"type": "tool_use", "id": "toolu_2", "name": "read", "input": {"path": "b"}}]},
  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "A"},
                               {"type": "tool_result", "tool_use_id": "toolu_2", "content": "B"}]}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import NOTED, PARTS, TWICE, MessageSeen


def _arriving(case: Case) -> Iterator[Fault]:
    history, now = case.history, case.history.now
    at = history.at
    places = _places(now)
    if len(places) > len(now.calls):  # the same call is one call there, however often it is sent
        first: dict[str, str] = {}
        for call_id, where in places:
            if call_id in first:
                yield _fault(case, call_id, where, at, f"messages[{at}]{first[call_id]}")
            first.setdefault(call_id, where)
    if history.list_name == "input":
        for again in history.arrived.again:
            if again.together and again.call.id:
                yield _fault(case, again.call.id, again.call.where, at, f"messages[{again.earlier}]")


def _places(message: MessageSeen) -> list[tuple[str, str]]:
    """Every call of a message that has an id, with the pointer to it."""
    entries, content = message.value.get("tool_calls"), message.content
    calls = [(f"/tool_calls/{at}", call) for at, call in enumerate(entries if isinstance(entries, list) else ())]
    calls += [
        (f"/content/{at}", part)
        for at, part in enumerate(content if isinstance(content, list) else ())
        if isinstance(part, dict) and part.get("type") == "tool_use"
    ]
    ids = ((call.get("id"), where) for where, call in calls if isinstance(call, dict))
    return [(str(call_id), where) for call_id, where in ids if isinstance(call_id, str | int) and call_id != ""]


def _fault(case: Case, call_id: str, where: str, at: int, first: str) -> Fault:
    history = case.history
    both = not where.startswith("/tool_calls") and "/tool_calls" in first
    return Fault(
        summary=f"messages[{at}] has two tool calls with the id {shorten(call_id)}",
        fix=(
            f"send the call of messages[{at}] in one form: as a block, or in tool_calls"
            if both
            else f"give each call of messages[{at}] an id of its own, and its answer the same"
        ),
        at=at,
        pointer=history.pointer(at, where or "/call_id"),
        evidence=(history.now.shown(at), f"{quote(call_id)} in {first} and in messages[{at}]{where}"),
        facts={"index": str(at), "id": call_id},
        about=(history.now.raw, where.encode()),
        ids=(call_id,),
    )


RULE = Rule(
    name="duplicate-tool-call-id",
    code="NX401",
    family="ids",
    page=__doc__ or "",
    arriving=_arriving,
    on=NOTED | PARTS | TWICE,
    telling=patterns(
        r"tool_use.{0,3} ids must be unique",
        r"duplicate tool.?call.?id(?!.{0,250}\bin tool results)",
        r"tool_?use blocks .{0,60}contain duplicate ids",
        r"tool.?call.?ids? (?:must be unique|.{0,80}\bduplicated?\b)",
    ),
    words=patterns(r"duplicate tool.?call.?id", r"duplicate (?:id|call_id)\b"),
    elsewhere=Severity.INFO,  # it passes, and the results may be mixed up
)
