"""The request asks for a longer answer than the window, or the model, allows.

## What it does

Reads the server's words: that `max_tokens` is more than the model ever writes, or more than the messages leave of the
window. The numbers decide: if the messages alone are too long, it is an overflow.

## Why it is bad

The request is refused though the conversation fits. Clients take a default that was meant for another model, and set
`max_tokens` to the size of the window; and a client that answers each refusal of this kind by compacting the history
throws messages away for nothing.

## Example

```json
{"server": "vLLM", "status": 400, "request": {"model": "m", "max_tokens": 8192, "messages": [
  {"role": "user", "content": "Hello"}]},
 "response": {"object": "error", "code": 400, "message":
   "This model's maximum context length is 8192. You requested 8203 (11 in the messages, 8192 in the completion)."}}
```

## Instead

```json
{"server": "vLLM", "status": 200, "request": {"model": "m", "max_tokens": 2048, "messages": [
  {"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.rules.context.context_overflow import RULE as OVERFLOW
from nexdiag.lint.rules.context.context_overflow import sizes_of
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import REFUSED_HERE

_NAMES = ("max_completion_tokens", "max_tokens", "max_output_tokens", "max_new_tokens")
_NAMED = r"\bmax_?(?:completion_?|output_?|new_?)?tokens\b"
_OF_THE_ANSWER = patterns(
    r"max_(?:completion_|output_|new_)?tokens.{0,5} is too large(?!.{0,200}context)",
    r"max_(?:completion_|output_|new_)?tokens.{0,5}: \d+ > \d+, which is the maximum allowed number of output tokens",
    rf"{_NAMED}.{{0,40}}must be (?:(?:less|smaller|no more|no greater) than|at most|between|within|in the range|in \[)",
    rf"{_NAMED}.{{0,120}}\b(?:integer )?above maximum value",
    rf"{_NAMED}.{{0,60}}(?:(?:supported|valid|allowed) range|should be (?:in|within|between))",
    rf"{_NAMED}.{{0,60}}(?:exceeds|is (?:greater|larger|more) than) (?:the )?(?:model'?s? )?"
    r"(?:maximum|max|limit)(?!.{0,60}context)",
    rf"{_NAMED}.{{0,40}}\b(?:cannot|can't|must not|may not|should not) (?:be )?(?:greater|larger|more|higher|exceed)",
    r"(?:invalid|range of) .{0,3}max_(?:completion_|output_|new_)?tokens.{0,60}(?:range|\[)",
    r"supports at most \d+ (?:completion|output) tokens",
    r"maximum (?:value for .?max_tokens|tokens you requested exceeds the model limit)",  # Groq, Bedrock
)
"""What is said of the longest answer that a model writes, whatever the window."""
_MOST = re.compile(
    r"at most (\d+)|> (\d+), which|(?:equal to|than|most) .?(\d+)|\[\d+, ?(\d+)|limit of (\d+)|<= ?(\d+)"
    r"|between \d+ and (\d+)|to (\d+) \((?:in|ex)clusive",
    re.IGNORECASE,
)


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if not view.refused or not RULE.explains(view.said.words, view.status):
        return
    words, sizes = view.said.words, sizes_of(view)
    own = any(pattern.search(words) for pattern in _OF_THE_ANSWER)
    if not own and not sizes.fits:
        return
    name = next((one for one in _NAMES if one in view.fields), None)
    asked = f"{name or 'max_tokens'} asks for {sizes.answer or 'more'} tokens"
    most = _MOST.search(words) if own else None
    if most is not None:
        limit = next(number for number in most.groups() if number)
        summary, fix = f"{asked}, and the model writes no more than {limit}", f"ask for at most {limit} tokens"
    elif sizes.input is not None and sizes.window is not None and not own:
        left = sizes.window - sizes.input
        summary = f"{asked}, and the messages leave {left} of the window's {sizes.window}"
        fix = f"ask for at most {left} tokens; nothing need be taken out of the conversation"
    else:
        summary, fix = (
            f"{asked}, more than the model allows",
            "ask for fewer tokens; the conversation may stay as it is",
        )
    facts = sizes.facts | ({"limit": limit} if most is not None else {})
    yield Fault(summary=summary, fix=fix, pointer=f"/{name}" if name else None, facts=facts)


RULE = Rule(
    name="max-tokens-exceeds-context",
    code="NX652",
    family="context",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    check=_check,
    words=(
        *_OF_THE_ANSWER,
        *OVERFLOW.words,  # the numbers tell them apart
        *patterns(
            r"maximum (?:context|prompt|model|sequence) length",
            r"exceed(?:s|ed)? context limit: \d+ \+",
            r".?inputs.? tokens \+",
            r"\d ?tokens\b.{0,60}\bcontext (?:size|window|length|limit)\b.{0,30}\d",
            r"max_(?:completion_|output_|new_)?tokens.{0,5} is too large",
        ),
    ),
)
