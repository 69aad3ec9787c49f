"""A message has no content field.

## What it does

Finds a message of the system, the user or a tool, or of the assistant without calls, that has no field content. An
assistant's message that calls a tool may go without it: there the server's own words decide.

## Why it is bad

Servers that check the shape of a request want the key, be it with an empty text: TGI and older versions of SGLang of
every message, OpenAI of all but those that call. It happens when a client leaves out what is empty.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Look."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1"}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Look."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "nothing there"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import NO_TEXT, MessageSeen

_INSTEAD = ("function_call", "refusal", "audio")
"""Fields that an assistant's message may have in place of a content."""


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at, now = history.at, history.now
    if "content" in now.value or now.role_kind != "string" or now.value.get("type", "message") != "message":
        return
    yield Fault(
        summary=f"messages[{at}], of role {now.role}, has no content",
        fix=f'give messages[{at}] a content; "" where there is nothing to say',
        at=at,
        pointer=history.pointer(at),
        evidence=(now.shown(at), f"its fields are {', '.join(list(now.value)[:8])}"),
        facts={"index": str(at), "role": now.role or ""},
        about=(now.raw,),
        needs_words=_carries(now) and not _strict(case),
    )


def _carries(message: MessageSeen) -> bool:
    """Whether it says something all the same."""
    return bool(message.calls) or any(message.value.get(field) for field in _INSTEAD)


def _strict(case: Case) -> bool:
    """Whether this server wants the field also beside calls: it does if it does not take null there either."""
    checked, model, wire = case.profile.limits.null_content, case.model, case.view.wire
    if case.profile.refusal(RULE.name, model, wire) is None:
        return False
    return "calls" in checked or (not checked and case.profile.refusal("null-content", model, wire) is not None)


RULE = Rule(
    name="missing-content",
    code="NX303",
    family="content",
    page=__doc__ or "",
    arriving=_arriving,
    on=NO_TEXT,
    telling=patterns(
        r"missing field .{0,2}content\b",
        r"\bcontent(?:['\"`\]]{0,2}:)? ?-? ?field required",
        r"\bcontent['\"`]? is a required property",
        r"missing required (?:parameter|field|property|argument).{0,30}\bcontent\b",
        r"all non-assistant messages must contain 'content'",
    ),
    words=patterns(
        r"\bcontent\b.{0,60}\b(?:required|missing)\b",
        r"\b(?:required|missing)\b.{0,60}\bcontent\b",
        r"\bmessages\b.{0,120}\bfield required",
        r"validation errors? for ChatCompletion",
        r"any variant of untagged enum \w*content",
        r"expected 'content' to be a string",
        r"'content' field must be a string",
        r"content type: <nil>",
        r"must have either content or tool_calls",
        r"must contain either 'content' or 'tool_calls'",
        r"content or tool_calls must be set",
        r"\bcontent\b.{0,40}\b(?:must|should|has to) be (?:a |of type )?(?:string|text)",
    ),
    silent_if_accepted=True,
)
