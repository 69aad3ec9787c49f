"""A tool message answers under an id that is not the call's.

## What it does

Finds an answer that stands right behind its call, but names another id: the call would be unanswered, the answer an
orphan, and there are as many answers as calls. It is told once, at the answer. An answer without an id counts only if
the server asks for one.

## Why it is bad

Calls and answers find each other by their ids alone. Services that check refuse the request in words for either half
of the fault. It happens when a client makes up ids of its own, shortens them, or answers with the id of the item
(`fc_...`) where that of the call (`call_...`) is wanted.

## Example

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_0", "content": "42"}]}}
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

import msgspec

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.rules.pairing.orphan_tool_result import RULE as ORPHAN
from nexdiag.lint.rules.pairing.unanswered_tool_call import RULE as UNANSWERED
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History, Misnamed, Stray, answer_place
from nexdiag.lint.seen.message import NOTED


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    for one in history.arrived.misnamed:
        yield _fault(history, one)
    for asked in history.arrived.nameless:
        stray = Stray(at=history.at, id=None, known=False)
        fault = _fault(history, Misnamed(stray=stray, asked=asked.at, call=asked.call))
        yield msgspec.structs.replace(fault, needs_words=True)  # many servers go by the order


def _ending(case: Case) -> Iterator[Fault]:
    for one in case.history.odd_answers()[0]:
        yield _fault(case.history, one)


def _fault(history: History, one: Misnamed) -> Fault:
    at, asking, answer = one.stray.at, history.messages[one.asked], history.messages[one.stray.at]
    given, wanted = one.stray.id, one.call.id
    place = answer_place(answer, given)
    ids = tuple(call_id for call_id in (given, wanted) if call_id)
    own = quote(wanted) if wanted is not None else "none: give it one, and use that"
    return Fault(
        summary=f"messages[{at}] answers {quote(given or '')}, but the call of messages[{one.asked}] has the id {own}",
        fix=f"set {place.rpartition('/')[2] or 'the id'} of messages[{at}] to {quote(wanted or 'the id of the call')}",
        at=at,
        pointer=history.pointer(at, place),
        evidence=(asking.shown(one.asked), answer.shown(at), f"call {own}, answer {quote(given or '')}"),
        facts={
            "index": str(at),
            "id": given or "",
            "ids": wanted or "",
            "next": str(one.asked + 1),
            "previous": history.messages[at - 1].role or "",
        },
        about=(asking.raw, answer.raw),
        ids=ids,
    )


_COUNTED = patterns(r"not the same number of function calls and responses")
"""Said by who counts answers: under a wrong id they are as many."""

RULE = Rule(
    name="tool-call-id-mismatch",
    code="NX208",
    family="pairing",
    page=__doc__ or "",
    arriving=_arriving,
    on=NOTED,
    ending=_ending,
    telling=patterns(
        r"unexpected tool.?call.?id .{0,200} in tool results",
        r"tool_call_id .{0,200} does not match",
        r"function_?response\.id\b.{0,120} (?:does not|must) match .{0,40}function_?call\.id",
        r"property ['\"`]?tool_call_id['\"`]? is missing",
        r"must have a ['\"`]?tool_call_id",
        r"missing field ['\"`]?tool_call_id",
        r"missing .{0,2}(?:messages\.)?tool_call_id.{0,2} parameter",
    ),
    words=(
        *(pattern for pattern in (*UNANSWERED.suspects, *ORPHAN.suspects, *ORPHAN.words) if pattern not in _COUNTED),
        *patterns(
            r"tool_call_id\b.{0,60}(?:required|missing|must have|must be set|has to be defined)",
            r"(?:missing|must have|required).{0,40}\btool_call_id",
        ),
    ),
    elsewhere=Severity.WARNING,  # it passes where ids are not looked at; a template that does finds no call
)
