r"""A stream that began well tells of an error.

## What it does

Finds an error inside a stream whose status said success: a top-level `error` in a chunk, an `error` event, the
finish reason `error`, `response.failed`. The server's words are given. If they tell what was wrong with the
request, the rule that knows those words says it first.

## Why it is bad

The status cannot be taken back once the first bytes are out, so the failure of a provider comes as one more chunk.
A client that reads only `choices` sees an empty answer that succeeded, and keeps half a tool call in its history.

## Example

```json
{"status": 200,
 "response": "data: {\"error\":{\"code\":502,\"message\":\"Provider disconnected\"},\"choices\":[]}\n\n"}
```

## Instead

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import ANYTHING, served, told
from nexdiag.lint.quoting import both_ends, quote
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import ODD

_FIX = (
    "let the client look for an error in every chunk, treat the answer as failed and ask again; "
    "what came before it is no answer, and must not go into the history"
)


def _check(case: Case) -> Iterator[Fault]:
    known = told(case)
    if known is None or not known.streamed or not known.error or not served(case):
        return
    words = case.view.said.words
    found = known.odd.get("error")
    yield Fault(
        summary="the server tells of an error inside a stream" + (f": {both_ends(words, 200)}" if words else ""),
        fix=_FIX,
        evidence=() if found is None else (f"event {found.at} holds {quote(found.shown, 120)}",),
        weight=Severity.ERROR,
    )


RULE = Rule(
    name="sse-error-in-200",
    code="NX905",
    family="stream",
    page=__doc__ or "",
    needs=frozenset({ODD}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    words=ANYTHING,
    last_resort=True,
)
