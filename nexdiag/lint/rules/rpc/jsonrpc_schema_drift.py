"""A message of JSON-RPC is not in its envelope.

## What it does

Judges exchanges that are JSON-RPC, or should be: one side has the field `jsonrpc`, the address ends in `/mcp`, or the
client says that it speaks MCP. It finds a message without `"jsonrpc": "2.0"`; a request whose id is null, or neither
text nor whole number, or whose `params` are no structure; an answer with both or neither of `result` and `error`; an
error without a number as its code and a text as its message. Chats with a model are never judged.

## Why it is bad

MCP forbids null ids, because the answer could belong to any request. Clients check the envelope against a schema, and
drop what does not fit: the call stays open until it times out, and the log holds a list of schema errors.

## Example

```json
{"client": "MCP client", "request": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
 "response": {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}, "error": null}}
```

## Instead

```json
{"client": "MCP client", "request": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
 "response": {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator
from typing import Any

from nexdiag.core.exchange import REFUSED
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import listed, quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.answer import AnswerSeen
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import kind_of
from nexdiag.lint.seen.view import NO_CHAT, View

_SPEAKS = re.compile(r"\bMCP\b|model context protocol|\bJSON-?RPC\b|\bLSP\b|language server", re.IGNORECASE)
_STDIO = re.compile(r"\bstdio\b|\bmcp[_-]|[_-]mcp\b|modelcontextprotocol", re.IGNORECASE)
_NO_JSON = patterns(
    r"unexpected (?:token|non-whitespace|identifier)\b.{0,120}\bjson\b",
    r"\bis not valid json\b",
    r"invalid json\W{1,3}(?:expected value|trailing|EOF)",
    r"invalid character .{1,10} (?:looking for|after|in) ",
    r"expecting value: line 1 column 1 \(char 0\)",
)
"""How V8, pydantic, Go and Python say that what they read is no JSON."""
_SHOWN = 120
_ADDRESS = re.compile(r"/(?:mcp|json-?rpc|rpc)\Z", re.IGNORECASE)
_PARTS = ("jsonrpc", "id", "method", "params", "result", "error")
_ANSWERED = ("initialize", "ping", "tools/", "resources/", "prompts/", "completion/", "logging/", "sampling/")
"""Methods of MCP that are requests: without an id they would be notifications, and nobody would answer."""
_MOST = 200
_READ = 1_000_000


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if not view.chats and _wrote_text(view):
        yield Fault(
            summary="the server wrote text where each line has to be a message",
            fix="let the server write its log to stderr: stdout is for JSON-RPC alone",
            evidence=(f"told by {quote(view.said.words, _SHOWN)}",),
        )
    if view.chats or not _speaks(view):
        return
    if view.asked and (request := {name: view.fields.get(name) for name in view.fields}):
        for what, where, fix in _of_request(request):
            yield _fault(f"the request {what}", where, fix, request)
    failed = view.status is not None and view.status >= REFUSED  # then the body is HTTP's business
    for answer in messages_of(view):
        whole = "jsonrpc" in view.fields and answer is view.answer.value  # the body itself, where an answer is due
        if "jsonrpc" not in answer and (failed or not (whole or {"id", "result"} <= answer.keys())):
            continue
        for what, where, fix in _of_answer(answer, asked="id" in view.fields):
            yield _fault(f"the answer {what}", where, fix, answer)


def _speaks(view: View) -> bool:
    """Whether this is JSON-RPC, or should be."""
    if "jsonrpc" in view.fields:
        return True
    if "model" in view.fields or "contents" in view.fields or view.status == 404:  # noqa: PLR2004 - nobody was there
        return False
    path = view.path
    if path is not None and not _ADDRESS.search(path.rstrip("/")):
        return _has_envelope(view)
    named = path is not None or _SPEAKS.search(view.client or "") is not None
    return named or _has_envelope(view) or (view.refused and RULE.tells(view.said.words, view.status))


def _wrote_text(view: View) -> bool:
    """Whether a client of JSON-RPC could not read a line, as its log or its own words tell."""
    if view.exchange is not None or not (view.logged or view.said.plain):
        return False
    said = view.said.words
    if not any(pattern.search(said) for pattern in _NO_JSON):
        return False
    named = f"{view.client or ''} {view.server or ''} {said}"
    return "jsonrpc" in view.fields or (_STDIO.search(named) or _SPEAKS.search(named)) is not None


def _has_envelope(view: View) -> bool:
    answer = view.answer
    if not answer.known or (view.exchange is not None and b'"jsonrpc"' not in answer.text):
        return False
    return any("jsonrpc" in one for one in messages_of(view))


def messages_of(view: View) -> list[dict[str, Any]]:
    """What came back, message by message: of a body, of a batch, of a stream, of lines that a process wrote."""
    answer = view.answer
    value = answer.value
    if value is not None:
        values = value[:_MOST] if isinstance(value, list) else [value]
    elif answer.streamed:
        values = [one.value for one in answer.events[:_MOST]]
    else:
        lines = answer.text[:_READ].splitlines()[:_MOST]
        values = [AnswerSeen(line).value for line in lines if line.lstrip().startswith(b"{")]
    return [one for one in values if isinstance(one, dict)]


def _of_request(value: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with what the client sent, where, and what to do."""
    if not {"jsonrpc", "method", "result", "error"} & value.keys():
        fix = 'wrap it: {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": ..., "arguments": ...}}'
        yield f"has no envelope: its fields are {listed([shorten(name, 20) for name in value])}", "", fix
        return
    yield from _of_version(value)
    if "method" not in value:  # the client answers a request of the server
        yield from _of_outcome(value, asked=False)
        return
    method = value["method"]
    if not isinstance(method, str):
        yield f"has a method that is {kind_of(method)}", "/method", "send the name of the method as text"
        return
    if "id" in value and not _is_id(value["id"]):
        yield (
            f"has an id that is {_kind(value['id'])}",
            "/id",
            "give each request an id of its own: a text or a whole number",
        )
    elif "id" in value and method.startswith("notifications/"):
        yield f"has an id, and {shorten(method, 40)} is a notification", "/id", "leave the id out: nobody answers"
    elif "id" not in value and method.startswith(_ANSWERED):
        yield f"has no id, and {shorten(method, 40)} is to be answered", "", "give it an id: a text or a whole number"
    if "params" in value and not isinstance(value["params"], dict | list):
        yield (
            f"has params that are {kind_of(value['params'])}",
            "/params",
            "send params as an object, or leave them out",
        )


