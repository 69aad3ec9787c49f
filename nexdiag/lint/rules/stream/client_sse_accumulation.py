r"""A stream is right, but tells a tool call in pieces that some clients do not join.

## What it does

Tells of a bare exchange that names its client, and whose stream has nothing wrong in it, that a tool call comes in
several pieces, of which only the first has an id.

## Why it is bad

The server is right: id and name come once, and the index tells to which call a piece belongs. A client that wants
an id on every piece makes a call of each, none of whose arguments are JSON, and keeps them all in its history.

## Example

```json
{"client": "homemade",
 "status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"}
```

## Instead

```json
{"client": "homemade",
 "status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import client_of, told, worded
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import BARE

_FIX = "let the client join the pieces of tool calls by index: id and name come with the first one only"
_MERGED = patterns(
    r"\b(?:tool|function)\b[^\n]{0,40}?(?<![\w.-])((?=[\w.-]{0,59}[a-z])[\w.-]{5,60}?)\1{1,50}(?![\w.-])"
)
"""A tool whose name is another name, several times."""


def _check(case: Case) -> tuple[Fault, ...]:
    known = told(case)
    if known is None or not known.streamed:
        return worded(case, _MERGED, summary="a client joined the pieces of several calls into one name", fix=_FIX)
    if not any(call.pieces > 1 for call in known.calls):
        return ()
    client = client_of(case)
    if not client or known.finish != "tool_calls":
        return ()
    return (
        Fault(
            summary=f"this stream is right, and tells a call in pieces: does {shorten(client, 40)} join them by index?",
            fix=_FIX,
            weight=Severity.INFO,
        ),
    )


RULE = Rule(
    name="client-sse-accumulation",
    code="NX910",
    family="stream",
    page=__doc__ or "",
    needs=frozenset({BARE}),
    check=_check,
    telling=_MERGED,
)
