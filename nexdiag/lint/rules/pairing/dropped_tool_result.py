"""The request ends with a tool call: its result was lost on the way.

## What it does

Finds a request whose last message is an assistant's that calls a tool, where the tool is known to have run (the
recording holds its run), or where the server says that such a message must not be the last. A call that nothing
answers is otherwise unanswered-tool-call.

## Why it is bad

A client asks the model again because it has a result to show. If the request ends with the call, the result fell out
when the messages were put into the server's dialect: a converter that knows text alone leaves out a user message that
holds a `tool_result`. The server sees an assistant message at the end, and either refuses it or goes on writing it.

## Example

```json
{"server": "Mistral", "status": 400, "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "a1b2c3d4e", "type": "function", "function": {"name": "count", "arguments": "{}"}}]}]},
 "response": {"object": "error", "type": "invalid_request_error", "param": null, "code": null,
  "message": "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"}}
```

## Instead

```json
{"server": "Mistral", "status": 200, "request": {"model": "m", "messages": [
  {"role": "user", "content": "How many rows?"},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "a1b2c3d4e", "type": "function", "function": {"name": "count", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "a1b2c3d4e", "content": "42"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import listed, quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.rules.order.assistant_last import RULE as ASSISTANT_LAST
from nexdiag.lint.seen.case import Case

_OF_THE_LAST = (*ASSISTANT_LAST.telling, *ASSISTANT_LAST.suspects, *ASSISTANT_LAST.words)


def _ending(case: Case) -> Iterator[Fault]:
    history = case.history
    last, at = history.now, history.at
    if not last.calls:
        return
    ids = [call.id for call in last.calls if call.id is not None]
    runs = [run for call_id in ids if (run := case.past.runs.get(call_id)) is not None]
    spoken = case.view.refused and any(pattern.search(case.view.said.words) for pattern in _OF_THE_LAST)
    if not runs and not spoken:
        return
    names = listed([call.name or "a tool" for call in last.calls])
    ran = tuple(f"{run.name} ran, and gave {quote(run.output)}" for run in runs[:3])
    yield Fault(
        summary=f"messages[{at}], the last one, calls {names}, and what it gave is missing",
        fix=f"send the result: one answer for each call, behind messages[{at}]",
        at=at,
        pointer=history.pointer(at),
        evidence=(last.shown(at), f"messages[{at}] is the last", *ran),
        facts={"index": str(at), "ids": ", ".join(ids), "next": str(at + 1)},
        about=(last.raw, b"last"),
        ids=tuple(ids),
    )


RULE = Rule(
    name="dropped-tool-result",
    code="NX206",
    family="pairing",
    page=__doc__ or "",
    ending=_ending,
    wires=("chat", "anthropic"),
    words=(
        *_OF_THE_LAST,
        *patterns(r"must be followed by tool messages", r"tool_use.{0,3} ids were found without"),
        *patterns(
            r"not the same number of function calls",
            r"number of function response parts (?:is|should be|must be) equal",
        ),
        *patterns(r"did not have response", r"insufficient tool messages", r"expected toolresult blocks"),
    ),
    elsewhere=Severity.WARNING,  # the model never sees what its tool gave
)
