r"""A stream is right, but holds lines that some clients cannot read.

## What it does

Tells of a bare exchange that names its client, and whose stream has nothing wrong in it, that comment lines stand
in the stream: lines that begin with a colon, by which servers keep a connection alive.

## Why it is bad

The server is right: the format has comments, and a client has to skip them. One that takes every line for a field
raises at the first (`Invalid sse format! : OPENROUTER PROCESSING`), long before the answer comes.

## Example

```json
{"client": "homemade",
 "status": 200,
 "response": ": keep-alive\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
```

## Instead

```json
{"client": "homemade",
 "status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

import re

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import client_of, told, worded
from nexdiag.lint.quoting import quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import BARE

_TIGHT = re.compile(rb"^data:[{\[]", re.MULTILINE)
_FIX = "let the client skip lines that begin with a colon, as the format of event streams wants it"
_WORDS = patterns(
    r"SSEFormatException",
    r"(?:space|blank) after .{0,12}\bdata:?\W",
    r"invalid sse (?:format|line)",
    r"(?:token|parse|json).{0,60}: ?OPENROUTER PROCESSING",
    r"(?:unterminated|unexpected end|unexpected eof).{0,60}\bjson\b.{0,300}\bat \S{0,60}stream",
    r"\bat \S{0,60}stream.{0,300}(?:unterminated|unexpected end|unexpected eof).{0,60}\bjson\b",
)
_CUT = patterns(
    r"(?:unterminated|unexpected end|unexpected eof|unexpected token|invalid|malformed)\b.{0,60}\bjson\b",
    r"\bjson.{0,20}(?:decode|parse|syntax) ?error|expecting value: line",
)
"""A client's log of a text that is no JSON: where the stream holds none, the client cut it itself."""


def _check(case: Case) -> tuple[Fault, ...]:
    known = told(case)
    if known is None or not known.streamed:
        return worded(case, _WORDS, summary="a client cannot read a comment in a stream", fix=_FIX)
    tight = not known.comments and _TIGHT.search(case.view.answer.text) is not None
    client = client_of(case) if known.comments or tight or case.view.log else ""
    if not client or known.finish is None:
        return ()
    if not known.calls and any(pattern.search(case.view.log) for pattern in _CUT):
        return (
            Fault(
                summary=f"this stream is right, and {shorten(client, 40)} could not read it: where does it cut it?",
                fix="join the pieces of the body first; a line ends with a line feed, its name at the first colon",
                evidence=(f"the log says {quote(case.view.log, 120)}",),
                weight=Severity.WARNING,
            ),
        )
    if tight:
        return (
            Fault(
                summary=f"this stream is right, and has no blank behind its data: does {shorten(client, 40)} want one?",
                fix='let the client take what follows "data:", and a blank away if there is one',
                weight=Severity.INFO,
            ),
        )
    if not known.comments:
        return ()
    return (
        Fault(
            summary=f"this stream is right, and holds comments: does {shorten(client, 40)} skip them?",
            fix=_FIX,
            weight=Severity.INFO,
        ),
    )


RULE = Rule(
    name="client-sse-parser",
    code="NX909",
    family="stream",
    page=__doc__ or "",
    needs=frozenset({BARE}),
    check=_check,
    telling=_WORDS,
    elsewhere=Severity.WARNING,  # it is the client's, whoever the server is
)
