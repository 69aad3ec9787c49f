"""Reasoning that the server wants back is not sent back.

## What it does

Finds an assistant message that calls a tool, and comes back without the reasoning with which the model made the call:
without the field `reasoning_content`. Where the recording holds the answer, that answer shows whether there was any
reasoning. Where it does not, it goes by the profile, and looks at the tool loop that is running: at the messages after
the user's last one. A request that turns thinking off is let pass.

## Why it is bad

DeepSeek refuses such a request while its model thinks. Other servers take it, and the model goes on without the plan
that led to the call. Clients that keep role, content and tool calls alone lose the field.

## Example

```json
{"server": "DeepSeek", "status": 400, "request": {"model": "deepseek-reasoner", "messages": [
  {"role": "user", "content": "Read the file."},
  {"role": "assistant", "content": "", "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "read", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "empty"}]},
 "response": {"error": {
   "message": "Missing `reasoning_content` field in the assistant message at message index 1."}}}
```

## Instead

```json
{"server": "DeepSeek", "request": {"model": "deepseek-reasoner", "messages": [
  {"role": "user", "content": "Read the file."},
  {"role": "assistant", "content": "", "reasoning_content": "I have to read it first.", "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "read", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "empty"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.finding import Origin, Severity
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import CALLS, MessageSeen
from nexdiag.lint.seen.view import View

_FIELD = "reasoning_content"
_FIELDS = (_FIELD, "reasoning", "reasoning_details", "reasoning_text", "thinking", "thinking_blocks")
_THOUGHT = ("thinking", "redacted_thinking", "reasoning")
_ITEM = re.compile(
    r"item ['\"`]?(\w{1,200})['\"`]? of type .{1,40} was provided without its required .?reasoning", re.IGNORECASE
)
"""On the Responses wire, where reasoning is an item of its own before the call or the message."""
_NAMED = re.compile(r"\bmessages? (?:at )?index (\d{1,6})\b|\bmessages?[.\[ ]{1,2}(\d{1,6})\b", re.IGNORECASE)


def _arriving(case: Case) -> Iterator[Fault]:
    """What an answer of this recording carried, and its message does not."""
    history = case.history
    now = history.now
    if now.role != "assistant" or _reasons(now) or case.view.wire == "responses":
        return
    made = case.past.made(now)
    if made is not None and made.reasoned:
        yield _fault(history, history.at, made)


def _ending(case: Case) -> Iterator[Fault]:
    """What the server's words name; else what this server wants, in the tool loop that is running."""
    view, history = case.view, case.history
    if view.wire == "responses":
        yield from _item(case)
        return
    refused = view.refused and RULE.explains(view.said.words, view.status)
    if not refused and case.profile.refusal(RULE.name, case.model, view.wire) is None:
        return
    named = _NAMED.search(view.said.words) if refused else None
    at = int(named[1] or named[2]) if named else -1
    if 0 <= at < len(history.messages) and history.messages[at].role == "assistant":
        yield _fault(history, at, case.past.made(history.messages[at]))
        return
    for at in _lacking(case):
        yield _fault(history, at, None)


def _item(case: Case) -> Iterator[Fault]:
    """The item that the server's words name: its reasoning was left out."""
    said = _ITEM.search(case.view.said.words) if case.view.refused else None
    for at, message in enumerate(case.history.messages if said else ()):
        if said and message.value.get("id") == said[1]:
            yield Fault(
                summary=f"input[{at}] comes back without the reasoning item that stood before it",
                fix=f"send the reasoning item of that answer right before input[{at}], or leave its id out",
                at=at,
                pointer=case.history.pointer(at),
                evidence=(message.shown(at), f"its id is {said[1]}"),
                facts={"index": str(at)},
                about=(message.raw,),
                needs_words=True,
            )


def _lacking(case: Case) -> list[int]:
    """The calling messages of the running tool loop that have no reasoning, unless the model gave none."""
    messages = case.history.messages
    found: list[int] = []
    for at in range(len(messages) - 1, -1, -1):
        message = messages[at]
        if message.role == "user" and message.talks:
            break
        if message.role == "assistant" and message.calls and message.value.get(_FIELD) is None:
            made = case.past.made(message)
            if made is None or made.reasoned:
                found.append(at)
    return found[::-1]


def _reasons(message: MessageSeen) -> bool:
    value = message.value
    return any(value.get(name) is not None for name in _FIELDS) or any(
        part.get("type") in _THOUGHT for part in message.parts
    )


def _fault(history: History, at: int, made: Origin | None) -> Fault:
    message = history.messages[at]
    carried = f"{made} carried reasoning" if made is not None and made.reasoned else ""
    return Fault(
        summary=f"messages[{at}] comes back without {_FIELD}" + (f", though {carried}" if carried else ""),
        fix=f"keep the {_FIELD} of each answer, and send it back in messages[{at}]; an empty text where there was none",
        at=at,
        pointer=history.pointer(at),
        evidence=(message.shown(at), f"its fields are {', '.join(map(str, list(message.value)[:8]))}"),
        facts={"index": str(at)},
        about=(message.raw,),
    )


def _thinks(view: View) -> bool:
    """Whether the request leaves thinking on."""
    fields = view.fields
    if "thinking" not in fields and "enable_thinking" not in fields:
        return True
    mode = fields.get("thinking")
    off = isinstance(mode, dict) and mode.get("type") == "disabled"
    return not off and fields.get("enable_thinking") is not False


RULE = Rule(
    name="reasoning-content-missing",
    code="NX751",
    family="reasoning",
    page=__doc__ or "",
    arriving=_arriving,
    on=CALLS,
    listens=lambda case: case.past.reasoned,
    ending=_ending,
    concerns=_thinks,
    wires=("chat", "responses"),
    telling=(
        _ITEM,
        *patterns(
            r"missing .{0,3}reasoning_content",
            r"reasoning_(?:content|text).{0,60}(?:must be (?:passed|sent|provided|included)|is (?:missing|required)"
            r"|passed back)",
            r"(?:must|needs? to|should) (?:pass|send|include|contain|provide).{0,40}reasoning_content",
        ),
    ),
    unknown=Severity.INFO,  # most servers do without; the model loses its plan
    silent_if_accepted=True,  # then there was none, or this server does without
)
