r"""Two tool calls of a stream share one index.

## What it does

Finds a delta that brings a new id, and the name of a tool, at an index where another call is already growing; and
pieces that go on at an index where nothing was begun. An index that is used again by the same id is right.

## Why it is bad

Clients join the pieces by index: the arguments of two calls run together (`{"x":1}{"y":2}`), or the tail of a call
is lost. The server refuses them in the next request, or the wrong tool runs with the wrong arguments.

## Example

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"}
```

## Instead

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import odd
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import ODD

_FIX = (
    "let the server give each call an index of its own, and keep it to the last piece; "
    "until then let the client join pieces by id first, and by index only without one"
)


def _check(case: Case) -> tuple[Fault, ...]:
    return (
        odd(case, "collision", summary="two tool calls of a stream share one index", fix=_FIX)
        or odd(case, "late-tail", summary="a piece of a tool call has an index at which no call was begun", fix=_FIX)
        or odd(
            case,
            "id-changes",
            summary="the id of a tool call changes from piece to piece",
            fix="let the server give a call one id; until then let the client keep the first",
            severity=Severity.WARNING,
        )
    )


RULE = Rule(
    name="sse-tool-delta-index-collision",
    code="NX902",
    family="stream",
    page=__doc__ or "",
    needs=frozenset({ODD}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
)
