r"""The conversation begins with more than one system message.

## What it does

Finds a second system or developer message right after the first one. A system message further down is another fault.

## Why it is bad

Many chat templates have a place for one: the second is refused with the words that a system message must be at the
beginning, although it nearly is, or with the words that roles must alternate. It happens when a client sends its
instructions in parts, and when a gateway puts its own prompt before that of the client.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "system", "content": "You are an agent."},
  {"role": "system", "content": "You may write files."},
  {"role": "user", "content": "Hello"}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "system", "content": "You are an agent.\n\nYou may write files."},
  {"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import DEVELOPER, SYSTEM

_PROMPT = SYSTEM | DEVELOPER


def _arriving(case: Case) -> Iterator[Fault]:
    """The second one: a third would be mended with it."""
    history = case.history
    if history.at != 1 or not history.messages[0].traits & _PROMPT:
        return
    first, now = history.messages
    yield Fault(
        summary=f"messages[0] and messages[1] are both system prompts, of role {first.role} and {now.role}",
        fix="merge all system and developer messages into messages[0], with a blank line between their texts",
        at=1,
        pointer=history.pointer(1, "/role"),
        evidence=(first.shown(0), now.shown(1)),
        facts={"index": "1", "role": now.role or "", "previous": first.role or ""},
        about=(first.raw, now.raw),
        needs_words=case.view.wire == "responses",  # there developer messages may stand anywhere
    )


def _ending(case: Case) -> Iterator[Fault]:
    """A server that renders a Responses request with a template makes a system message of `instructions` as well."""
    first = case.history.messages[0]
    if case.view.wire != "responses" or not first.traits & _PROMPT or not case.view.fields.get("instructions"):
        return
    yield Fault(
        summary=f"instructions and input[0], which is of role {first.role}, are both system prompts",
        fix="move the text of input[0] into instructions",
        at=0,
        pointer=case.history.pointer(0, "/role"),
        evidence=("instructions is set", first.shown(0)),
        facts={"index": "0", "role": first.role or "", "previous": "system"},
        about=(first.raw,),
        needs_words=True,
    )


RULE = Rule(
    name="multiple-system-messages",
    code="NX106",
    family="order",
    page=__doc__ or "",
    needs=frozenset({"instructions"}),
    arriving=_arriving,
    on=_PROMPT,
    ending=_ending,
    words=patterns(  # each has another cause as well: structure decides
        r"system (?:messages?|prompts?|roles?) (?:must|should|can|may|has to|have to|is|are)\b.{0,60}"
        r"\b(?:beginning|start|first)\b",
        r"multiple (?:non-consecutive )?system messages",
        r"(?:only one|single|more than one|two) system (?:message|prompt)s?",
        r"unexpected role ['\"`]?(?:RoleEnum\.)?system['\"`]?"
        r" after(?! role ['\"`]?(?:RoleEnum\.)?(?:user|assistant|tool))",
        r"roles? (?:must|should) (?:be )?alternat",
        r"must alternate between",
        r"should alternate with",
        r"only user and assistant roles are supported",
        r"invalid chat setting\b",  # MiniMax
        r"unexpected (?:message )?role\b(?! ['\"`]?(?:RoleEnum\.)?(?:user|assistant|tool))"
        r"(?!.{0,20} after role ['\"`]?(?:RoleEnum\.)?(?:user|assistant|tool))",
    ),
)
