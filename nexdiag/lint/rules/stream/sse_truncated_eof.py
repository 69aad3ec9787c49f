r"""A stream broke off, and nobody said so.

## What it does

Finds a stream that ends without a finish reason and without `[DONE]`; on the other wires: without `message_stop`,
without `response.completed` or its like. A stream that the client left, or that the transport saw break, is not
meant; nor is one that told of an error. A bare exchange may hold an excerpt: there it is a warning, unless a call's
arguments are cut.

## Why it is bad

What came is half an answer, perhaps half the arguments of a call. A client that takes the end of the bytes for the
end of the answer keeps a torn message in its history, runs a torn call, or leaves with exit code 0 and nothing
done.

## Example

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"path\\\":\\\"a\"}}]},\"finish_reason\":null}]}\n\n"}
```

## Instead

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"path\\\":\\\"a\\\"}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import cut_off, told, weight, worded
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case

_SUMMARY = "a stream broke off: it has neither a finish_reason nor an end"
_FIX = "let the client treat it as incomplete and ask again; read the log of the server, and of any proxy before it"
_WORDS = patterns(
    r"peer closed connection without sending complete message body|incomplete chunked read",
    r"stream (?:was |has |had )?(?:ended|closed|disconnected|terminated|cut|aborted|truncated|interrupted)\b.{0,60}"
    r"(?:before|without|prematurely|unexpectedly).{0,60}"
    r"(?:complet|finish(?!_reason|Reason| reason)|\[DONE\]|terminal|message_stop|end)",
    r"EOF without (?:a )?(?:finish|terminal|\[DONE\])",
)


def _check(case: Case) -> Iterator[Fault]:
    known = told(case)
    if known is None or not known.streamed:
        yield from worded(case, _WORDS, summary=_SUMMARY, fix=_FIX)
        return
    if known.done or known.finish is not None or known.error or case.view.failure is not None:
        return
    bare = case.view.exchange is None
    torn = known.torn or any(cut_off(call.arguments) for call in known.calls)
    if bare and (known.odd or (known.usage is not None and not known.spoke)):
        return
    last = f", in the arguments of {known.calls[-1].name or 'a tool'}" if torn and known.calls else ""
    yield Fault(
        summary=_SUMMARY,
        fix=_FIX,
        evidence=(f"it ends after {known.chunks} chunks{last}",),
        weight=weight(case, Severity.WARNING if bare and not torn else Severity.ERROR),
    )


RULE = Rule(
    name="sse-truncated-eof",
    code="NX904",
    family="stream",
    page=__doc__ or "",
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    telling=_WORDS,
)
