"""The base URL lacks /v1.

## What it does

Finds a request to a chat-completions route without its version segment: `/chat/completions` instead of
`/v1/chat/completions`, answered with 404 by a server that does not know the route. Where the address is not known,
it goes by the answer: a 404 that speaks of no model and of no other thing that is missing.

The fault is in the address, not in the body: the finding has no pointer, and its summary names the address.

## Why it is bad

Nothing works, from the first message on, and the answer does not say why. Base URLs are given with and without
`/v1`, clients append `/chat/completions` to either, and only some servers have an alias.

## Example

```json
{"server": "SGLang", "status": 404, "url": "http://127.0.0.1:30000/chat/completions",
 "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}, "response": {"detail": "Not Found"}}
```

## Instead

```json
{"server": "SGLang", "status": 200, "url": "http://127.0.0.1:30000/v1/chat/completions",
 "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import View
from nexdiag.lint.server import serves

_NOT_FOUND = 404
_ROUTE = re.compile(r"/(?:chat/completions|completions|embeddings|models|responses|messages)/?\Z")
_VERSIONED = re.compile(r"/v\d|/deployments/")
"""With a version; Azure's deployments have theirs in the query."""
_OF_NO_OTHER_THING = patterns(r"\A(?!.*\b(?:models?|deployment|engine|adapter|assistant|thread|file with id)\b)")
_SHOWN = 200


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    unfound = view.status == _NOT_FOUND and RULE.explains(view.said.words, view.status)
    path = view.path
    if path is None:
        if unfound:
            yield _fault(view, "the server knows no such address: the base URL may lack /v1")
        return
    route = _ROUTE.search(path)
    if route is None or _VERSIONED.search(path):
        return
    served = not case.profile.known or any(serves(known, path) for known in case.profile.routes)
    if unfound or not (served or view.accepted or view.refused):
        yield _fault(view, f"{shorten(view.url or path, _SHOWN)} has no /v1 before {route[0]}")


def _fault(view: View, summary: str) -> Fault:
    return Fault(
        summary=summary,
        fix="end the base URL in /v1, once",
        evidence=() if view.url is None else (f"{view.method or 'POST'} {shorten(view.url, _SHOWN)}",),
        facts={"url": view.url or "", "path": view.path or "", "method": view.method or "POST"},
    )


RULE = Rule(
    name="base-url-missing-v1",
    code="NX601",
    family="endpoint",
    page=__doc__ or "",
    check=_check,
    words=_OF_NO_OTHER_THING,
    statuses=(_NOT_FOUND,),
    refused=Severity.WARNING,  # from the address alone: a gateway in between may add the /v1
    elsewhere=Severity.WARNING,
)
