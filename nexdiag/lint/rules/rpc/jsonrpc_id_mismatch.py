"""An answer of JSON-RPC has the id of no request that waits.

## What it does

Compares the id of each JSON-RPC answer with that of its request: type and value must be the same, `1` is not `"1"`.
An error with the id null, or 0, while the request had another, leaves that request open; unless HTTP's own status says
that it failed. And a parse error under any id but null: what could not be read had no id, and the one that was made up
may be that of another request.

## Why it is bad

The client waits for ever, for nothing that comes has the id that it asked with; or it takes the error for the answer
to another call.

## Example

```json
{"client": "MCP client", "request": {"jsonrpc": "2.0", "id": 7, "method": "tools/list"},
 "response": {"jsonrpc": "2.0", "id": "7", "result": {"tools": []}}}
```

## Instead

```json
{"client": "MCP client", "request": {"jsonrpc": "2.0", "id": 7, "method": "tools/list"},
 "response": {"jsonrpc": "2.0", "id": 7, "result": {"tools": []}}}
```

## Who refuses it
"""

from collections.abc import Iterator
from typing import Any

from nexdiag.core.exchange import REFUSED
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.rules.rpc.jsonrpc_schema_drift import messages_of
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import NO_CHAT, View

_PARSE_ERROR = -32700
_UNREADABLE = (_PARSE_ERROR, -32600)
"""Codes of what could not be read, or was no request: nobody knows its id."""
_NONE = object()


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if view.chats or "model" in view.fields or (view.asked and "jsonrpc" not in view.fields):
        return
    answers = _answers(view)
    if not answers:
        return
    asked = view.fields.get("id") if "id" in view.fields and "method" in view.fields else _NONE
    if asked is not _NONE and asked is not None:
        if not any(_same(asked, one.get("id", _NONE)) for one in answers):
            yield from _unanswered(asked, answers[-1])
        return
    told = "id" not in view.fields and "method" in view.fields
    for one in answers:
        if told and "id" in one and one["id"] is None and _code(one) not in _UNREADABLE:
            yield _fault("a notification is answered, with the id null", "answer nothing to what has no id", one)
        if _code(one) == _PARSE_ERROR and one.get("id") is not None:
            yield _fault(
                f"a parse error is answered with the id {_shown(one['id'])}",
                "answer what could not be read with the id null",
                one,
            )


def _answers(view: View) -> list[dict[str, Any]]:
    """The answers that came back; what the server asks or tells of itself is none."""
    told = any(pattern.search(view.log) for pattern in RULE.telling)
    if view.status is not None and view.status >= REFUSED and not told:
        return []  # HTTP tells the client whose request failed: servers give null, or a word
    if not view.answer.known or (view.exchange is not None and b'"jsonrpc"' not in view.answer.text):
        return []
    return [one for one in messages_of(view) if "jsonrpc" in one and "method" not in one]


def _unanswered(asked: object, answer: dict[str, Any]) -> Iterator[Fault]:
    if "id" not in answer:
        return  # an envelope without an id is another fault
    yield _fault(
        f"the request has the id {_shown(asked)}, its answer the id {_shown(answer['id'])}",
        "repeat the id of the request as it came, text as text and number as number",
        answer,
    )


def _code(answer: dict[str, Any]) -> object:
    error = answer.get("error")
    return error.get("code") if isinstance(error, dict) else None


def _same(asked: object, answered: object) -> bool:
    return type(asked) is type(answered) and asked == answered


def _shown(value: object) -> str:
    return "null" if value is None else shorten(f'"{value}"' if isinstance(value, str) else str(value), 60)


def _fault(summary: str, fix: str, answer: dict[str, Any]) -> Fault:
    shown = {name: answer[name] for name in ("jsonrpc", "id", "error") if name in answer}
    return Fault(
        summary=summary,
        fix=fix,
        pointer="/id",
        evidence=(f"the answer begins {shorten(str(shown), 160)}",),
        weight=Severity.ERROR,
    )


RULE = Rule(
    name="jsonrpc-id-mismatch",
    code="NX961",
    family="rpc",
    page=__doc__ or "",
    needs=frozenset({NO_CHAT}),
    check=_check,
    words=patterns(r""),  # whatever the error says: it went to nobody
    telling=patterns(
        r"\bresponse (?:for|with|to) (?:an )?unknown (?:message|request)",
        r"unknown (?:message|response|request) id\b",
        r"no (?:pending|matching|outstanding) request (?:for|with) (?:response )?id",
    ),
)
