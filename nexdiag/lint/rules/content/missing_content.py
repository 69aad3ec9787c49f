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

import re
from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import ASSISTANT, MISSING, NO_TEXT, MessageSeen

_INSTEAD = ("function_call", "refusal", "audio")
"""Fields that an assistant's message may have in place of a content."""


_NOT_THE_ASSISTANTS = re.compile(r"non-assistant|either ['\"]?content['\"]? or ['\"]?tool_calls", re.IGNORECASE)
"""Said of other roles, and of a message that does not call."""


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    if _lacks(history.now) and not _harmless(case, history.now):
        yield _fault(history, history.at, harmless=False)


def _ending(case: Case) -> Iterator[Fault]:
    """A refusal may be about a message that most servers take without a content."""
    said = case.view.said.words
    if not case.view.refused or _NOT_THE_ASSISTANTS.search(said) or not RULE.explains(said, case.view.status):
        return
    for at, message in enumerate(case.history.messages):
        if message.traits & NO_TEXT and _lacks(message) and _harmless(case, message):
            yield _fault(case.history, at, harmless=True)


def _lacks(message: MessageSeen) -> bool:
    usual = message.role_kind == "string" and message.value.get("type", "message") == "message"
    return usual and "content" not in message.value


def _harmless(case: Case, message: MessageSeen) -> bool:
    """Whether most servers, or this one, take it without."""
    return not _strict(case) if _carries(message) else _may_be_empty(case, message)


def _fault(history: History, at: int, *, harmless: bool) -> Fault:
    now = history.messages[at]
    return Fault(
        summary=f"messages[{at}], of role {now.role}, has no content",
        fix=f'give messages[{at}] a content; "" where there is nothing to say',
        at=at,
        pointer=history.pointer(at),
        evidence=(now.shown(at), f"its fields are {', '.join(list(now.value)[:8])}"),
        facts={"index": str(at), "role": now.role or ""},
        about=(now.raw,),
        needs_words=harmless,
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


def _may_be_empty(case: Case, message: MessageSeen) -> bool:
    """Whether the server is known to take an assistant's message that says nothing: then null does as well."""
    checked = case.profile.limits.null_content
    return bool(checked) and bool(message.traits & ASSISTANT) and "no-calls" not in checked


RULE = Rule(
    name="missing-content",
    code="NX303",
    family="content",
    page=__doc__ or "",
    arriving=_arriving,
    on=MISSING,
    ending=_ending,
    telling=patterns(
        r"\bmust (?:include|have|contain) an? .{0,3}content\b.{0,3} field",
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
        r"(?:must have|needs?) at least one (?:non-empty )?content element",
        r"missing .{0,2}(?:messages|input)\.content(?:\.text)?.{0,2} parameter",
        r"\bcontent\b.{0,40}\b(?:must|should|has to) be (?:a |of type )?(?:string|text)",
    ),
    silent_if_accepted=True,
)
