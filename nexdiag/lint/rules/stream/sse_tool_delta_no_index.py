r"""A tool call's piece in a stream does not say which call it belongs to.

## What it does

Finds a delta in `choices[].delta.tool_calls`, or a `content_block_delta` of a `tool_use` block, whose `index` is
missing or no integer. The first and the later pieces are looked at alike; only the index has to be on each of them,
the id and the name need not.

## Why it is bad

Clients join the pieces by index. Without it openai-python raises `list indices must be integers or slices, not
NoneType`, others put the pieces of all calls into one, and clients that read strictly skip the chunk, and with it
the call: the turn ends with an empty text. Old Ollama, mistral.rs and gateways to Gemini stream so.

## Example

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"}
```

## Instead

```json
{"status": 200,
 "response": "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import odd, worded
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import BARE, ODD

_SUMMARY = "a tool call is streamed without an index"
_FIX = (
    "let the server number the calls: each delta of choices[].delta.tool_calls, each content_block_delta, needs its "
    "index; "
    "until then let the client join them by id, and without one by order"
)
_WORDS = patterns(
    r"list indices must be integers or slices, not NoneType",
    r"missing field .{0,2}index\b",
    r"(?:tool_?calls?|delta)\S{0,40}index.{0,20}(?:is (?:missing|required|undefined|null|None)|absent|not set)",
    r"delta entry to have an .?index",
    r"do(?:es)? not (?:populate|include|contain|have|set) \S*tool_calls\S*index",
)


def _check(case: Case) -> tuple[Fault, ...]:
    return odd(case, "no-index", summary=_SUMMARY, fix=_FIX) or worded(case, _WORDS, summary=_SUMMARY, fix=_FIX)


RULE = Rule(
    name="sse-tool-delta-no-index",
    code="NX901",
    family="stream",
    page=__doc__ or "",
    needs=frozenset({ODD, BARE}),
    check=_check,
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    telling=_WORDS,
)
