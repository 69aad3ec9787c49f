"""A message, or a block of one, says nothing.

## What it does

Finds a message of the system or the user, or of the assistant without calls, whose text is empty or blank; and a text
block that is empty, in a message or in the top-level field `system`. An empty text beside tool calls, and the empty
output of a tool, are right on most servers: there the server's own words decide.

## Why it is bad

Anthropic and Bedrock refuse an empty text block, and gateways to them make one of every empty text. The message stays
in the history, so that each later request is refused as well. Models do answer with empty blocks: sent back as they
came, they are refused.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "system", "content": ""},
  {"role": "user", "content": "Hello"}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator
from typing import Any

from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import ASSISTANT, BLANK, NO_TEXT, TOOL, MessageSeen
from nexdiag.lint.seen.view import REFUSED_HERE

_EITHER = re.compile(r"either ['\"]?content['\"]? or ['\"]?tool_calls", re.IGNORECASE)
"""Of a message that calls, this says the contrary."""


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at, now = history.at, history.now
    place = _empty(now)
    if place is not None and not (place == "/content" and _harmless(now, case.view.wire == "anthropic")):
        yield _fault(history, at, place, harmless=False)


def _ending(case: Case) -> Iterator[Fault]:
    """A refusal may be about an empty text where most servers take one."""
    said = case.view.said.words
    if not case.view.refused or _EITHER.search(said) or not RULE.explains(said, case.view.status):
        return
    for at, message in enumerate(case.history.messages):
        whole = bool(message.traits & NO_TEXT) and _empty(message) == "/content"
        if whole and _harmless(message, case.view.wire == "anthropic"):
            yield _fault(case.history, at, "/content", harmless=True)
        elif message.answers and (place := _within_result(message)) is not None:
            yield _fault(case.history, at, place, harmless=True)


def _empty(message: MessageSeen) -> str | None:
    """Where the message is empty; None if it is not, or is no message."""
    place = _place(message.value.get("content", None))
    usual = message.value.get("type", "message") == "message" and message.role_kind == "string"
    return place if usual else None


def _fault(history: History, at: int, place: str, *, harmless: bool) -> Fault:
    now = history.messages[at]
    whole = place == "/content"
    spare = now.role == "assistant" and whole  # a field that may stay empty where the message carries something else
    return Fault(
        summary=f"{'the content' if whole else 'a text block'} of messages[{at}] is empty",
        fix=f"leave content out of messages[{at}], or send it as null"
        if spare and now.calls
        else f"leave {'messages' if whole else 'the block out of messages'}[{at}]{' out' if whole else ''}",
        at=at,
        pointer=history.pointer(at, place),
        evidence=(now.shown(at),),
        facts={"index": str(at), "role": now.role or ""},
        about=(now.raw,),
        needs_words=harmless,
    )


def _place(content: object) -> str | None:
    """Where the message is empty: the content itself, or the first empty block; None if it is not."""
    if isinstance(content, str):
        return None if content.strip() else "/content"
    if not isinstance(content, list):
        return None
    if not content:
        return "/content"
    at = _empty_block(content)
    return None if at is None else f"/content/{at}/text"


def _empty_block(blocks: list[Any]) -> int | None:
    """The first empty text block. One of blanks alone is refused only where nothing else stands beside it."""
    texts = {at: block["text"] for at, block in enumerate(blocks) if isinstance(block, dict) and "text" in block}
    blank = [at for at, text in texts.items() if isinstance(text, str) and not text.strip()]
    if len(blank) < len(blocks):
        blank = [at for at in blank if not texts[at]]
    return blank[0] if blank else None


def _within_result(message: MessageSeen) -> str | None:
    """Where a block that answers a call is empty: its content, or the first text in that."""
    content = message.content
    for at, block in enumerate(content if isinstance(content, list) else ()):
        if not isinstance(block, dict):
            continue
        own = block.get("toolResult")
        inner, path = (own, "/toolResult") if isinstance(own, dict) else (block, "")
        if not path and block.get("type") != "tool_result":
            continue
        said = inner.get("content")
        if said in ("", [], None):
            return f"/content/{at}{path}/content"
        empty = _empty_block(said) if isinstance(said, list) else None
        if empty is not None:
            return f"/content/{at}{path}/content/{empty}/text"
    return None


def _harmless(message: MessageSeen, anthropic: bool) -> bool:
    """Whether servers take it: beside a call, as a tool's output; Anthropic also as a turn of the assistant."""
    if message.traits & TOOL or message.calls or message.value.get("function_call"):
        return True
    return anthropic and bool(message.traits & ASSISTANT)


def _check(case: Case) -> Iterator[Fault]:
    """The system prompt of the Anthropic dialect: as a text it may be empty, as a block it may not."""
    if case.view.wire != "anthropic":
        return
    blocks = case.view.fields.get("system")
    at = _empty_block(blocks) if isinstance(blocks, list) else None
    if isinstance(blocks, str) and blocks and not blocks.strip():
        yield _of_system("/system", blocks)
    elif at is not None:
        yield _of_system(f"/system/{at}/text", blocks[at]["text"])


def _of_system(pointer: str, text: str) -> Fault:
    return Fault(
        summary="a text block of system is empty",
        fix="leave the empty block out of system",
        pointer=pointer,
        evidence=(f"system {quote(text)}",),
        facts={"index": "0", "role": "system"},
    )


RULE = Rule(
    name="empty-content",
    code="NX301",
    family="content",
    page=__doc__ or "",
    needs=frozenset({"system", REFUSED_HERE}),
    arriving=_arriving,
    on=BLANK,
    ending=_ending,
    check=_check,
    telling=patterns(
        r"text content blocks must (?:be non-empty|contain non-whitespace)",
        r"messages? must have non-empty content",
        r"text field in the ContentBlock object .{0,60}is blank",
        r"message at position \d{1,6} with role .{1,20} must not be empty",
        r"(?:must have|needs?) at least one (?:non-empty )?content element",
        r"\bmessage must be at least 1 token long",
        r"elements in (?:chat )?history must have a message",
        r"(?:has an empty|must have a) text parameter",
        r"an empty message was provided",
        r"cache_control cannot be set for empty text",
        r"contents?\.parts must not be empty",
    ),
    suspects=patterns(
        r"must have either content or tool_calls",
        r"content field in the message object .{0,60}is empty",
        r"['\"`]?content['\"`]? field that is not empty",
        r"\bcontent\b.{0,30}\b(?:must not|cannot|can't|can not|should not|may not) be (?:empty|blank)",
    ),
    words=patterns(
        r"role ?['\"`]?tool['\"`]? must (?:be a response|follow)",
        r"\bcontent\b.{0,60}\b(?:empty|blank|too short|at least 1 char)",
        r"\bempty (?:message |text )?content\b",
        r"content or tool_calls must be set",
        r"missing .{0,2}(?:messages|input)\.content(?:\.text)?.{0,2} parameter",  # Ark: of an empty text as well
    ),
    silent_if_accepted=True,
)
