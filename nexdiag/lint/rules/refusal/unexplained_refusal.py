"""The server refused, and no rule explains its words.

## What it does

Reports a refusal that no rule explains: the server said no, or told of an error within an answer, and nothing that
the rules found in the request accounts for its words. The words are given as the server said them. Where the status
says that it was no matter of the request (408, 409, 425, 429, 5xx), and the same request was sent again in the same
turn and passed, it is a note.

## Why it is bad

It is the recorded failure, whatever its cause. That no rule explains it does not mean that the request was right:
the cause may be the server's state, its limits, a key, or a fault for which there is no rule yet.

## Example

```json
{"status": 400, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]},
 "response": {"error": {"message": "the moon is in the wrong house"}}}
```

## Instead

```json
{"status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from typing import Any

import msgspec

from nexdiag.core.body import Link
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.view import View

_FOR_NOW = frozenset({408, 409, 425, 429})
_SERVERS = 500
_MADE = "unexplained"


class Retried:
    """The refusals of one recording that were for the moment, and which of them a retry mended."""

    def __init__(self) -> None:
        """Start empty."""
        self._refused: list[View] = []
        self._waiting: dict[Any, list[int]] = {}
        self._mended: set[int] = set()
        """Places in `_refused`."""

    def take(self, seen: View) -> None:
        """Look at the next exchange. Its fault, if it is to have one, is made after this."""
        if seen.accepted and self._waiting:
            self._mended.update(self._waiting.pop(request_key(seen), ()))
        if seen.refused and seen.exchange is not None and _for_now(seen.status):
            self._waiting.setdefault(request_key(seen), []).append(len(self._refused))
            self._refused.append(seen)

    def end(self) -> None:
        """The faults that were made weigh little where a retry mended each of their like."""
        alike: dict[Any, list[tuple[Fault, str, bool]]] = {}
        for place, seen in enumerate(self._refused):
            made = seen.memo.get(_MADE)
            if isinstance(made, tuple):
                fault, summary = made
                alike.setdefault((summary, seen.context), []).append((fault, summary, place in self._mended))
        for several in alike.values():
            mended = all(one[-1] for one in several)
            for fault, summary, _ in several:  # frozen for the rules: only now it is known how much this one weighs
                told = f"{summary}; it passed when it was sent again" if mended else summary
                msgspec.structs.force_setattr(fault, "summary", told)
                msgspec.structs.force_setattr(fault, "weight", Severity.INFO if mended else None)


def _for_now(status: int | None) -> bool:
    return status is not None and (status in _FOR_NOW or status >= _SERVERS)


def request_key(seen: View) -> tuple[object, ...]:
    """By which a request is known again in its turn: of a list its last link stands for it, so that none is joined."""
    sent = seen.sent
    if sent is None:
        return (seen.session, seen.turn, seen.method, seen.path)
    fields = ((field.key, _mark(field.value)) for field in sent.fields)
    return (seen.session, seen.turn, seen.method, seen.path, sent.raw, *fields)


def _mark(value: bytes | Link) -> bytes:
    return value.digest if isinstance(value, Link) else value


UNEXPLAINED = Rule(
    name="unexplained-refusal",
    code="NX001",
    family="refusal",
    page=__doc__ or "",
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
)


def unexplained(view: View, names: tuple[str, ...] = ()) -> Fault:
    """The fault of a refused exchange in which nothing else was confirmed; `names` are rules whose words these are."""
    status = f" with {view.status}" if view.status is not None else ""
    if view.said.words and not view.logged:
        summary = f"the server refused{status}, in words that no rule explains: {both_ends(view.said.words, 200)}"
    else:
        summary = f"the server refused{status}, and its words are not known"
    if names:
        told = f"such words are told of {', '.join(names)}: the recorded request shows no such fault"
        fault = Fault(summary=summary, fix="record the whole request, as the server got it", evidence=(told,))
    else:
        fault = Fault(summary=summary, fix="read the server's words, and its log at that time")
    view.memo[_MADE] = (fault, summary)
    return fault
