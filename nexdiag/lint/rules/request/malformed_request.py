"""The messages of a request have a shape that no server reads.

## What it does

Finds a request whose `messages` are no list, an entry of the list that is no object, and an entry without a role, or
with a role that is no string. It looks at requests to chat-completions routes only. An empty list is another fault.

## Why it is bad

No server can make a conversation of it: the request is refused before a template or a model sees it, by some with
400, by others with 422 or 500. Other rules look at the messages that can be read, and are silent of these.

## Example

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}, {"content": "Are you there?"}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Hello, are you there?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import MALFORMED, kind_of

_ROLES = '"system", "user", "assistant" or "tool"'


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if not view.chats or view.fields.holds_list("messages"):
        return
    value = view.fields.get("messages")
    yield Fault(
        summary=f"messages is {_a(kind_of(value))}, where a list is wanted",
        fix='send messages as a list: [{"role": "user", "content": "..."}]',
        pointer="/messages",
        evidence=(f"messages {shorten(str(value))}",),
    )


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at = len(history.messages) - 1
    now = history.messages[at]
    whole = now.kind == "object" and now.role_kind == "string"
    pointer = f"/messages/{at}"
    if whole and not isinstance(now.content, dict):
        return
    if whole:
        summary = f"the content of messages[{at}] is an object, where a string or a list of objects is wanted"
        fix = f"send the content of messages[{at}] as a string, or as a list with that object in it"
        pointer += "/content"
    elif now.kind != "object":
        summary = f"messages[{at}] is {_a(now.kind)}, where an object is wanted"
        fix = f"make messages[{at}] an object with role and content, or leave it out"
    elif now.role_kind is None:
        summary = f"messages[{at}] has no role"
        fix = f"give messages[{at}] a role: {_ROLES}"
    else:
        summary = f"the role of messages[{at}] is {_a(now.role_kind)}, where a string is wanted"
        fix = f"give messages[{at}] a role that is a string: {_ROLES}"
        pointer += "/role"
    yield Fault(
        summary=summary,
        fix=fix,
        at=at,
        pointer=pointer,
        evidence=(f"messages[{at}] {shorten(now.raw[:1000].decode('utf-8', 'replace'))}",),
        facts={"index": str(at)},
        about=(now.raw,),
        weight=Severity.WARNING if whole else None,  # some servers take the output of a tool so
    )


def _a(kind: str) -> str:
    return kind if kind == "null" else f"{'an' if kind[0] in 'ao' else 'a'} {kind}"


RULE = Rule(
    name="malformed-request",
    code="NX003",
    family="request",
    page=__doc__ or "",
    check=_check,
    arriving=_arriving,
    on=MALFORMED,
    wires=("chat", "anthropic"),  # items of the Responses wire have many shapes
    concerns=lambda view: view.asks_chat,
    # of llama.cpp and of validators by schema; they count only where the request shows the fault
    words=patterns(
        r"\bmessages\b.{0,200}\b(?:array|list|object|dictionary|dict)\b",
        r"failed to parse messages",
        r"all non-assistant messages must contain",
        r"\b(?:missing|invalid)\b.{0,40}\brole\b",
        r"\brole\b.{0,200}\b(?:required|missing|string|must be|should be)\b",
        r"input should be a valid",
        r"field required",
        r"cannot unmarshal",
        r"invalid type for .{0,3}messages",
        r"\bgot an object\b",
    ),
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
    silent_if_accepted=True,
)
