r"""The model's thinking stands in the content of an answer.

## What it does

Finds a content that begins with `<think>` or its like, or in which thinking ends that a template began. Where the
server is known to have a field for thinking, or used it in the same answer, it is a warning.

## Why it is bad

The user is shown the thinking, clients that parse the content as JSON fail, and it goes back to the model with
every later request, where it costs tokens and misleads. It happens where the server has no reasoning parser
switched on.

## Example

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "<think>The user greets.</think>Hi."}, "finish_reason": "stop"}]}}
```

## Instead

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi.", "reasoning_content": "The user greets."}, "finish_reason": "stop"}]}}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import served, told
from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case

_OPENING = ("<think>", "<thinking>", "[THINK]", "<seed:think>", "◁think▷", "<|channel|>analysis")
_CLOSING = ("\n</think>\n", "</think>\n\n")
_LOOKED_AT = 64


def _check(case: Case) -> Iterator[Fault]:
    known = told(case)
    if known is None or not known.text or known.error or not served(case):
        return
    begins = known.text[:_LOOKED_AT].lstrip().startswith(_OPENING)
    if not begins and not (any(sign in known.text for sign in _CLOSING) and "<think" not in known.text):
        return
    due = known.reasoning or case.profile.stream.reasoning_field
    yield Fault(
        summary="the model's thinking stands in the content",
        fix="start the server with the reasoning parser that fits this model, or let the client take the thinking out",
        evidence=(f"the content begins with {quote(known.text)}",),
        about=(b"thinking",),
        weight=Severity.WARNING if due else Severity.INFO,
    )


RULE = Rule(
    name="think-tags-in-content",
    code="NX939",
    family="answer",
    page=__doc__ or "",
    check=_check,
)
