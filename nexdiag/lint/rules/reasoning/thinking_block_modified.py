"""The thinking of the latest answer goes back changed.

## What it does

Finds an assistant message whose thinking blocks are not those of the answer that it repeats: one with other words or
another signature, one too many, one left out of several, or an order of their own. It is seen where the recording holds
that answer; where it does not, and where nothing of the request is known, it goes by the server's words.

## Why it is bad

Anthropic signs what a model thought, and refuses a request whose latest assistant message holds it in any other form.
Every later request of the chat fails too, because the message stays in the history. It happens when a client merges
the blocks of a stream wrongly, joins two answers into one message, trims or redacts text, or sorts the blocks.

## Example

```json
{"server": "Anthropic", "status": 400, "request": {
  "model": "claude-opus-4-6", "thinking": {"type": "enabled", "budget_tokens": 1024}, "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": [{"type": "thinking", "thinking": "I list", "signature": "c2lnbmVk"},
    {"type": "tool_use", "id": "toolu_1", "name": "ls", "input": {}}]},
  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"}]}]},
 "response": {"type": "error", "error": {"type": "invalid_request_error", "message":
   "messages.1.content.0: `thinking` blocks in the latest assistant message cannot be modified."}}}
```

## Instead

```json
{"server": "Anthropic", "request": {
  "model": "claude-opus-4-6", "thinking": {"type": "enabled", "budget_tokens": 1024}, "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": [{"type": "thinking", "thinking": "I list them.", "signature": "c2lnbmVk"},
    {"type": "tool_use", "id": "toolu_1", "name": "ls", "input": {}}]},
  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"}]}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import MessageSeen
from nexdiag.lint.seen.past import thoughts
from nexdiag.lint.seen.view import named_index


def _ending(case: Case) -> Iterator[Fault]:
    view, history = case.view, case.history
    told = view.refused and RULE.explains(view.said.words, view.status)
    if not told and not case.past.signed:
        return
    named = named_index(view.said.words) if told else None
    at = named if named is not None and _thinks(history.messages[named : named + 1]) else _latest(history.messages)
    if at is None:
        return
    message = history.messages[at]
    was, now = case.past.thoughts_of(message), thoughts(message.parts)
    if (was is None or was == now) and not told:
        return
    place = next((place for place, part in enumerate(message.parts) if thoughts([part])), 0)
    yield Fault(
        summary=f"messages[{at}] brings thinking blocks back that are not as the model gave them",
        fix=f"send the thinking blocks of messages[{at}] back as they came: all of them, each with its own signature, "
        "in their order",
        at=at,
        pointer=history.pointer(at, f"/content/{place}"),
        evidence=(message.shown(at), _difference(was, now)),
        facts={"index": str(at), "block": str(place)},
        about=(message.raw,),
        needs_words=was is None or was == now,
    )


def _latest(messages: list[MessageSeen]) -> int | None:
    """The latest message of the assistant, if it holds thinking."""
    at = next((at for at in range(len(messages) - 1, -1, -1) if messages[at].role == "assistant"), None)
    return at if at is not None and _thinks(messages[at : at + 1]) else None


def _thinks(messages: list[MessageSeen]) -> bool:
    return any(thoughts(message.parts) for message in messages)


def _difference(was: tuple[int, ...] | None, now: tuple[int, ...]) -> str:
    if was is None or was == now:
        return "it holds thinking, and the recording does not show with which it came"
    if len(was) != len(now):
        return f"the answer had {len(was)} thinking blocks, the message has {len(now)}"
    return "the same blocks in another order" if set(was) == set(now) else "a thinking block with other words"


RULE = Rule(
    name="thinking-block-modified",
    code="NX756",
    family="reasoning",
    page=__doc__ or "",
    ending=_ending,
    wires=("chat", "anthropic"),
    telling=patterns(
        r"(?:redacted_)?thinking.{0,60}\bblocks?\b.{0,80}\b(?:cannot|must not|can't|may not) be (?:modified|changed)",
        r"thinking blocks?.{0,80}must remain as they were",
        r"invalid .?signature.? in .?(?:redacted_)?thinking.? block",
    ),
    elsewhere=Severity.WARNING,
)
