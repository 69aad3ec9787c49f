r"""A prefilled answer ends in whitespace.

## What it does

Finds a last message of the assistant whose text ends in a space or a line break. It speaks of servers that take such
a message as the beginning of the answer; where they do not, that is the fault.

## Why it is bad

Anthropic refuses it: a model goes on badly behind a space that its tokens would have held. It happens when a
client keeps the line break at the end of an answer, or of a template.

## Example

```json
{"server": "Anthropic", "request": {"model": "claude-3-5-sonnet", "max_tokens": 100, "messages": [
  {"role": "user", "content": "Complete the list."},
  {"role": "assistant", "content": "Sure: \n"}]},
 "status": 400, "response": {"type": "error", "error": {"type": "invalid_request_error",
  "message": "messages: final assistant content cannot end with trailing whitespace"}}}
```

## Instead

```json
{"server": "Anthropic", "request": {"model": "claude-3-5-sonnet", "max_tokens": 100, "messages": [
  {"role": "user", "content": "Complete the list. Begin with: Sure:"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import ASSISTANT, MessageSeen


def _ending(case: Case) -> Iterator[Fault]:
    history, wire = case.history, case.view.wire
    last, at = history.now, history.at
    if not last.traits & ASSISTANT or not last.talks:
        return
    place, text = _final(last)
    if text == text.rstrip():
        return
    refused = case.profile.refusal("assistant-last", case.model, wire) is not None
    yield Fault(
        summary=f"messages[{at}], the last one, is the assistant's and ends in whitespace",
        fix=f"cut the whitespace off the end of messages[{at}]",
        at=at,
        pointer=history.pointer(at, place),
        evidence=(f"messages[{at}] ends with {text[-20:]!r}",),
        facts={"index": str(at)},
        about=(last.raw, b"last"),
        needs_words=case.profile.known and refused,  # such a prefill is refused with or without whitespace
    )


def _final(message: MessageSeen) -> tuple[str, str]:
    """The text at the end of a message, and where it stands."""
    said = message.content
    if isinstance(said, str):
        return "/content", said
    if isinstance(said, list) and said and isinstance(said[-1], dict) and isinstance(said[-1].get("text"), str):
        return f"/content/{len(said) - 1}/text", said[-1]["text"]
    return "", ""


RULE = Rule(
    name="prefill-trailing-whitespace",
    code="NX110",
    family="order",
    page=__doc__ or "",
    ending=_ending,
    wires=("chat", "anthropic"),
    telling=patterns(r"cannot end with trailing whitespace"),
    unknown=None,  # it is Anthropic's alone
)
