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
from nexdiag.lint.seen.named import EXTRA
from nexdiag.lint.seen.view import REFUSED_HERE


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if "stream_options" not in view.fields:
        if view.asked and view.refused and RULE.tells(view.said.words, view.status):
            yield Fault(
                summary="the server does not take stream_options, which were added on the way",
                fix="see what stands between: a gateway, or the client's own defaults",
                evidence=("the request as it was recorded has no such field",),
            )
        return
    value = view.fields.get("stream_options")
    yield Fault(
        summary="the request has stream_options, which not every server takes",
        fix="leave stream_options out, and count tokens without the server's help",
        pointer="/stream_options",
        evidence=(f"stream_options {'null' if value is None else shorten(str(value))}",),
        facts={"param": "stream_options"},
        needs_words=value is None,  # only a server that minds the name itself refuses a null
    )


RULE = Rule(
    name="stream-options-unsupported",
    code="NX701",
    family="params",
    page=__doc__ or "",
    needs=frozenset({"stream_options", REFUSED_HERE}),
    check=_check,
    telling=patterns(
        r"arguments? supplied: [\w, ]*stream_options",
        r"extraneous key .{0,3}include_usage",
        rf"\bstream_options(?:\W{{1,4}}include_usage)?\W{{0,4}}(?:msg\W+)?{EXTRA}",
        rf"{EXTRA}[^;]{{0,40}}?\bstream_options\b",
        r"loc\W+(?:body\W+)?stream_options\W.{0,60}(?:extra|not permitted)",
        r"validation error.{0,40}\bstream_options\b.{0,60}(?:data_sources|extension|not (?:permitted|allowed"
        r"|supported))",
        r"\bstream_options\W{0,2} (?:is|are) (?:not (?:yet )?(?:supported|allowed|permitted|available|recognized)"
        r"|unsupported)"
        r"(?!.{0,40}\b(?:unless|when|without|if)\b)",
        r"does not support .{0,20}\bstream_options\b",
    ),
    # not "stream_options is only allowed when stream is set": that is another fault
    words=patterns(r"\A(?!.*\b(?:only|when)\b.{0,80}\bstream\b).*\bstream_options\b"),
    unknown=Severity.INFO,
    silent_if_accepted=True,
)
