r"""A tool call has the id of a call of an earlier turn.

## What it does

Finds a call whose id an earlier message of the same request used for a call of its own. Two calls of one message with
the same id are another fault.

## Why it is bad

Some models and clients count their ids anew in each answer (`call_0`, `functions.read:0`). A client that keeps results
by id takes the second answer for a copy of the first and drops it; a server that looks for the call of a result finds
the wrong one, and some refuse the request: they see a call without a result, or a result far from its call.

## Example

```json
{"server": "MiniMax", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Add."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_0", "type": "function", "function": {"name": "add", "arguments": "{\"n\": 1}"}}]},
  {"role": "tool", "tool_call_id": "call_0", "content": "1"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_0", "type": "function", "function": {"name": "add", "arguments": "{\"n\": 2}"}}]},
  {"role": "tool", "tool_call_id": "call_0", "content": "3"}]}}
```

## Instead

```json
{"server": "MiniMax", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Add."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_0", "type": "function", "function": {"name": "add", "arguments": "{\"n\": 1}"}}]},
  {"role": "tool", "tool_call_id": "call_0", "content": "1"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": "{\"n\": 2}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "3"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.rules.ids.duplicate_tool_call_id import RULE as DUPLICATE
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import NOTED


def _arriving(case: Case) -> Iterator[Fault]:
    history, now = case.history, case.history.now
    again = [one for one in history.arrived.again if not (one.together and history.list_name == "input")]
    if not again:
        return
    at, first = history.at, again[0]
    ids = tuple(dict.fromkeys(one.call.id for one in again if one.call.id))
    place = "/call_id" if not first.call.where else f"{first.call.where}/id"
    yield Fault(
        summary=f"messages[{at}] calls under the id {shorten(ids[0])}, which messages[{first.earlier}] used before",
        fix=f"give the calls of messages[{at}] ids that no earlier call has, and their answers the same",
        at=at,
        pointer=history.pointer(at, place),
        evidence=(history.messages[first.earlier].shown(first.earlier), now.shown(at)),
        facts={"index": str(at), "id": ids[0], "earlier": str(first.earlier), "next": str(at + 1)},
        about=(now.raw, b"again"),
        ids=ids,
    )


RULE = Rule(
    name="tool-call-id-reused-across-turns",
    code="NX402",
    family="ids",
    page=__doc__ or "",
    arriving=_arriving,
    on=NOTED,
    words=(
        *(pattern for pattern in (*DUPLICATE.telling, *DUPLICATE.words) if "duplicate tool" not in pattern.pattern),
        *patterns(
            r"duplicate tool.?call.?id(?!.{0,250}\bin (?:tool results|assistant message))",
            r"does not follow tool call",
            r"tool.?call.?id .{0,100}already (?:been )?(?:used|exists?)",
        ),
    ),
    elsewhere=Severity.INFO,  # what does not check pairs a result with the nearest call: the right one
)
