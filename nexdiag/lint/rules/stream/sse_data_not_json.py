r"""A line of a stream holds what is no JSON.

## What it does

Finds an event whose data are neither JSON nor `[DONE]`: `data: data: {...}` of a gateway that wraps a stream twice,
a comment behind `data:`, an error as plain text. A last event that was torn by the end of the bytes is another
fault.

## Why it is bad

Most clients read every event as JSON and raise where it is none: `Unexpected token`, `Expecting value`. The rest of
the answer is lost. Others skip the line, and with it the error that it told.

## Example

```json
{"status": 200,
 "response": "data: error: out of memory\n\n"}
```

## Instead

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import odd, told, worded
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import BARE, ODD

_SUMMARY = "a stream holds data that are no JSON"
_FIX = (
    "let the server, or the gateway before it, send JSON behind data: and nothing else; "
    "a comment begins with a colon, an error is a JSON object"
)
_WORDS = patterns(
    r"unexpected (?:token|identifier).{0,60}\b(?:data: ?[{:]|error: )",
    r"unexpected token.{0,40}\bdata:",
    r"unexpected identifier \W{0,2}error",
    r"(?:failed|unable|error|could not|cannot).{0,20}\b(?:pars|decod|deserializ)\w+ .{0,30}\b(?:SSE|stream)",
    r"malformed (?:SSE|stream|chunk)",
)


def _check(case: Case) -> tuple[Fault, ...]:
    known = told(case)
    found = None if known is None else known.odd.get("not-json")
    if found is None:
        return worded(case, _WORDS, summary=_SUMMARY, fix=_FIX)
    blank = not found.shown.strip()
    return odd(
        case,
        "not-json",
        summary="a stream holds an event without data" if blank else _SUMMARY,
        fix=_FIX,
        severity=Severity.WARNING if blank else Severity.ERROR,
    )


RULE = Rule(
    name="sse-data-not-json",
    code="NX906",
    family="stream",
    page=__doc__ or "",
    needs=frozenset({ODD, BARE}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    suspects=_WORDS,
)
