"""Nothing answers a tool call.

## What it does

Finds a call (of an assistant message, a `tool_use` block, a `function_call` item) that nothing later answers. It looks
at the request as it was sent: an answer that comes late, behind other messages, or under a wrong id is another fault.
The order in which parallel calls are answered does not matter.

## Why it is bad

Hosted services refuse the request, and every later one, because the call stays in the history. Local servers let it
pass, and the model waits for an answer or makes one up. It happens when a tool run is cancelled or fails without a
word, when only some of several parallel calls are answered, and when a gateway turns the tool's output into a user
message.

## Example

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Scan the host."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "scan", "arguments": "{}"}}]},
  {"role": "user", "content": "Never mind."}]}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Scan the host."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "scan", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "cancelled by the user"},
  {"role": "user", "content": "Never mind."}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import listed
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.rules.pairing.dropped_tool_result import RULE as DROPPED
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.instead import Instead, behind, spoken_after
from nexdiag.lint.seen.message import CallSeen

_SWALLOWED = patterns(r"does not follow tool call")
"""Said where an id is used again: the client took the second answer for a copy of the first, and that is the cause."""
_PLACED = re.compile(
    r"expected toolresult blocks at messages\.(\d{1,6})\.content(?:.{0,30}\bids?: ?(.{1,200}))?", re.IGNORECASE
)
"""Converse, which wants all answers in the one message behind the call, says where one is missing, and which."""


def _ending(case: Case) -> Iterator[Fault]:
    waiting = case.history.unanswered()
    if not waiting:
        if case.view.refused:
            yield from _placed(case)
        return
    misnamed = {(one.asked, one.call.where, one.call.id) for one in case.history.odd_answers()[0]}
    lost = {fault.at for fault in DROPPED.ending(case)} if DROPPED.ending and case.view.wire in DROPPED.wires else set()
    for at, calls in waiting.items():
        left = [call for call in calls if (at, call.where, call.id) not in misnamed and not _swallowed(case, at, call)]
        if left and at not in lost:
            yield _fault_once(case, at, left)


def _placed(case: Case) -> Iterator[Fault]:
    """The message that the server's words name: an answer to its call stands in none, or in a later one."""
    said = _PLACED.search(case.view.said.words)
    at, messages = int(said[1]) - 1 if said else -1, case.history.messages
    if said is None or not 0 <= at < len(messages) or messages[at].role != "assistant":
        return
    ids = [one.strip() for one in (said[2] or "").split(",") if one.strip()]
    yield Fault(
        summary=f"messages[{at}] calls a tool ({listed(ids) or 'no id'}), and messages[{at + 1}] does not answer",
        fix=f"put the answers to all calls of messages[{at}] into messages[{at + 1}], the one behind it",
        at=at,
        pointer=case.history.pointer(at, "/content"),
        evidence=(messages[at].shown(at), *((messages[at + 1].shown(at + 1),) if at + 1 < len(messages) else ())),
        facts={"index": str(at), "ids": ", ".join(ids), "next": str(at + 1)},
        about=(messages[at].raw,),
        ids=tuple(ids),
        needs_words=True,
    )


def _fault_once(case: Case, at: int, calls: list[CallSeen]) -> Fault:
    """A call that nobody answers is found again in each request of a chat: it is told once."""
    history = case.history
    instead = behind(history, at)
    again = instead is not None and spoken_after(history, instead.at)
    key = (RULE.name, at, tuple(call.where for call in calls), at + 1 < len(history.messages), instead, again)
    kept = case.history.memo.get(key)
    if not isinstance(kept, Fault):
        kept = case.history.memo[key] = _fault(history, at, calls, _fix(at, instead, again=again))
    return kept


def _fix(at: int, instead: Instead | None, *, again: bool) -> str:
    """A user's message alone may be a change of mind; before another one it is what became of the call."""
    answer = f"put one answer for each call right after messages[{at}]; a cancelled run is an answer too"
    if instead is None:
        return answer
    return instead.fix if again else f"{instead.fix}, if it tells what became of the call; else {answer}"


def _fault(history: History, at: int, calls: list[CallSeen], fix: str) -> Fault:
    asking = history.messages[at]
    after = history.messages[at + 1] if at + 1 < len(history.messages) else None
    ids = [call.id for call in calls if call.id is not None]
    names = listed([call.name or "a tool" for call in calls])
    named = f" ({listed(ids)})" if ids else ""
    place = calls[0].where
    return Fault(
        summary=f"messages[{at}] calls {names}{named}, and no later message answers",
        fix=fix,
        at=at,
        pointer=history.pointer(at, "/tool_calls" if place.startswith("/tool_calls") else place),
        evidence=(
            asking.shown(at),
            after.shown(at + 1) if after else f"messages[{at}] is the last",
        ),
        facts={"index": str(at), "ids": ", ".join(ids), "next": str(at + 1)},
        about=(asking.raw,),
        ids=tuple(ids),
    )


def _swallowed(case: Case, at: int, call: CallSeen) -> bool:
    """Whether the server speaks of an id that is used again, and this is such a call."""
    if not case.view.refused or not any(pattern.search(case.view.said.words) for pattern in _SWALLOWED):
        return False
    return any(call.id == other.id for message in case.history.messages[:at] for other in message.calls)


RULE = Rule(
    name="unanswered-tool-call",
    code="NX202",
    family="pairing",
    page=__doc__ or "",
    ending=_ending,
    suspects=patterns(  # said of an answer that comes too late as well
        r"must be followed by (?:a )?tool (?:messages|response|result)",
        r"tool_call_ids? did not have response",
        r"insufficient tool messages",
        r"tool_use.{0,3} ids were found without",
        r"tool_use.{0,3} blocks? must have a corresponding .?tool_result",
        r"not the same number of function calls and responses",
        r"number of function response parts (?:is|should be|must be) equal",
        r"tool calls? and (?:tool )?results? (?:do(?:es)? )?(?:not|mis) ?match",  # MiniMax
        r"expected toolresult blocks",
        r"no tool (?:call )?output found for",
        r"tool results? (?:is|are) missing for tool calls?",
        r"tool call result does not follow tool call",
    ),
    elsewhere=Severity.WARNING,  # local servers let it pass, and the model waits for an answer or makes one up
)