def _of_answer(value: dict[str, Any], *, asked: bool) -> Iterator[tuple[str, str, str]]:
    """What is wrong with what the server sent."""
    yield from _of_version(value)
    if "method" in value:  # a notification, or a request of the server
        if "id" in value and not _is_id(value["id"]):
            yield f"is a request with an id that is {_kind(value['id'])}", "/id", "give it an id, or leave it out"
        return
    yield from _of_outcome(value, asked=asked)


def _of_version(value: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    if value.get("jsonrpc") != "2.0":
        found = "no jsonrpc" if "jsonrpc" not in value else f"jsonrpc {shorten(str(value['jsonrpc']), 20)}"
        yield f"has {found}", "/jsonrpc" if "jsonrpc" in value else "", 'say "jsonrpc": "2.0", as text'


def _of_outcome(value: dict[str, Any], *, asked: bool) -> Iterator[tuple[str, str, str]]:
    """Of an answer: what it brings. Where the request is known, another rule compares the ids."""
    if "result" in value and "error" in value:
        yield "has both result and error", "/error", "send one of them; a null counts as well"
    elif "result" not in value and "error" not in value:
        yield "has neither result nor error", "", "send a result, an empty object if there is nothing to say"
    elif "error" in value:
        error = value["error"]
        fix = 'send the error as {"code": -32603, "message": "..."}'
        if not isinstance(error, dict):
            yield f"has an error that is {kind_of(error)}", "/error", fix
        elif not _is_whole(error.get("code")) or not isinstance(error.get("message"), str):
            yield "has an error without a number as its code and a text as its message", "/error", fix
    if "id" not in value or (value["id"] is None and "error" not in value and not asked):
        yield (
            f"has {'no id' if 'id' not in value else 'a result for the id null'}",
            "/id" if "id" in value else "",
            "repeat the id of the request; null only where it could not be read",
        )


def _is_id(value: object) -> bool:
    return isinstance(value, str) or _is_whole(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: object) -> str:
    return f"{kind_of(value)} with a fraction" if isinstance(value, float) else kind_of(value)


def _fault(summary: str, pointer: str, fix: str, value: dict[str, Any]) -> Fault:
    shown = {name: value[name] for name in _PARTS if name in value and name not in ("params", "result")}
    return Fault(
        summary=summary,
        fix=fix,
        pointer=pointer or None,
        evidence=(f"it begins {shorten(str(shown or list(value)), 160)}",),
        weight=Severity.ERROR if summary.startswith("the answer") else None,
    )


RULE = Rule(
    name="jsonrpc-schema-drift",
    code="NX960",
    family="rpc",
    page=__doc__ or "",
    needs=frozenset({NO_CHAT}),
    check=_check,
    words=patterns(r""),  # whatever is said of such a message: it was found in it
    telling=patterns(
        r"invalid json-?rpc (?:message|request|response|version|envelope)",
        r"(?:validation errors? for|failed to validate|could not parse|invalid) jsonrpc ?(?:message|request|response)",
        r"\bjsonrpc\b.{0,80}(?:invalid literal|invalid input|required|must be|missing|expected)",
        r"(?:invalid literal|invalid input|required|missing|expected).{0,80}\bjsonrpc\b",
    ),
    elsewhere=Severity.WARNING,
)
