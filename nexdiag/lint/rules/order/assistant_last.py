"""The conversation ends with the assistant, and no prefill is meant.

## What it does

Finds a request whose last message is the assistant's text. `prefix` in that message, or `continue_final_message` in
the request, say that it is meant as the beginning of the answer: then it is let pass. So is one that ends with a tool
that the server runs by itself, which is how a paused turn (`pause_turn`) is taken up again. A last message that calls
a tool is another fault.

## Why it is bad

Some servers refuse it: newer models of Anthropic, Mistral, Gemini. Others go on as if the user had said it, or close
the turn and begin another. It happens when an agent loop sends its own answer back, after compaction, and after an
error that left the turn half done.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Tidy up."},
  {"role": "assistant", "content": "Working on it."}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "Tidy up."},
  {"role": "assistant", "content": "Working on it."},
  {"role": "user", "content": "Go on."}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ASSISTANT, MessageSeen

_NAME = "assistant-last"
_REWRITES = ("sglang",)
"""Servers that let it pass and make another thing of it: serving_chat._handle_last_assistant_message of SGLang sends
it on as the user's."""


def _ending(case: Case) -> Iterator[Fault]:
    history, view = case.history, case.view
    last, at = history.now, history.at
    if not last.traits & ASSISTANT or not last.talks or _meant(case, last) or _paused(last):
        return
    stated = case.profile.refusal(_NAME, case.model, view.wire) is not None
    yield Fault(
        summary=f"messages[{at}], the last one, is the assistant's",
        fix=f"put a user message behind messages[{at}], or leave it out",
        at=at,
        pointer=history.pointer(at, "/role"),
        evidence=(last.shown(at), f"messages[{at}] is the last"),
        facts={"index": str(at), "role": "assistant"},
        about=(last.raw, b"last"),
        weight=Severity.WARNING if not stated and case.profile.name in _REWRITES else None,
    )


def _meant(case: Case, last: MessageSeen) -> bool:
    """Whether the request says that the last message is the beginning of the answer."""
    fields = case.view.fields
    said = last.value.get("prefix") is True or last.value.get("partial") is True  # Mistral, DeepSeek; DashScope, Kimi
    return said or fields.get("continue_final_message") is True or fields.get("add_generation_prompt") is False


def _paused(last: MessageSeen) -> bool:
    """Whether it ends with a tool that the server runs: Anthropic's goes on from there."""
    content = last.value.get("content")
    block = content[-1] if isinstance(content, list) and content else None
    kind = block.get("type") if isinstance(block, dict) else None
    return isinstance(kind, str) and (kind == "server_tool_use" or kind.endswith("_tool_result"))


RULE = Rule(
    name=_NAME,
    code="NX109",
    family="order",
    page=__doc__ or "",
    ending=_ending,
    wires=("chat", "anthropic"),
    telling=patterns(
        r"expected last role user or tool(?!.{0,80}\bgot ['\"`]?(?:RoleEnum\.)?system)",
        r"does not support assistant (?:message|response)?\s?prefill",
        r"assistant (?:message|response)? ?prefill (?:is|are)\b.{0,20}\b(?:not|incompatible|un)",
        r"(?:conversation|messages|request) must end with a user",
        r"last message\b.{0,60}\b(?:must|should)\b.{0,20}\buser\b",
        r"requests? ending with a model turn",
        r"in the final position\b.{0,20}\bwould pre-?fill",
        r"set .{0,3}add_generation_prompt.{0,40} last message is from the assistant",
    ),
    words=patterns(
        r"role of message with (?:even|odd) index",
        r"length of messages must be an odd number",
        r"角色需交替出现",
        r"multiturn requests? ends? with a user role",
        r"conversation must start with a user message",  # said of a message that stands alone
    ),
    silent_if_accepted=True,
)
