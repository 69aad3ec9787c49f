"""The server does not take stream_options.

## What it does

Finds `stream_options` in a request to a server that does not know it. Where the server is not known it is a note
only: most servers take it.

## Why it is bad

Servers that check the names of parameters refuse the whole request, streamed or not. Clients send it unasked, to
learn how many tokens a streamed answer took; where it is left out, most servers stream no count at all.

## Example

```json
{"server": "Azure OpenAI, api-version=2024-02-01", "request": {"model": "m", "stream": true,
  "stream_options": {"include_usage": true}, "messages": [{"role": "user", "content": "Hello"}]}}
```

## Instead

```json
{"server": "Azure OpenAI, api-version=2024-02-01", "request": {"model": "m", "stream": true,
  "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if view.fields.get("stream_options") is None:
        return
    yield Fault(
        summary="the request has stream_options, which not every server takes",
        fix="leave stream_options out, and count tokens without the server's help",
        pointer="/stream_options",
        evidence=(f"stream_options {shorten(str(view.fields.get('stream_options')))}",),
    )


RULE = Rule(
    name="stream-options-unsupported",
    code="NX701",
    family="params",
    page=__doc__ or "",
    check=_check,
    telling=patterns(r"argument supplied: stream_options"),
    # not "stream_options is only allowed when stream is set": that is another fault
    words=patterns(r"\A(?!.*\b(?:only|when)\b.{0,80}\bstream\b).*\bstream_options\b"),
    unknown=Severity.INFO,
)
