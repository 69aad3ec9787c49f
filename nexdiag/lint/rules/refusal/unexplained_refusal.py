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

from nexdiag.core.body import Link
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.view import View

_FOR_NOW = frozenset({408, 409, 425, 429})
_SERVERS = 500


def for_now(status: int | None) -> bool:
    """Whether a server with this status may take the very same request a moment later."""
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
        summary = f"the server refused{status}, in words that no rule explains: {both_ends(view.said.shown, 200)}"
    else:
        summary = f"the server refused{status}, and its words are not known"
    if names:
        told = f"such words are told of {', '.join(names)}: the recorded request shows no such fault"
        return Fault(summary=summary, fix="record the whole request, as the server got it", evidence=(told,))
    return Fault(summary=summary, fix="read the server's words, and its log at that time")
