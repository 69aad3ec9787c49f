r"""A stream says that it is over, but not why.

## What it does

Finds a stream that ends with `[DONE]` (on the Messages wire: `message_stop`) although no chunk carried a finish
reason. A stream with neither of them broke off, which is another fault; one with a finish reason and without
`[DONE]` is right.

## Why it is bad

A client cannot tell a finished answer from one that was cut at the token limit, nor whether tools are to be run.
Strict clients fail with `Stream ended without finish_reason`; others take half an answer for a whole one.

## Example

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":null}]}\n\ndata: [DONE]\n\n"}
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
from nexdiag.lint.answering import told, weight, worded
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case

_SUMMARY = "a stream ends without a finish_reason"
_FIX = "let the server send a last chunk with finish_reason before it ends the stream; until then ask again"
_WORDS = patterns(
    r"without (?:a |any |the )?finish[_ ]?reason",
    r"(?:missing|no) finish[_ ]?reason",
    r"finish[_ ]?reason (?:is |was )?(?:missing|null|none|never|not)",
)


def _check(case: Case) -> Iterator[Fault]:
    known = told(case)
    if known is None or not known.streamed:
        yield from worded(case, _WORDS, summary=_SUMMARY, fix=_FIX)
        return
    if not known.done or known.finish is not None or known.error or known.shape == "responses":
        return
    if case.view.failure is not None or (case.view.exchange is None and (known.odd or not known.spoke)):
        return
    yield Fault(
        summary=_SUMMARY,
        fix=_FIX,
        evidence=(f"the stream says that it is over after {known.chunks} chunks, none of which has a finish_reason",),
        weight=weight(case, Severity.ERROR),
    )


RULE = Rule(
    name="sse-missing-finish-reason",
    code="NX903",
    family="stream",
    page=__doc__ or "",
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    suspects=_WORDS,
)
