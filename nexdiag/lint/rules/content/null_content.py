"""The content of a message is null.

## What it does

Finds a message whose content is null: of a tool, of the user or the system, of the assistant without calls. Null
beside tool calls is as it should be: only servers that are known to refuse it, or that say so, make a fault of it.

## Why it is bad

Null beside tool calls is what OpenAI itself sends; older local servers took no null at all, and gateways that drop
the calls leave a message without anything. Elsewhere null is refused by all that check: it comes of a tool that
returned nothing, and of an answer that was reasoning alone.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Find it."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": null}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Find it."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "nothing found"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

import msgspec

from nexdiag.core.finding import Severity
from nexdiag.lint import profiles
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen import view
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ASSISTANT, NO_TEXT, TOOL, MessageSeen
from nexdiag.lint.seen.view import REFUSED_HERE
from nexdiag.lint.server import Conditional

_INSTEAD = ("function_call", "refusal", "audio")
"""Fields that an assistant's message may have in place of a content."""

_TAKEN = "null beside calls"

_EITHER = re.compile(r"either ['\"]?content['\"]? or ['\"]?tool_calls", re.IGNORECASE)


def _arriving(case: Case) -> Iterator[Fault]:
    history, checked = case.history, case.profile.limits.null_content
    where = _where(history.now)
    if where is None or (where == "calls" and _taken(case)):
        return
    if where == "calls" and where not in checked:
        condition = _condition(case) if checked else None
        if condition is not None:
            fault = _fault(case, history.at, where, harmless=False)
            because = f"{case.profile.title} refuses this if {condition.when}"
            yield msgspec.structs.replace(fault, weight=Severity.WARNING, evidence=(*fault.evidence, because))
            return
        # a server that refuses null and makes no difference refuses it here too
    yield _fault(case, history.at, where, harmless=bool(checked) and where not in checked)


def _taken(case: Case) -> bool:
    """Whether this server takes null beside calls, whatever else is sent: asked once for each exchange."""
    memo = case.view.memo
    taken = memo.get(_TAKEN)
    if taken is None:
        checked = case.profile.limits.null_content
        refused = case.profile.refusal(RULE.name, case.model, case.view.wire) is not None
        taken = memo[_TAKEN] = (
            "calls" not in checked and (not checked or _condition(case) is None) and (bool(checked) or not refused)
        )
    return bool(taken)


def _condition(case: Case) -> Conditional | None:
    """What decides whether a deployment of this server refuses null beside calls too."""
    condition = profiles.condition(case.profile, RULE.name, case.model, case.view.wire)
    return condition if condition is not None and "calls" in condition.limits.null_content else None


def _ending(case: Case) -> Iterator[Fault]:
    """A refusal may be about null beside calls, unless the request has null where it is wrong everywhere."""
    if not case.view.refused or not RULE.explains(case.view.said.words, case.view.status):
        return
    if _EITHER.search(case.view.said.words):  # beside calls there is the other
        return
    nulls = {at: where for at, one in enumerate(case.history.messages) if (where := _where(one)) is not None}
    beside = [at for at, where in nulls.items() if where == "calls"]
    named = _named(case)
    if named in beside:
        yield _fault(case, named or 0, "calls", harmless=True)
    elif beside and len(beside) == len(nulls):
        yield _fault(case, beside[0], "calls", harmless=True)


def _where(message: MessageSeen) -> str | None:
    """Where the null stands, in the words of `Limits.null_content`; None if the content is none."""
    value = message.value
    if "content" not in value or value["content"] is not None or value.get("type", "message") != "message":
        return None
    if message.traits & TOOL:
        return "tool"
    if not message.traits & ASSISTANT:
        return "user"
    return "calls" if message.calls or any(value.get(field) for field in _INSTEAD) else "no-calls"


def _named(case: Case) -> int | None:
    """The message that the server names: in its words, or beside them under `param`."""
    answer = case.view.answer.value
    error = answer.get("error") if isinstance(answer, dict) else None
    param = error.get("param") if isinstance(error, dict) else None
    return view.named_index(f"{case.view.said.words} {param}")


def _fault(case: Case, at: int, where: str, *, harmless: bool) -> Fault:
    message = case.history.messages[at]
    beside = "beside tool calls" if where == "calls" else f"in a message of role {message.role}"
    return Fault(
        summary=f"the content of messages[{at}] is null, {beside}",
        fix=f'send "" as the content of messages[{at}]'
        if where in ("calls", "tool")
        else f"leave messages[{at}] out, or give it a text",
        at=at,
        pointer=case.history.pointer(at, "/content"),
        evidence=(message.shown(at), "content null"),
        facts={"index": str(at), "role": message.role or ""},
        about=(message.raw,),
        needs_words=harmless,
    )


RULE = Rule(
    name="null-content",
    code="NX302",
    family="content",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    arriving=_arriving,
    on=NO_TEXT,
    ending=_ending,
    telling=patterns(
        r"expected (?:a )?(?:string|array), received null\b.{0,60}\bcontent\b",
        r"expected a string, got null",
        r"\bcontent', 'null' not in\b",
        r"content type: <nil>",
        r"invalid type: null, expected (?:a )?(?:string|sequence)",
        r"input_value=None|input_type=NoneType",
        r"\bNone is not of type 'string'",
        r"not ['\"`\\]{0,2}NoneType['\"`\\]{0,2}\) to str",
    ),
    suspects=patterns(
        r"content or tool_calls must be set",
        r"expected 'content' to be a string",
        r"'content' field must be a string",
        r"\.content\b\S* (?:-|:|input).{0,20}input should be a valid string",
        r"\bcontent\b.{0,40}\b(?:must not|cannot|can't|may not|should not) be (?:null|none|nil)\b",
    ),
    words=patterns(
        r"there was no previous assistant message with a tool call",
        r"content field in the message object .{0,60}is empty",
        r"input should be a valid string",
        r"any variant of untagged enum \w*content",
        r"validation errors? for ChatCompletion",
        r"(?:must have|needs?) at least one (?:non-empty )?content element",
        r"missing .{0,2}(?:messages|input)\.content(?:\.text)?.{0,2} parameter",
        r"\bcontent\b.{0,40}\b(?:must|should|has to) be (?:a |of type )?(?:string|text)",
        r"\bcontent\b.{0,60}\b(?:null|none|nil|undefined)\b",
        r"\b(?:null|none|nil|undefined)\b.{0,60}\bcontent\b",
        r"'?NoneType'?\b",
        r"must have either content or tool_calls",
        r"must contain either 'content' or 'tool_calls'",
    ),
    silent_if_accepted=True,
)
