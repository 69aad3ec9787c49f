"""A tool message answers a call that nobody made.

## What it does

Finds a tool message, a `tool_result` block or a `function_call_output` item that answers no call: nothing before it
made a call with that id. An answer that comes late, behind other messages, a second answer to the same call, and an
answer that stands where the answer to another id is missing are other faults. A request that goes on from one that
the server keeps (`previous_response_id`) is left alone: the call may be there.

## Why it is bad

Hosted services refuse the request. Local servers let it pass, and the model sees the output of a tool that it never
called. It happens when the assistant message that made the call is lost: rebuilt from its text alone, or cut off by
a window that slides over the history without looking where turns begin.

## Example

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "tool", "tool_call_id": "call_1", "content": "42"}]}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "42"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import listed, quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History, Stray, answer_place
from nexdiag.lint.seen.message import NOTED
from nexdiag.lint.seen.view import View


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    if history.refers:
        return
    if history.arrived.orphans:
        yield _fault(history, history.at, history.arrived.orphans, history.now.raw)
    yield from _too_many(history, history.arrived.over)


def _ending(case: Case) -> Iterator[Fault]:
    history = case.history
    if not history.refers:
        yield from _too_many(history, history.odd_answers()[1])


def _too_many(history: History, over: list[Stray]) -> Iterator[Fault]:
    """Answers among those of a turn whose calls all have their own."""
    for stray in over:
        if not stray.known:
            yield _fault(history, stray.at, [stray.id], history.messages[stray.at].raw, b"too many")


def _fault(history: History, at: int, orphans: list[str | None], *about: bytes) -> Fault:
    now = history.messages[at]
    before = history.messages[at - 1] if at else None
    ids = [call_id for call_id in orphans if call_id is not None]
    named = f"call {listed(ids)}" if ids else "a call that it does not name"
    place = answer_place(now, ids[0]) if ids else ""
    return Fault(
        summary=f"messages[{at}] answers {named}, which no message before it made",
        fix=f"put the assistant message that made the call before messages[{at}], or leave messages[{at}] out",
        at=at,
        pointer=history.pointer(at, place),
        evidence=(
            *((before.shown(at - 1),) if before else ()),
            now.shown(at),
            *((f"{place.rpartition('/')[2] or 'id'} {quote(ids[0])}",) if ids else ()),
        ),
        facts={"index": str(at), "id": ", ".join(ids), "previous": (before.role or "") if before else ""},
        about=about,
        ids=(*ids, *((f"after role '{before.role}'",) if before else ())),
    )


def _whole(view: View) -> bool:
    """Whether all that was said is in the request itself."""
    fields = view.fields
    return view.wire != "responses" or not (fields.get("previous_response_id") or fields.get("conversation"))


RULE = Rule(
    name="orphan-tool-result",
    code="NX201",
    family="pairing",
    page=__doc__ or "",
    arriving=_arriving,
    on=NOTED,
    ending=_ending,
    concerns=_whole,
    suspects=patterns(  # said of an answer in a wrong place as well
        r"role:? ?['\"`]?tool['\"`]? must (?:be a response|follow)",
        r"tool['\"`]? (?:messages?|role) must (?:be (?:a response|preceded)|follow)",
        r"unexpected .{0,3}tool_use_id",
        r"`?tool_result`? blocks?.{0,80} must have a corresponding .?tool_use",
        r"unexpected role (?:['\"]tool['\"]|roles?\.tool|roleenum\.tool) after",
        r"unexpected role roleenum\.tool\b",
        r"function response turn comes immediately after",
        r"no tool call found for (?:function call output|custom tool call output|.{0,40}output)",
        r"tool_call_id .{0,200} not found",
        r"tool result'?s? tool.?id\b.{0,80} not found",
        r"there was no previous assistant message with a tool call",
        r"tool.?results? without (?:a |any |their )?(?:\w+ ){0,2}tool.?calls?",
        r"number of toolresult blocks .{0,80} exceeds the number of tooluse",
    ),
    words=patterns(
        r"unexpected tool call id .{0,200} in tool results",
        r"unexpected role (?:roleenum\.)?tool\b",
        r"tool call result does not follow tool call",
        r"not the same number of function calls and responses",
        r"number of function response parts (?:is|should be|must be) equal",
        r"tool calls? and (?:tool )?results? (?:do(?:es)? )?(?:not|mis) ?match",  # MiniMax
    ),
    elsewhere=Severity.WARNING,  # it passes, and the model reads the output of a tool that it never called
)
