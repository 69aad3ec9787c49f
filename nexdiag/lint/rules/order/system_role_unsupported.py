r"""The model's chat template has no place for a system message.

## What it does

Finds a system message at the beginning that the server has no place for: a chat template without a system slot, a
hosted model that takes none, or the list of messages of the Anthropic dialect, where the system prompt stands outside.
On a server that is not known to refuse it, only the server's own words tell.

## Why it is bad

A template of turns wants the user first. Where it meets a system message instead, it says "roles must alternate",
although user and assistant do alternate: the words speak of one fault and mean another.

## Example

```json
{"request": {"model": "Mistral-7B-Instruct-v0.2", "messages": [
  {"role": "system", "content": "You are a helpful assistant."},
  {"role": "user", "content": "Plot a chart."}]},
 "status": 400, "response": {"object": "error", "message": "Conversation roles must alternate user/assistant/..."}}
```

## Instead

```json
{"request": {"model": "Mistral-7B-Instruct-v0.2", "messages": [
  {"role": "user", "content": "You are a helpful assistant.\n\nPlot a chart."}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ASSISTANT, DEVELOPER, SYSTEM, USER

_NAME = "system-role-unsupported"


def _ending(case: Case) -> Iterator[Fault]:
    history, wire = case.history, case.view.wire
    first = history.messages[0]
    if not first.traits & (SYSTEM | DEVELOPER):
        return
    outside = wire == "anthropic"
    stated = case.profile.refusal(_NAME, case.model, wire) is not None
    if not outside and not stated and (case.template is not None or not _may_be_meant(case)):
        return  # the template itself, where it is at hand, says what it has no place for
    home = "the top-level field system" if outside else "the first user message"
    yield Fault(
        summary=f"messages[0] is of role {first.role}, for which there is no place",
        fix=f"move the text of messages[0] into {home}",
        at=0,
        pointer=history.pointer(0, "/role"),
        evidence=(first.shown(0),),
        facts={"index": "0", "role": first.role or ""},
        about=(first.raw,),
        weight=Severity.WARNING if outside and not case.profile.known else None,
        needs_words=not outside and not stated,
    )


def _may_be_meant(case: Case) -> bool:
    """Whether a refusal may be about it: the words name it, or nothing else is out of turn."""
    seen = case.view
    if not seen.refused or not RULE.explains(seen.said.words, seen.status):
        return False
    if any(pattern.search(seen.said.words) for pattern in RULE.telling):
        return True
    if case.history.messages[0].traits & DEVELOPER:  # that role is a fault of its own
        return False
    rest = case.history.messages[1:]
    turns = [one.traits & (USER | ASSISTANT) for one in rest if one.talks]
    alternate = all(turn == (USER, ASSISTANT)[at % 2] for at, turn in enumerate(turns))
    return alternate and not any(one.traits & (SYSTEM | DEVELOPER) for one in rest)


RULE = Rule(
    name=_NAME,
    code="NX104",
    family="order",
    page=__doc__ or "",
    ending=_ending,
    telling=patterns(
        r"\bsystem (?:role|messages?|prompts?|instructions?) (?:is|are)? ?(?:not|un) ?(?:supported|enabled|allowed)",
        r"does not support (?:the )?['\"`]?system['\"`]?\b",
        r"developer instruction is not enabled",
        r"unexpected role ['\"`\\]{0,2}system['\"`\\]{0,2}\.",
    ),
    suspects=patterns(r"only user and assistant roles are supported"),
    words=patterns(
        r"input should be ['\"`]user['\"`] or ['\"`]assistant",
        r"invalid (?:message )?role\W{0,3}system\b",
        r"\broles are supported\W{1,3}(?:but )?(?:got|received|found) ['\"`]?system",
        r"unknown variant .?system\b.?, expected .{0,10}\buser\b",
        r"role of message with (?:even|odd) index",
        r"length of messages must be an odd number",
        r"roles? (?:must|should) (?:be )?alternat",
        r"must alternate between",
        r"should alternate with",
        r"unexpected (?:message )?role\b(?! ['\"`]?(?:RoleEnum\.)?(?:user|assistant|tool))",
    ),
    unknown=None,
    last_resort=True,  # the words have other causes, each of which shows in the request
)
