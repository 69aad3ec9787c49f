r"""A system message stands in the middle of the conversation.

## What it does

Finds a system or developer message behind a message of another role. Several system messages at the beginning are
another fault.

## Why it is bad

Many chat templates have one place for it, the beginning: they refuse the request, or say that roles must alternate.
Converters to other dialects refuse it before anything is sent, or move it to the front, and some backends let it pass
and do not act on it. It happens when a client adds reminders, hooks or a hand-off as system messages.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Hello"},
  {"role": "assistant", "content": "Hello!"},
  {"role": "system", "content": "<reminder>The list is empty.</reminder>"},
  {"role": "user", "content": "What is next?"}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Hello"},
  {"role": "assistant", "content": "Hello!"},
  {"role": "user", "content": "<reminder>The list is empty.</reminder>\n\nWhat is next?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import DEVELOPER, SYSTEM


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at, now, before = history.at, history.now, history.before
    if before is None or before.traits & (SYSTEM | DEVELOPER) or before.role in case.profile.limits.system_after:
        return
    yield Fault(
        summary=f"messages[{at}] is of role {now.role}, and stands behind a message of role {before.role}",
        fix=f"move the text of messages[{at}] into the system message at the beginning, or into the next user message",
        at=at,
        pointer=history.pointer(at, "/role"),
        evidence=(before.shown(at - 1), now.shown(at)),
        facts={"index": str(at), "role": now.role or "", "previous": before.role or ""},
        about=(now.raw, before.raw),
        ids=(f"after role '{before.role}'",),
        needs_words=case.view.wire == "responses",  # there developer messages may stand anywhere
    )


RULE = Rule(
    name="system-not-first",
    code="NX105",
    family="order",
    page=__doc__ or "",
    arriving=_arriving,
    on=SYSTEM | DEVELOPER,
    telling=patterns(r"\broles are supported\W{1,3}(?:but )?(?:got|received|found) ['\"`]?system"),
    suspects=patterns(
        r"system (?:messages?|prompts?|roles?) (?:must|should|can|may|has to|have to|is|are)\b.{0,60}"
        r"\b(?:beginning|start|first)\b",
        r"multiple (?:non-consecutive )?system messages",
        r"(?:only one|single|more than one|two) system (?:message|prompt)s?",
        r"unexpected role ['\"`]?(?:RoleEnum\.)?system['\"`]? after",
        r"unknown variant .?system\b.?, expected .{0,10}\buser\b",
    ),
    words=patterns(
        r"input should be ['\"`]user['\"`] or ['\"`]assistant",
        r"(?:invalid|incorrect|wrong|bad) (?:message )?role\W{0,3}system\b",
        r"role of message with (?:even|odd) index",
        r"length of messages must be an odd number",
        r"角色需交替出现",
        r"expected last role user or tool\b.{0,80}\bgot ['\"`]?(?:RoleEnum\.)?system",
        r"roles? (?:must|should) (?:be )?alternat",
        r"must alternate between",
        r"should alternate with",
        r"only user and assistant roles are supported",
        r"unexpected (?:message )?role\b(?! ['\"`]?(?:RoleEnum\.)?(?:user|assistant|tool))",
    ),
)
