r"""A client takes a refusal for another than it is.

## What it does

Tells of a bare exchange whose client, or log, speaks of an overflow of the context, that the server's words are
about something else: they hold a word such as `token`, `prompt`, `maximum` or `context`, and no overflow.

## Why it is bad

The server is right, and says what is wrong. A client that goes by single words shortens the history instead, and is
refused again: `max_tokens` holds `token`, `Error rendering prompt` holds `prompt`.

## Example

```json
{"client": "workgraph nex",
 "status": 418,
 "response": {"error": {"message": "the moon has no prompt"}},
 "log": "context too long"}
```

## Instead

```json
{"client": "workgraph nex",
 "status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.answering import ANYTHING
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import BARE

_GOES_BY_WORDS = re.compile(r"\bworkgraph\b|\bnex\b", re.IGNORECASE)
"""Clients that are known to go by single words (openai_client.rs of graphwork/workgraph at 6617ef03)."""
_WORD = re.compile(r"context|token|maximum|prompt|too.long", re.IGNORECASE)
_OVERFLOW = re.compile(
    r"context (?:length|window|size)|n_ctx|exceed_context|too many (?:input )?tokens|"
    r"(?:prompt|input|request|message)s? (?:is|are) too (?:long|large)|max_(?:completion_)?tokens is too large",
    re.IGNORECASE,
)
_AS_ACCESS = re.compile(
    r"\bauth(?:entication|orization)?(?:[ /-]{1,3}(?:or )?rate.?limit)? (?:error|failure|failed|required)"
    r"|rate.?limit(?:ed|s)?\b.{0,30}\b(?:error|exceeded|hit|reached|retry)|\b(?:invalid|bad|wrong) api.?key",
    re.IGNORECASE,
)
_OF_ACCESS = re.compile(
    r"\bauth|\brate\b|quota|api.?key|\bkey\b|permission|credit|billing|balance|too many requests", re.IGNORECASE
)
_OF_REQUESTS = (400, 404, 413, 422)
"""Statuses that are no login's, and no limit's."""
_TAKEN = re.compile(
    r"compact.{0,48}\boverflow|ContextWindowExceeded|context.{0,20}(?:overflow|exceeded|too.long|full)|is_context_too_long",
    re.IGNORECASE,
)


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if view.exchange is not None or not view.client or not view.refused or view.logged:
        return
    said = view.said
    words = said.words
    if _AS_ACCESS.search(view.log) and view.status in _OF_REQUESTS and not _OF_ACCESS.search(words):
        yield Fault(
            summary="a client takes this refusal for one of its key, or of its rate",
            fix="let the client go by the status and the code of the error: what is refused here is the request",
            weight=Severity.INFO,
        )
        return
    if _OVERFLOW.search(words) or (not said.tells and view.chats):
        return
    if _TAKEN.search(view.log) or (_WORD.search(words) and _GOES_BY_WORDS.search(view.client)):
        yield Fault(
            summary="a client that goes by single words takes this refusal for an overflow of the context",
            fix="let the client look for the servers' whole phrases, such as: maximum context length",
            weight=Severity.INFO,
        )


RULE = Rule(
    name="error-misclassified",
    code="NX938",
    family="answer",
    page=__doc__ or "",
    needs=frozenset({BARE}),
    check=_check,
    words=ANYTHING,
    last_resort=True,
)
