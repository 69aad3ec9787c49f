r"""A choice in a stream has no delta.

## What it does

Finds a choice of a chunk whose `delta` is missing or null, among them those of gateways that send a whole `message`
in a stream. An empty delta is right.

## Why it is bad

Clients read `choice.delta.content` of every choice, and raise where there is no delta. Azure sends such a choice
where its content filter works asynchronously: there it is a warning, because it is documented.

## Example

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
```

## Instead

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import odd, told
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import ODD


def _check(case: Case) -> tuple[Fault, ...]:
    known = told(case)
    found = None if known is None else known.odd.get("no-delta")
    if found is None:
        return ()
    filtered = "content_filter" in found.shown
    return odd(
        case,
        "no-delta",
        summary="a choice in a stream has no delta",
        fix='let the server send "delta": {} where there is nothing to add; let the client take none for an empty one',
        severity=Severity.WARNING if filtered else Severity.ERROR,
    )


RULE = Rule(
    name="sse-choice-without-delta",
    code="NX908",
    family="stream",
    page=__doc__ or "",
    needs=frozenset({ODD}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    telling=patterns(
        r"missing field .{0,2}delta\b",
        r"(?:reading|no attribute) 'delta'",
        r"\bdelta\W{0,3} (?:is |was )?(?:None|null|undefined|missing)\b",
    ),
    suspects=patterns(r"'NoneType' object has no attribute 'content'"),
)
