"""The base URL lacks /v1, or has it twice.

## What it does

Finds a request to a chat-completions route without its version segment: `/chat/completions` instead of
`/v1/chat/completions`, or with two of them, answered with 404 by a server that does not know the route. Where the
address is not known, it goes by the answer: a 404 that speaks of no model and of no other thing that is missing.

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
from nexdiag.lint.rules.endpoint.base_url_wrong_dialect import RULE as DIALECT
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import View, is_rpc
from nexdiag.lint.server import serves

_NOT_FOUND = 404
_OK = 200
"""LM Studio answers an address that it does not know with this, and an error."""
_ROUTE = re.compile(r"/(?:chat/completions|completions|embeddings|models|responses|messages)/?\Z")
_VERSIONED = re.compile(r"/v\d|/deployments/")
"""With a version; Azure's deployments have theirs in the query."""
_TWICE = re.compile(r"(/v\d+)\1(?=/)")
_OF_NO_OTHER_THING = patterns(
    r"\A(?!.*(?<![/.])\b(?:models?|deployment|engine|adapter|assistant|thread|file with id|endpoints found)\b)"
)
_SAYS_UNFOUND = re.compile(r"\b404\b|\bnot found\b|\binvalid url\b|\bunexpected endpoint\b|\bno route\b", re.IGNORECASE)
_SAID_PATH = re.compile(
    r"\b(?:GET|POST|for url|url)[ :(]+[\"']?(?:https?://[^/\s\"']+)?(/[^\s\"'),?]*)"
    r"|(?<![\w:/.])(/(?:v1|api|chat|models|completions|responses|messages)(?:/[\w-]+)*)",
    re.IGNORECASE,
)
_SHOWN = 200


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    unfound = _unfound(view)
    path = view.path or _said_path(view)
    if path is None and not unfound:
        return
    route = None if path is None else _ROUTE.search(path)
    if path is not None and (route is None or _VERSIONED.search(path)):
        yield from _doubled(case, path, unfound=unfound)
        return
    if DIALECT.check is not None and any(DIALECT.check(case)):
        return
    if path is None or route is None:
        said = view.said
        if said.tells and not _SAYS_UNFOUND.search(said.words):
            return  # the server found something, and has more to say of it
        yield _fault(view, "the server knows no such address: the base URL may lack /v1")
        return
    served = not case.profile.known or any(serves(known, path) for known in case.profile.routes)
    if unfound or not (served or view.accepted or view.refused):
        yield _fault(view, f"{shorten(view.url or path, _SHOWN)} has no /v1 before {route[0]}")


def _doubled(case: Case, path: str, *, unfound: bool) -> Iterator[Fault]:
    """The version stands there twice, and the server does not know such an address."""
    view, twice = case.view, _TWICE.search(path)
    if twice is not None and (unfound or (case.profile.known and not view.accepted and not view.refused)):
        yield _fault(
            view,
            f"{shorten(view.url or path, _SHOWN)} has {twice[1]} twice",
            f"end the base URL so that {twice[1]} stands there once: this client appends it itself",
        )


def _unfound(view: View) -> bool:
    """Whether the server, or a log, says that there is no such address: by the status, else by words."""
    said = view.said.words or view.log
    found = view.status == _NOT_FOUND or (view.status in (None, _OK) and _SAYS_UNFOUND.search(said) is not None)
    return found and not view.accepted and not is_rpc(view) and RULE.explains(said, view.status)


def _said_path(view: View) -> str | None:
    """The path that the words name, where no address is known: `Invalid URL (POST /chat/completions)`."""
    if not view.refused or "/" not in view.said.words:
        return None
    found = _SAID_PATH.search(view.said.words)
    return (found[1] or found[2]) if found else None


def _fault(view: View, summary: str, fix: str = "") -> Fault:
    return Fault(
        summary=summary,
        fix=fix
        or "end the base URL in /v1, once"
        + ("" if view.url else "; only a client of Ollama's own API wants it without"),
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
    refused=Severity.WARNING,  # from the address alone: a gateway in between may add the /v1
    elsewhere=Severity.WARNING,
)
