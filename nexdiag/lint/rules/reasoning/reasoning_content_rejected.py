"""A message carries reasoning to a server that has no such field.

## What it does

Finds `reasoning_content`, `reasoning`, `reasoning_details` and their like on an assistant message, where the server is
known to refuse that field, or says so. The same field is wanted by others: DeepSeek refuses tool loops without it.

## Why it is bad

Servers that check each message against a strict schema refuse the whole request, and every later one, because the
field stays in the history. It happens when a client sends answers back as they came, and the chat goes on with another
server.

## Example

```json
{"server": "Mistral", "status": 422, "request": {"model": "m", "messages": [
  {"role": "user", "content": "Hello"},
  {"role": "assistant", "content": "Hello!", "reasoning_content": "They greet me."},
  {"role": "user", "content": "What is next?"}]},
 "response": {"detail": [{"type": "extra_forbidden", "msg": "Extra inputs are not permitted",
   "loc": ["body", "messages", 1, "assistant", "reasoning_content"]}]}}
```

## Instead

```json
{"server": "Mistral", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Hello"},
  {"role": "assistant", "content": "Hello!"},
  {"role": "user", "content": "What is next?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import EXTRA

_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "reasoning_text", "thinking", "thinking_blocks")
_NAMES = r"(?:reasoning(?:_content|_details|_text)?|thinking(?:_blocks)?)\b(?!\.[a-z])"
_PART = "assistant:thinking"
"""Who takes thoughts as parts takes them once: beside the field mistral-common (from_openai, 1.13.1) refuses both."""
_NO = r"(?:extra_forbidden|extra inputs|not permitted|unsupported|not supported|not allowed|unknown|unrecogni[sz]ed)"
_OF_A_MESSAGE = r"(?:\bmessages?\b|\bassistant\b)"


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    value, at, limits = history.now.value, history.at, case.profile.limits
    field = next((name for name in _FIELDS if name in value), None)
    if field is None or history.now.role != "assistant":
        return
    listed = bool(limits.message_fields or limits.message_fields_refused)
    strict = field in limits.message_fields_refused or bool(
        limits.message_fields and field not in limits.message_fields
    )
    refused = strict if listed else case.profile.refusal("reasoning-content-rejected", case.model) is not None
    twice = _PART in limits.parts and _thinks(value.get("content"))
    yield Fault(
        summary=f"messages[{at}] carries {field}" + (" and a part of the content that thinks" if twice else ""),
        fix=f"leave {field} out of messages[{at}], and of every message that goes to this server",
        at=at,
        pointer=history.pointer(at, f"/{field}"),
        evidence=(history.now.shown(at),),
        facts={"index": str(at), "field": field},
        about=(history.now.raw,),
        ids=(f"messages.{at}.", f"messages.{at}'", f"messages[{at}]", f"messages, {at},"),
        weight=Severity.ERROR if twice else None,
        needs_words=not refused and not twice,
    )


def _thinks(content: object) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") == "thinking" for part in content
    )


RULE = Rule(
    name="reasoning-content-rejected",
    code="NX752",
    family="reasoning",
    page=__doc__ or "",
    arriving=_arriving,
    on=EXTRA,
    wires=("chat",),
    words=patterns(
        rf"\b(?:property|field) .{{0,2}}{_NAMES}.{{0,80}}{_NO}",
        rf"{_NO} (?:property|field)\W{{0,3}}{_NAMES}",
        r"content chunk types in assistant message\b.{0,60}thinkchunk",  # mistral-common makes such a part of it
        r"both thinking chunks in .?content.? and a top-level",
    ),
    telling=patterns(
        rf"\b(?:reasoning_(?:content|details|text)|thinking_blocks)\b.{{0,80}}{_NO}",
        rf"{_NO}.{{0,80}}\b(?:reasoning_(?:content|details|text)|thinking_blocks)\b",
        rf"{_OF_A_MESSAGE}.{{0,120}}\bproperty .{{0,2}}{_NAMES}.{{0,20}}{_NO}",
        rf"property .{{0,2}}{_NAMES}.{{0,20}}{_NO}.{{0,40}}did you mean .{{0,2}}(?:role|content|name)\b",
        rf"{_OF_A_MESSAGE}[.\[\]'\", ]+(?:\d+[.\[\]'\", ]+)?(?:assistant[.\[\]'\", ]+)?{_NAMES}.{{0,40}}{_NO}",
    ),
)
