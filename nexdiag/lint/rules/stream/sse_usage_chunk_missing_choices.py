r"""A chunk of a stream has no choices.

## What it does

Finds a chunk of chat completions that is no error and has no list `choices`; mostly it is the last one, with the
usage. A list that is empty is right: so OpenAI sends the usage, and so Azure begins with its content filter.

## Why it is bad

Clients go through `chunk.choices` of every chunk. Where it is missing or null they raise after the whole answer has
come, or skip the chunk as malformed, and its usage with it.

## Example

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"usage\":{\"prompt_tokens\":3}}\n\ndata: [DONE]\n\n"}
```

## Instead

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

import re

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import odd, told
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import ODD

_USAGE = re.compile(r"[\"']usage[\"']\s*:")
_OTHER = re.compile(r"[\"'](?:candidates|jsonrpc)[\"']\s*:")
_FIX = 'let the server send "choices": [] with every chunk that has no choice to tell of; a client can take it as that'


def _check(case: Case) -> tuple[Fault, ...]:
    known = told(case)
    if known is None or not known.streamed or not known.odd:
        return ()
    found = known.odd.get("no-choices")
    if found is not None and known.shape != "chat" and (not _USAGE.search(found.shown) or _OTHER.search(found.shown)):
        return ()  # a lone object may be of any wire, Gemini's own among them
    return odd(case, "no-choices", summary="a chunk of a stream has no choices", fix=_FIX) or odd(
        case, "not-object", summary="an event of a stream is no JSON object", fix=_FIX
    )


RULE = Rule(
    name="sse-usage-chunk-missing-choices",
    code="NX907",
    family="stream",
    page=__doc__ or "",
    needs=frozenset({ODD}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    telling=patterns(r"missing field .{0,2}choices\b"),
    suspects=patterns(r"undefined .{0,10}reading 'choices'"),
)
