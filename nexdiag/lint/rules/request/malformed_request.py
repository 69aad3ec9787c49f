"""The messages of a request are missing, or have a shape that no server reads.

## What it does

Finds a request without `messages` where its address says that it asks a model (on the Responses wire: without `input`,
and without what stands in its place), `messages` that are no list, an entry of the list that is no object, and an entry
without a role, or with a role that is no string. An empty list is another fault.

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

from nexdiag.codec.wire import DIALECTS, wire_of
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import MALFORMED, kind_of
from nexdiag.lint.server import serves

_ROLES = '"system", "user", "assistant" or "tool"'
_IN_PLACE_OF_INPUT = frozenset({"input", "previous_response_id", "prompt", "conversation"})
_CHAT = DIALECTS["chat"].route


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if not view.chats and _asks(case):
        yield _missing(case)
    if not view.chats or view.wire == "responses" or view.fields.holds_list("messages"):
        return
    value = view.fields.get("messages")
    yield Fault(
        summary=f"messages is {_a(kind_of(value))}, where a list is wanted",
        fix='send messages as a list: [{"role": "user", "content": "..."}]',
        pointer="/messages",
        evidence=(f"messages {shorten(str(value))}",),
    )


def _asks(case: Case) -> bool:
    """An object was sent where a model is asked, and nothing in it stands for the messages.

    Other services have paths that end like two of the wires (`/threads/x/messages`).
    """
    view, path = case.view, case.view.path
    wire = None if path is None else wire_of(path)
    if path is None or wire is None or view.method not in (None, "POST") or not (view.hollow or any(view.fields)):
        return False
    if wire == "responses" and any(name in view.fields for name in _IN_PLACE_OF_INPUT):
        return False
    beside = path.rstrip("/").removesuffix(DIALECTS[wire].route) + _CHAT
    return wire == "chat" or "model" in view.fields or any(serves(route, beside) for route in case.profile.routes)


def _missing(case: Case) -> Fault:
    name = case.view.list_name
    return Fault(
        summary=f"the request has no {name}",
        fix=f'send {name}: [{{"role": "user", "content": "..."}}]',
        evidence=(f"{case.view.method or 'POST'} {shorten(case.view.path or '', 200)}",),
        facts={"param": name},
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
    listens=lambda case: case.view.wire != "responses",  # its items have many shapes
    concerns=lambda view: view.asks_chat or not view.chats,
    consequence_of=("base-url-wrong-dialect",),
    # of llama.cpp and of validators by schema; they count only where the request shows the fault
    words=patterns(
        r"\bmessages\b.{0,200}\b(?:array|list|object|dictionary|dict)\b",
        r"failed to parse messages",
        r"\b(?:messages|input)\b.{0,60}\b(?:required|missing|must be)\b",
        r"\b(?:required|missing|must provide|requires)\b.{0,60}\b(?:messages|input)\b",
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
