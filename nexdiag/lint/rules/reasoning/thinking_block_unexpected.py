"""The last message holds thinking, and the request does not turn it on.

## What it does

Finds a thinking block in an assistant message at the end of a request that does not enable `thinking`. In earlier
messages such blocks are left out by the server, and do no harm. On the Responses wire it finds the reasoning item that
stands alone, because what followed it was left out, if the server says so.

## Why it is bad

Anthropic refuses it: an answer that began with thinking cannot be continued without. It happens when a client turns
thinking off for one request, for a summary or after a failure, and keeps the history as it is.

## Example

```json
{"server": "Anthropic", "status": 400, "request": {
  "model": "claude-sonnet-4-5", "max_tokens": 1024, "messages": [
  {"role": "user", "content": "Count to three."},
  {"role": "assistant", "content": [{"type": "thinking", "thinking": "...", "signature": "c2lnbmVk"},
    {"type": "text", "text": "One, two"}]}]},
 "response": {"type": "error", "error": {"type": "invalid_request_error", "message":
   "messages.1.content.0: When thinking is disabled, an `assistant` message in the final position cannot contain it."}}}
```

## Instead

```json
{"server": "Anthropic", "request": {
  "model": "claude-sonnet-4-5", "max_tokens": 1024, "messages": [
  {"role": "user", "content": "Count to three. You said: One, two"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.view import View, named_index

_THOUGHT = ("thinking", "redacted_thinking")
_ALONE = re.compile(
    r"item ['\"`]?(\w{1,200})['\"`]? of type .?reasoning.? was provided without its required following", re.IGNORECASE
)


def _ending(case: Case) -> Iterator[Fault]:
    view, history = case.view, case.history
    if view.wire == "responses":
        yield from _alone(case)
        return
    if _enabled(view):
        return
    told = view.refused and RULE.explains(view.said.words, view.status)
    last = len(history.messages) - 1
    if not told and history.messages[last].role != "assistant":
        return
    at, block = _holding(history, named_index(view.said.words) if told else None)
    if at is None or block is None or not (told or view.wire == "anthropic" or _signed(history, at, block)):
        return
    message = history.messages[at]
    yield Fault(
        summary=f"messages[{at}] holds a thinking block, and thinking is not enabled",
        fix=f"take the thinking blocks out of messages[{at}], or enable thinking in this request too",
        at=at,
        pointer=history.pointer(at, f"/content/{block}"),
        evidence=(message.shown(at), "the request does not enable thinking"),
        facts={"index": str(at), "block": str(block)},
        about=(message.raw,),
    )


def _alone(case: Case) -> Iterator[Fault]:
    """The reasoning item that the server's words name."""
    said = _ALONE.search(case.view.said.words) if case.view.refused else None
    for at, message in enumerate(case.history.messages if said else ()):
        if said and message.value.get("id") == said[1]:
            yield Fault(
                summary=f"input[{at}] is reasoning, and the call or message that it led to does not follow",
                fix=f"send the item that followed input[{at}] in that answer right behind it, or leave input[{at}] out",
                at=at,
                pointer=case.history.pointer(at),
                evidence=(message.shown(at), f"its id is {said[1]}"),
                facts={"index": str(at), "block": "0"},
                about=(message.raw,),
                needs_words=True,
            )


def _holding(history: History, named: int | None) -> tuple[int | None, int | None]:
    """The message that is meant, and where in it the first thinking block stands."""
    count = len(history.messages)
    at = named if named is not None and named < count else None
    if at is None:
        backwards = range(count - 1, -1, -1)
        at = next((at for at in backwards if history.messages[at].role == "assistant"), None)
    content = None if at is None else history.messages[at].content
    blocks = content if isinstance(content, list) else []
    where = (place for place, part in enumerate(blocks) if isinstance(part, dict) and part.get("type") in _THOUGHT)
    return at, next(where, None)


def _signed(history: History, at: int, block: int) -> bool:
    """Whether the block is Anthropic's: Mistral's models have parts of the same type."""
    part = history.messages[at].content[block]
    return "signature" in part or part.get("type") == "redacted_thinking"


def _enabled(view: View) -> bool:
    thinking = view.fields.get("thinking") if "thinking" in view.fields else None
    return isinstance(thinking, dict) and thinking.get("type") != "disabled"


RULE = Rule(
    name="thinking-block-unexpected",
    code="NX754",
    family="reasoning",
    page=__doc__ or "",
    ending=_ending,
    telling=(
        _ALONE,
        *patterns(
            r"when .?thinking.? is disabled, an .?assistant",
            r"final block in an assistant message cannot be .?(?:redacted_)?thinking",
            r"cannot contain .?(?:redacted_)?thinking.?.{0,40}to use thinking blocks",
        ),
    ),
)
