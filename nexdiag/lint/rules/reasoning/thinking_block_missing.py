"""A tool loop goes on without the thinking block with which it began.

## What it does

Finds a request that turns on `thinking` and answers tool calls, in which no assistant message since the user's last
words begins with a `thinking` or `redacted_thinking` block. Tool calls in the shape of chat completions cannot carry
such a block: there it goes by the server's words.

## Why it is bad

Anthropic refuses it: a thinking model goes on with its tool results only if it gets back, with its signature, what it
thought before it called. Converters between the wires drop the block, and so do clients that store text and tool
calls alone.

## Example

```json
{"server": "Anthropic", "status": 400, "request": {
  "model": "claude-sonnet-4-5", "thinking": {"type": "enabled", "budget_tokens": 1024}, "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "ls", "input": {}}]},
  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"}]}]},
 "response": {"type": "error", "error": {"type": "invalid_request_error",
   "message": "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."}}}
```

## Instead

```json
{"server": "Anthropic", "request": {
  "model": "claude-sonnet-4-5", "thinking": {"type": "enabled", "budget_tokens": 1024}, "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": [{"type": "thinking", "thinking": "I list them.", "signature": "c2lnbmVk"},
    {"type": "tool_use", "id": "toolu_1", "name": "ls", "input": {}}]},
  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"}]}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import MessageSeen
from nexdiag.lint.seen.view import REFUSED_HERE, View, named_index

_THOUGHT = ("thinking", "redacted_thinking")


def _ending(case: Case) -> Iterator[Fault]:
    view, history = case.view, case.history
    told = view.refused and RULE.explains(view.said.words, view.status)
    enabled = _enabled(view)
    if not enabled and not told:
        return
    loop = _running(history.messages)
    if not loop or any(_thinks(history.messages[at]) for at in loop):
        loop = [at for at in loop if told and not _thinks(history.messages[at])]
    named = named_index(view.said.words) if told else None
    if named is not None and named < len(history.messages) and history.messages[named].role == "assistant":
        loop = [*loop, named]
    if not loop:
        return
    at = loop[-1]
    message = history.messages[at]
    blocks = isinstance(message.content, list)
    found = message.parts[0].get("type") if message.parts else None
    first = found if isinstance(found, str) else "tool_use" if message.calls else "text"
    yield Fault(
        summary=f"thinking is on, and messages[{at}] does not begin with a thinking block",
        fix=f"send the thinking blocks of that answer back, signatures and all, as the first of messages[{at}]; "
        "or turn thinking off until the tool loop is over",
        at=at,
        pointer=history.pointer(at, "/content/0/type" if blocks and message.content else ""),
        evidence=(message.shown(at), f"it begins with {first}"),
        facts={"index": str(at), "found": first},
        about=(message.raw,),
        needs_words=not (enabled and blocks),
    )


def _running(messages: list[MessageSeen]) -> list[int]:
    """The assistant's messages of the tool loop that the request goes on with; none if it does not answer a call."""
    if not messages or not messages[-1].answers:
        return []
    found: list[int] = []
    for at in range(len(messages) - 1, -1, -1):
        message = messages[at]
        if message.role == "assistant":
            found.append(at)
        elif not message.answers:
            break
    return found[::-1]


def _thinks(message: MessageSeen) -> bool:
    parts = message.parts
    return bool(message.value.get("thinking_blocks")) or bool(parts and parts[0].get("type") in _THOUGHT)


def _enabled(view: View) -> bool:
    thinking = view.fields.get("thinking") if "thinking" in view.fields else None
    return isinstance(thinking, dict) and thinking.get("type") == "enabled" and "budget_tokens" in thinking


RULE = Rule(
    name="thinking-block-missing",
    code="NX753",
    family="reasoning",
    page=__doc__ or "",
    needs=frozenset({"thinking", REFUSED_HERE}),
    ending=_ending,
    wires=("chat", "anthropic"),
    telling=patterns(
        r"content\[\]\.thinking\b.{0,60}must be passed back",
        r"expected .?thinking.? or .?redacted_thinking.?",
        r"must start with a .?thinking.? block",
    ),
)
