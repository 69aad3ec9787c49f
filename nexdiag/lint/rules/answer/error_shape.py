r"""An error is wrapped in another shape than clients look for.

## What it does

Tells of a bare exchange that names its client, that the server's error is a list of one, as Gemini's compatible
endpoint sends it, or a text with JSON in it. What the error says is for other rules: this one speaks first only if
none knows.

## Why it is bad

Clients look for `error.message`. A list makes them raise a TypeError of their own (`list indices must be integers
or slices, not str`), and the server's words never reach the user.

## Example

```json
{"client": "homemade",
 "status": 503,
 "response": [{"error": {"code": 503, "message": "the moon is full"}}]}
```

## Instead

```json
{"client": "homemade",
 "status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import ANYTHING
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import BARE


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if view.exchange is not None or not view.client:
        return
    value = view.answer.value
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict) or not value[0].get("error"):
        return
    yield Fault(
        summary=f"the server wraps its error in a list: {both_ends(view.said.words, 200)}",
        fix="let the client take the first entry of a list for the error; then read what the server said",
        weight=Severity.WARNING,
    )


RULE = Rule(
    name="error-shape",
    code="NX935",
    family="answer",
    page=__doc__ or "",
    needs=frozenset({BARE}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    words=ANYTHING,
    suspects=patterns(r"list indices must be integers or slices, not str", r"'list' object has no attribute 'get'"),
    last_resort=True,
)
