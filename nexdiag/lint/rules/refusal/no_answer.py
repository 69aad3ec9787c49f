r"""The request got no answer, or one that broke off.

## What it does

Reports what a recording tells of the transport: nothing listened at the address, the server let the client wait too
long, or the connection broke before the answer was whole. Equal failures at one origin are one finding. Where the
same request was sent again in the same turn and answered, it is a warning; where the client itself left, nothing is
reported; where the recording ended first, it is a note. A bare exchange without a response merely lacks a part.

## Why it is bad

It is the recorded failure. Nothing in the request accounts for it: no rule on messages can be broken where no server
read them. An answer that broke off may look like a short one to a client that does not check how it ended.

## Example

```json
{"exchange": 0, "turn": 1, "at": 0.0, "failure": "ConnectError: All connection attempts failed",
 "request": {"method": "POST", "url": "http://127.0.0.1:1/v1/chat/completions",
             "body": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}, "response": null}
```

## Instead

```json
{"exchange": 0, "turn": 1, "at": 0.0, "failure": null,
 "request": {"method": "POST", "url": "http://127.0.0.1:8080/v1/chat/completions",
             "body": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}},
 "response": {"status": 200, "headers": [], "first": 0.1, "chunks": []}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator
from typing import Any

from nexdiag.core.exchange import client_left, unfinished
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.rules.refusal.unexplained_refusal import request_key
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import View

_SHOWN = 200
_READ = 2000
_FIXES = tuple(
    (re.compile(words, re.IGNORECASE), fix)
    for words, fix in (
        (
            r"name or service not known|name resolution|getaddrinfo|nodename nor servname|no address associated",
            "mend the host name of the endpoint: no address is known for it in {origin}",
        ),
        (
            r"certificate|\bssl\b|\btls\b",
            "mend the scheme (http or https) of the endpoint, or trust the certificate of {origin}",
        ),
        (r"\AUnsupportedProtocol|\AInvalidURL", "give the endpoint a whole URL: http:// or https://, host, port, /v1"),
        (
            r"\AProxyError",
            "mend the proxy settings of the client (HTTP_PROXY, HTTPS_PROXY), or except {origin} from it",
        ),
        (r"\APoolTimeout", "let the client open more connections, or send fewer requests at once"),
        (
            r"\AConnectTimeout|connect\w* timed? ?out|unreachable|no route to host",
            "mend the host and port of the endpoint, or open the way to it: nothing answers at {origin}",
        ),
        (
            r"\AConnect|connection refused|refused the|all connection attempts failed",
            "start the server, or mend the host and port of the endpoint: nothing listens at {origin}",
        ),
        (
            r"timed? ?out",
            "let the client wait longer, or ask for less (a shorter history, fewer tokens); the server's log tells why",
        ),
    )
)
_BROKEN = (
    "read the log of the server at {origin}, and of any proxy before it, at that time: the connection was cut "
    "(a crash, a restart, a limit on time or memory)"
)


class Unanswered:
    """The failures of one recording, and which of them a retry mended."""

    def __init__(self) -> None:
        """Start empty."""
        self._failed: list[View] = []
        self._waiting: dict[Any, list[int]] = {}
        self._mended: set[int] = set()
        """Places in `_failed`."""

    def take(self, case: Case) -> tuple[Fault, ...]:
        """Look at the next exchange. A refusal is an answer, however it ended."""
        seen = case.view
        own = seen.failure is None or client_left(seen.failure)
        if own and seen.accepted and self._waiting:
            self._mended.update(self._waiting.pop(request_key(seen), ()))
        if not own and not seen.refused:
            self._waiting.setdefault(request_key(seen), []).append(len(self._failed))
            self._failed.append(seen)
        return ()

    def end(self) -> Iterator[tuple[View, Fault]]:
        """A fault for each, in order; such as are repeats of one another are about the same."""
        for place, seen in enumerate(self._failed):
            yield seen, _fault(seen, mended=place in self._mended)


def _fault(seen: View, *, mended: bool) -> Fault:
    failure = seen.failure or ""
    told = shorten(failure, _SHOWN) or "no reason is recorded"
    broken = seen.status is not None
    unknown = unfinished(failure)
    chunks = f"{seen.chunks} chunk{'' if seen.chunks == 1 else 's'}"
    what = f"the answer broke off after {chunks}" if broken else f"exchange {seen.exchange} got no answer"
    origin = _origin(seen.url or "")
    return Fault(
        summary=f"{what}: {told}{'; the request was sent again and answered' if mended else ''}",
        fix="record until the answer has ended" if unknown else _fix(failure, origin),
        evidence=(f"{seen.method or 'POST'} {shorten(seen.url or '', _SHOWN)}", f"failure {told}"),
        about=(origin.encode("utf-8", "replace"), failure.encode("utf-8", "replace"), b"%d%d" % (broken, mended)),
        weight=Severity.INFO if unknown else Severity.WARNING if mended else Severity.ERROR,
    )


def _fix(failure: str, origin: str) -> str:
    found = (fix for words, fix in _FIXES if words.search(failure[:_READ]))
    return next(found, _BROKEN).replace("{origin}", shorten(origin, _SHOWN) or "that address")


def _origin(url: str) -> str:
    """Scheme, host and port; the scheme is left out where the URL has none."""
    scheme, mark, rest = url.partition("://") if "://" in url[:20] else ("", "", url)
    return scheme + mark + re.split(r"[/?#]", rest, maxsplit=1)[0]


NO_ANSWER = Rule(
    name="no-answer",
    code="NX002",
    family="answer",
    page=__doc__ or "",
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    following=Unanswered,
)
