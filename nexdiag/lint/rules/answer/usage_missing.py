r"""The server did not say how many tokens an answer took.

## What it does

Finds a stream that was asked for its usage (`stream_options.include_usage`) and tells of none, or of zero tokens.
In a recording it also finds a whole body without usage, or with zero tokens, and tells of it without a warning.

## Why it is bad

Budgets, costs and the size of the context are reckoned from it. Where it is missing a client counts nothing, and
does not see the context fill up until the server refuses.

## Example

```json
{"status": 200,
 "request": {"stream": true, "stream_options": {"include_usage": true}},
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
```

## Instead

```json
{"status": 200,
 "request": {"stream": true},
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import served, told
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case


def _check(case: Case) -> Iterator[Fault]:
    known = told(case)
    if known is None or not known.spoke or known.finish is None or known.error or not served(case):
        return
    usage = known.usage
    if (usage is not None and (usage.input or usage.output)) or case.view.failure is not None:
        return
    if known.streamed and known.shape == "chat":
        options = case.view.fields.get("stream_options")
        asked = isinstance(options, dict) and options.get("include_usage") is True
        if asked and (known.done or case.view.exchange is not None):
            yield Fault(
                summary="the stream was asked for its usage, and tells of none",
                fix="see whether this server can tell it (a newer version, an option); else let the client estimate",
                weight=Severity.WARNING,
            )
        return
    if case.view.exchange is not None:
        yield Fault(
            summary="the answer does not say how many tokens it took",
            fix="see whether this server can tell it; else let the client estimate",
            weight=Severity.INFO,
        )


RULE = Rule(
    name="usage-missing",
    code="NX940",
    family="answer",
    page=__doc__ or "",
    check=_check,
)
