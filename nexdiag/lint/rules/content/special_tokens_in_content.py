"""A text holds the control tokens of a chat template.

## What it does

Finds an assistant's message with `<|channel|>` in its text: the raw output of gpt-oss, sent back unparsed. Other
control tokens, and those in the texts of others, are a fault only where the server says so.

## Why it is bad

The template of gpt-oss refuses it; other servers read the tokens as text, or let a text speak in another role's name.
It happens when the server runs without its parser for reasoning, and the client stores what it got.

## Example

```json
{"request": {"model": "gpt-oss-20b", "messages": [
  {"role": "user", "content": "Hello"},
  {"role": "assistant", "content": "<|channel|>analysis<|message|>A greeting.<|end|>"},
  {"role": "user", "content": "Go on."}]}}
```

## Instead

```json
{"request": {"model": "gpt-oss-20b", "messages": [
  {"role": "user", "content": "Hello"},
  {"role": "assistant", "content": "Hello!"},
  {"role": "user", "content": "Go on."}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ASSISTANT, MARKUP

_CHANNEL = "<|channel|>"
_TOKEN = re.compile(
    r"<\|[a-z_0-9]{2,40}\|>|\[/?INST\]|\[TOOL_CALLS\]|<(?:start_of_turn|end_of_turn)>|<｜[^｜>]{2,40}｜>"
)


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at, now = history.at, history.now
    leaked = _CHANNEL in now.text and bool(now.traits & ASSISTANT)
    found = _CHANNEL if leaked else _first(now.text)
    if not found:
        return
    yield Fault(
        summary=f"the text of messages[{at}] holds the control token {found}",
        fix=f"keep of messages[{at}] what stands in its final channel, without the tokens"
        if leaked
        else f"take {found} out of messages[{at}], or break it up with a space",
        at=at,
        pointer=history.pointer(at, "/content"),
        evidence=(now.shown(at),),
        facts={"index": str(at), "token": found},
        about=(now.raw,),
        needs_words=not leaked,
    )


def _first(text: str) -> str:
    found = _TOKEN.search(text)
    return found[0] if found else ""


RULE = Rule(
    name="special-tokens-in-content",
    code="NX307",
    family="content",
    page=__doc__ or "",
    arriving=_arriving,
    on=MARKUP,
    telling=patterns(
        r"containing <\|channel\|> tags",
        r"disallowed special token",
        r"special tokens?\b.{0,60}\b(?:not allowed|disallowed|forbidden|in (?:the )?(?:content|text|message|prompt))",
    ),
)
