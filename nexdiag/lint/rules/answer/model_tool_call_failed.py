r"""The model wrote a tool call that the server could not read.

## What it does

Finds the error by which Groq and others say that the model's own output was no call: `tool_use_failed`, with what
it wrote in `failed_generation`. The request is right.

## Why it is bad

It comes as a 400, like a fault of the request, though nothing is wrong with that: the same request may succeed the
next time. A client that gives up on every 400 gives up here without need.

## Example

```json
{"status": 400,
 "response": {"error": {"message": "Failed to call a function.", "code": "tool_use_failed", "failed_generation": "<function=f>"}}}
```

## Instead

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": "tool_calls"}]}}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import ANYTHING, told
from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import ODD, REFUSED_HERE


def _check(case: Case) -> Iterator[Fault]:
    known = told(case)
    error = None if known is None else known.error
    if not isinstance(error, dict):
        if case.view.refused and any(pattern.search(case.view.said.words) for pattern in RULE.telling):
            yield Fault(
                summary="the model wrote a tool call that the server could not read; the request is right",
                fix="ask again, with a lower temperature or fewer tools; if it stays, use another model",
                weight=Severity.ERROR,
            )
        return
    wrote = error.get("failed_generation")
    if error.get("code") == "tool_use_failed" or isinstance(wrote, str):
        yield Fault(
            summary="the model wrote a tool call that the server could not read; the request is right",
            fix="ask again, with a lower temperature or fewer tools; if it stays, use another model",
            evidence=(f"the model wrote {quote(wrote, 120)}",) if isinstance(wrote, str) else (),
            weight=Severity.ERROR,
        )


RULE = Rule(
    name="model-tool-call-failed",
    code="NX936",
    family="answer",
    page=__doc__ or "",
    needs=frozenset({ODD, REFUSED_HERE}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    words=ANYTHING,
    telling=patterns(
        r"error parsing tool call: raw=",
        r"tool_use_failed",
        r"failed_generation",
        r"failed to call a function",
        r"tool call validation failed",
        r"model (?:generated|produced|returned) (?:an? )?(?:invalid|malformed|unparsable) (?:tool|function)",
        r"MALFORMED_FUNCTION_CALL",
    ),
)
