r"""The body of an answer that succeeded tells of an error.

## What it does

Finds an `error` that is not null in a body whose status said success; also `object: error`, the finish reason
`error`, and a response whose status is `failed`. The server's words are given. If they tell what was wrong with the
request, the rule that knows those words says it first. JSON-RPC tells its errors under 200, and is left alone.

## Why it is bad

A client that goes by the status reads `choices`, which is null or missing, and raises a TypeError far from the
cause; or it takes the error for an empty answer. Routers answer so when the provider behind them fails or is busy.

## Example

```json
{"status": 200,
 "response": {"choices": null, "error": {"message": "Provider returned error", "code": 429}}}
```

## Instead

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import ANYTHING, told
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import ODD, is_rpc

_GOOD = range(200, 300)


def _check(case: Case) -> Iterator[Fault]:
    known, view = told(case), case.view
    if known is None or known.streamed or not (known.error or known.finish == "error"):
        return
    if view.status not in _GOOD and not (view.status is None and known.shape):
        return
    if is_rpc(view):
        return  # there an error is an answer like another
    words = view.said.words
    yield Fault(
        summary="the server tells of an error in a body whose status says success"
        + (f": {both_ends(words, 200)}" if words else ""),
        fix="let the client look for an error before it reads the answer; then ask again, or ask another provider",
        weight=Severity.ERROR,
    )


RULE = Rule(
    name="error-body-in-200",
    code="NX930",
    family="answer",
    page=__doc__ or "",
    needs=frozenset({ODD}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    words=ANYTHING,
    suspects=patterns(
        r"choices\W{0,3} (?:is |was |are )?(?:null|None)\b", r"'NoneType' object is not (?:subscriptable|iterable)"
    ),
    last_resort=True,
)
