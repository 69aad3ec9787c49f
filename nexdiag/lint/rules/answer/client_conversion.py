r"""An answer is right, and calls tools in a form that some clients lose.

## What it does

Tells of a bare exchange that names its client, and whose answer has nothing wrong in it, that it calls tools: with
content that is null, empty, an empty list, or text beside the calls.

## Why it is bad

The server is right: calls may come with any content, or none. A client that converts the content first, and the
calls only where there is text, drops them, and the turn ends with nothing done.

## Example

```json
{"client": "homemade",
 "status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": [], "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": "tool_calls"}]}}
```

## Instead

```json
{"client": "homemade",
 "status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}]}}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import client_of, told
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import BARE


def _check(case: Case) -> tuple[Fault, ...]:
    known = told(case)
    if known is None or known.streamed or not known.calls or known.finish not in (None, "tool_calls"):
        return ()
    client = client_of(case)
    if not client or case.view.asked:
        return ()
    beside = "text beside the calls" if known.text else "an empty list as content" if known.parts else "no content"
    return (
        Fault(
            summary=f"this answer is right, and has {beside}: does {shorten(client, 40)} keep the calls?",
            fix="let the client read tool_calls whatever the content is: null, empty, a list, or text",
            evidence=(f"calls {', '.join(call.name for call in known.calls[:5])}",),
            weight=Severity.INFO,
        ),
    )


RULE = Rule(
    name="client-conversion",
    code="NX937",
    family="answer",
    page=__doc__ or "",
    needs=frozenset({BARE}),
    check=_check,
)
