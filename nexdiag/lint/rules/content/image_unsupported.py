"""An image goes to a model that sees none.

## What it does

Finds a message with an image where the server, or the model that the request names, takes text alone. Where nothing is
known of them, the server's own words tell.

## Why it is bad

Most servers refuse the request, and each later one, because the image stays in the history. Some drop the image and
answer as if nothing had been shown. It happens when a chat goes on with another model, and when the server was started
without the part of the model that sees.

## Example

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": [
  {"type": "text", "text": "What is this?"},
  {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]}]},
 "status": 400, "response": {"error": {"message": "m is not a multimodal model"}}}
```

## Instead

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": [
  {"type": "text", "text": "What is this? A red square of 10 pixels."}]}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator
from typing import Any

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import PARTS
from nexdiag.lint.seen.view import NO_CHAT

_DROPPED = re.compile(r"ignoring image[^\n]{0,200}", re.IGNORECASE)
_IMAGES = frozenset({"image_url", "image", "input_image", "image_file"})


def _arriving(case: Case) -> Iterator[Fault]:
    history, vision = case.history, case.profile.limits.vision
    at, now = history.at, history.now
    place = _image(now.value["content"])
    if place is None:
        return
    model = case.model
    seeing = bool(vision and model) and re.search(vision, model, re.IGNORECASE) is not None
    known = bool(vision and model) or case.profile.refusal(RULE.name, model, case.view.wire) is not None
    yield Fault(
        summary=f"messages[{at}] holds an image{f', and {model} sees none' if known and model else ''}",
        fix=f"take the image out of messages[{at}], or ask a model that takes images",
        at=at,
        pointer=history.pointer(at, place),
        evidence=(now.shown(at),),
        facts={"index": str(at), "model": model},
        about=(now.raw,),
        needs_words=seeing or not known,
    )


def _check(case: Case) -> Iterator[Fault]:
    """LM Studio takes the image out and answers, and says so in its log alone."""
    dropped = _DROPPED.search(case.view.log)
    if dropped is not None and not case.view.chats:
        yield Fault(
            summary="the server took an image out of the request: its model sees none",
            fix="send no image, or ask a model that takes images",
            evidence=(f"the log says: {quote(dropped[0], 200)}",),
            weight=Severity.ERROR,
        )


def _image(blocks: list[Any]) -> str | None:
    """Where the first image stands: among the blocks, or in those of a tool's result."""
    for at, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        kind, inner = block.get("type"), block.get("content")
        if isinstance(kind, str) and kind in _IMAGES:
            return f"/content/{at}"
        shown = _image(inner) if kind == "tool_result" and isinstance(inner, list) else None
        if shown is not None:
            return f"/content/{at}{shown}"
    return None


RULE = Rule(
    name="image-unsupported",
    code="NX305",
    family="content",
    page=__doc__ or "",
    needs=frozenset({NO_CHAT}),
    arriving=_arriving,
    on=PARTS,
    check=_check,
    telling=patterns(
        r"unknown variant .?image",
        r"is not a multimodal model",
        r"\b(?:not|n't) support (?:\w+ ){0,2}(?:images?|vision|multimodal)\b",
        r"\bimages?(?: inputs?| parts?| content| urls?)? (?:is|are) (?:not|un) ?(?:supported|allowed|enabled)",
        r"\bnot supported for (?:vision|images?)\b",
        r"support image input",
        r"image_url is only supported by",
        r"without multimodal support|not configured with a mmproj",
        r"\A(?!.*(?:audio|video) input is not).*provide the mmproj",
        r"image input detected, but",
        r"content\.type\b.{0,40}\[['\"]text['\"]\]",
        r"ignoring image file part .{0,60}missing image config",
    ),
    words=patterns(
        r"\b(?:not|no|without|isn't|only)\b.{0,40}\b(?:multimodal|multi-modal|vision)\b",
        r"\bimages?(?:_url)?\b.{0,60}\b(?:not supported|unsupported|not allowed|invalid type|not available)\b",
        r"invalid content type",
        r"unsupported content\b(?!\[\]\.type)",  # of images llama.cpp says it otherwise
        r"\bcontent\b.{0,60}\bmust be (?:a |of type )?(?:string|text)\b",
    ),
    unknown=None,
)
